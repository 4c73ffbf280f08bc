"""Servers to measure: dexd, and dex where a binary of it is at hand."""

import os
import pathlib
import shutil
import socket
import subprocess
import time

HASH = "$2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W"  # password
SECRET = "bench-secret-of-a-test"
CLIENTS = 64


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def pinned(cores, command):
    """`cores` as taskset wants them; None: wherever the kernel likes."""
    if cores is None or not shutil.which("taskset"):
        return command
    return ["taskset", "-c", cores, *command]


def configuration(port, db, tls=None, algorithm="RS256", signers=1, own=True):
    """YAML that dex reads too, but for what `own` adds."""
    listen = f"  http: 127.0.0.1:{port}\n"
    if tls:
        listen = (f"  https: 127.0.0.1:{port}\n  tlsCert: {tls}/cert.pem\n"
                  f"  tlsKey: {tls}/key.pem\n")
    text = (f"issuer: {'https' if tls else 'http'}://127.0.0.1:{port}/dex\n"
            f"storage:\n  type: sqlite3\n  config:\n    file: {db}\n"
            f"web:\n{listen}"
            "logger:\n  level: error\n"
            "oauth2:\n  skipApprovalScreen: true\n"
            "connectors:\n- type: mockCallback\n  id: mock\n  name: Mock\n"
            "enablePasswordDB: true\nstaticPasswords:\n"
            f"- email: admin@example.com\n  hash: \"{HASH}\"\n"
            "  username: admin\n"
            "  userID: 08a8684b-db88-4b73-90a9-3cd1661f5466\n")
    if own:
        text += ("signer:\n  type: local\n  config:\n"
                 f"    keysRotationPeriod: 6h\n    algorithm: {algorithm}\n")
    if own and signers > 1:
        text += f"signers: {signers}\n"
    text += "staticClients:\n"
    for i in range(CLIENTS):
        text += (f"- id: bench-{i}\n  name: Bench {i}\n  secret: {SECRET}\n"
                 "  redirectURIs: ['http://127.0.0.1:9/cb']\n")
    return text


def memory(pid, field):
    """MiB of one field of smaps_rollup."""
    for line in open(f"/proc/{pid}/smaps_rollup", encoding="ascii"):
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise SystemExit("no such field")


def cpu(pids):
    """Seconds on a core so far, of all threads of these processes."""
    total = 0
    for pid in pids:
        for f in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
            total += int(f.read_text().split()[0])
    return total / 1e9


class Server:
    """One running server, pinned to some cores, in a directory of its own."""

    def __init__(self, directory, cores="0", **how):
        self.dir = pathlib.Path(directory)
        self.cores = cores
        self.tls = how.get("tls")
        self.port = free_port()
        shutil.rmtree(self.dir, ignore_errors=True)
        (self.dir / "db").mkdir(parents=True)
        (self.dir / "run").mkdir()
        self.config = self.dir / "config.yaml"
        self.config.write_text(configuration(
            self.port, self.dir / "db" / "bench.db", own=self.is_ours, **how))

    def start(self):
        """Seconds until the first answer to a new connection."""
        begin = time.perf_counter()
        self.proc = subprocess.Popen(pinned(self.cores, self.command()))
        while True:
            if self.answers():
                return time.perf_counter() - begin
            if self.proc.poll() is not None or \
                    time.perf_counter() - begin > 20:
                raise SystemExit(f"{self.name} does not start")
            time.sleep(0.0005)

    def answers(self):
        """One byte of any answer counts; with TLS, a connection."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as s:
                if self.tls:
                    return True
                s.sendall(b"GET /dex/ HTTP/1.1\r\nHost: x\r\n\r\n")
                return s.recv(1) != b""
        except OSError:
            return False

    def wait_for_keys(self):
        scheme = "https" if self.tls else "http"
        for _ in range(400):
            done = subprocess.run(
                ["curl", "-skf", f"{scheme}://127.0.0.1:{self.port}/dex/keys"],
                stdout=subprocess.DEVNULL, check=False)
            if done.returncode == 0:
                return
            time.sleep(0.05)
        raise SystemExit(f"{self.name} has no keys")

    def stop(self):
        self.proc.terminate()
        self.proc.wait(20)

    def pids(self):
        found, todo = [], [self.proc.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                todo += [int(p) for p in task.read_text().split()]
        return found

    def cpu(self):
        return cpu(self.pids())

    def memory(self, field):
        """MiB of one field of smaps_rollup, summed over all processes."""
        return sum(memory(pid, field) for pid in self.pids())


class Dexd(Server):
    name = "dexd"
    is_ours = True

    def __init__(self, build, directory, **how):
        self.build = build
        super().__init__(directory, **how)
        if os.getuid() == 0:
            shutil.chown(self.dir / "db", "_dexdeng")

    def command(self):
        return [f"{self.build}/sbin/dexd", "-d", "-f", str(self.config), "-r",
                str(self.dir / "run")]

    def engine(self):
        for pid in self.pids():
            exe = os.readlink(f"/proc/{pid}/exe")
            if exe.endswith("/engine"):
                return pid
        raise SystemExit("no engine")


class Bare:
    """bench/tls.c: OpenSSL on a socket and nothing else."""

    def __init__(self, program, where, core="0"):
        self.port = free_port()
        self.proc = subprocess.Popen(pinned(core, [
            program, str(self.port), f"{where}/cert.pem", f"{where}/key.pem"]))

    def cpu(self):
        return cpu([self.proc.pid])

    def stop(self):
        self.proc.terminate()
        self.proc.wait()


class Dex(Server):
    """The peer; `program` is a dex that somebody built."""

    name = "dex"
    is_ours = False

    def __init__(self, program, directory, **how):
        self.program = program
        super().__init__(directory, **how)

    def command(self):
        return [self.program, "serve", str(self.config)]
