"""usage: run.py BUILD [PART ...]
What dexd does beside what the machine could do at best and, with DEX=program,
beside dex, all in one run: the server on one core, the driver on another.  A
machine that is shared is fast one second and slow the next: so the limit is
measured right before and after each round, on the same core, and the ratio is
that of the round.  Prints the rows of README.md."""

import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import servers  # noqa: E402

BUILD = pathlib.Path(sys.argv[1]).resolve()
BIN = BUILD / "bench"
WORK = BUILD / "run" / "bench"
DEX = os.environ.get("DEX")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
SECONDS = os.environ.get("BENCH_SECONDS", "2")
LIMIT_SECONDS = "0.4"
DRIVER = "1" if (os.cpu_count() or 1) > 1 else None
PASSWORD = ["-c", "local", "-u", "admin%40example.com", "-w", "password"]
CONNECT = ["-T", "-n", "8", "handshake", "/dex/keys"]

rows = []


def compile_all():
    subprocess.run(["sh", "bench/build.sh", str(BIN)], check=True)


def limit(name, seconds=LIMIT_SECONDS, core="0"):
    """Milliseconds of one thing that the machine must do, on one core."""
    out = subprocess.run(servers.pinned(core, [
        str(BIN / "limits"), str(WORK / "limit.db"), seconds, name]),
        check=True, capture_output=True, text=True).stdout
    return float(out.split("=")[1])


def ceiling(kind):
    """Milliseconds of an answer of a server that does nothing."""
    port = servers.free_port()
    proc = subprocess.Popen(servers.pinned("0", [str(BIN / "nothing"),
                                                 str(port), kind]))
    time.sleep(0.2)
    try:
        return 1000 / load(port, "-n", "32", "get", "/x",
                           seconds=LIMIT_SECONDS)["rate"]
    finally:
        proc.terminate()
        proc.wait()


def limit_of(what):
    """`what`: a name of limits.c or nothing.c, or a number times a name."""
    times, _, name = what.rpartition("*")
    one = ceiling(name) if name in ("bare", "evhttp") else limit(name)
    return one * float(times or 1)


def load(port, *args, cores=DRIVER, seconds=SECONDS):
    command = [str(BIN / "load"), "-p", str(port), "-s", seconds, *args]
    out = subprocess.run(servers.pinned(cores, command), check=True,
                         capture_output=True, text=True).stdout
    result = {k: float(v) for k, v in re.findall(r"(\w+)=([\d.]+)", out)}
    if result["errors"] != 0:
        print(f"warning: {result['errors']:.0f} errors in {args}",
              file=sys.stderr)
    return result


def measure(server, *args, cores=DRIVER, rounds=ROUNDS, beside=None,
            tail=None):
    """
    Medians of some rounds.  `cpu` is in ms for each thing done; `limit` too,
    of what `beside` names, as it was around each round; `tail` is the 99th
    percentile of so many signatures in a row, for as long as a round.
    """
    results = []
    after = limit_of(beside) if beside else None
    for _ in range(rounds):
        before, start = after, server.cpu()
        r = load(server.port, *args, cores=cores)
        r["cpu"] = (server.cpu() - start) * 1000 / max(r["count"], 1)
        if beside:
            after = limit_of(beside)
            r["limit"] = (before + after) / 2
            r["by_rate"] = r["rate"] * r["limit"] / 1000
            r["by_cpu"] = r["limit"] / r["cpu"]
        if tail:
            r["tail"] = limit(f"tail_{tail}", SECONDS)
        results.append(r)
    return {k: statistics.median(r[k] for r in results) for k in results[0]}


def add(what, ours, budget, limit="", ratio=None, peer=""):
    rows.append((what, ours, budget, limit,
                 "" if ratio is None else f"{ratio:.2f}", peer))
    print("  " + " · ".join(str(x) for x in rows[-1]), flush=True)


def shown(r):
    """A figure of a server; errors are said when there are any."""
    text = (f"{r['rate']:,.0f}/s, p50 {r['p50']:.2f}, p99 {r['p99']:.2f} ms, "
            f"{r['cpu']:.2f} ms CPU")
    return text + (f", {r['errors']:.0f} errors" if r["errors"] else "")


def bare_rooms(n, field):
    """MiB of so many processes that have libevent and nothing to do."""
    procs = [subprocess.Popen([str(BIN / "nothing"), str(servers.free_port()),
                               "bare"]) for _ in range(n)]
    time.sleep(0.3)
    try:
        return sum(servers.memory(p.pid, field) for p in procs)
    finally:
        for p in procs:
            p.terminate()
            p.wait()


def add_memory(what, server, budget, field="Pss", peer=None):
    ours = server.memory(field)
    n = len(server.pids())
    bare = bare_rooms(n, field)
    add(what, f"{ours:.1f} MiB", budget, f"{n} bare processes {bare:.1f} MiB",
        bare / ours, f"{peer.memory(field):.1f} MiB" if peer else "")


class Pair:
    """dexd, and dex when there is one, started alike."""

    def __init__(self, peer=True, **how):
        self.ours = servers.Dexd(BUILD, WORK / "dexd", **how)
        self.peer = None
        if DEX and peer:
            how.pop("algorithm", None)
            how.pop("signers", None)
            self.peer = servers.Dex(DEX, WORK / "dex", **how)

    def __enter__(self):
        for server in (self.ours, self.peer):
            if server:
                server.start()
                server.wait_for_keys()
        return self

    def __exit__(self, *_):
        for server in (self.ours, self.peer):
            if server:
                server.stop()

    def row(self, what, *args, budget="", beside=None, cores=DRIVER,
            ratio="by_rate", servers_cores=1, tail=None):
        ours = measure(self.ours, *args, cores=cores, beside=beside,
                       tail=tail)
        peer = ""
        if self.peer:
            peer = shown(measure(self.peer, *args, cores=cores, rounds=1))
        best = ""
        if beside:
            best = f"{servers_cores * 1000 / ours['limit']:,.0f}/s"
            ours[ratio] /= servers_cores
        if tail:
            best += f", p99 {ours['tail']:.1f} ms"
        add(what, shown(ours), budget, best,
            ours[ratio] if beside else None, peer)


def documents():
    with Pair() as pair:
        add_memory("PSS of all rooms, idle, HTTP", pair.ours, "≤ 12 MiB",
                   peer=pair.peer)
        add_memory("private dirty memory, idle", pair.ours, "≤ 5 MiB",
                   field="Private_Dirty")
        for what, path in (
                ("discovery, 32 connections",
                 "/dex/.well-known/openid-configuration"),
                ("JWKS, 32 connections", "/dex/keys")):
            pair.row(what, "-n", "32", "get", path,
                     budget="≥ 75,000/s, p99 ≤ 1 ms", beside="bare")


def logins():
    with Pair() as pair:
        pair.row("login, 8 at once", "-n", "8", "login",
                 budget="≥ 500/s, ≤ 2.0 ms CPU, p99 ≤ 35 ms", beside="2*RS256",
                 tail=16)
        pair.row("login, 32 at once", "-n", "32", "login",
                 budget="≥ 500/s, p99 ≤ 110 ms", beside="2*RS256", tail=64)
        pair.row("code exchange, 8 at once", "-n", "8", "-k", "250",
                 "exchange", beside="2*RS256")
        pair.row("userinfo, 8 at once", "-n", "8", "userinfo",
                 beside="bare")
        pair.row("refresh, 8 at once", "-n", "8", "refresh",
                 budget="≥ 600/s, p99 ≤ 25 ms", beside="2*RS256", tail=16)
        pair.row("password login, 8 at once", "-n", "8", *PASSWORD, "login",
                 budget="≥ 0.95 of crypt(3)", beside="bcrypt")
        add_memory("PSS of all rooms, after load", pair.ours, "≤ 20 MiB",
                   peer=pair.peer)
        flushes(pair.ours)


def flushes(server):
    """
    Counted by strace on the engine, one worker and eight.  What must be on the
    disk before it is said: a code, that it was redeemed; the next refresh token.
    """
    for what, budget, least in (("login", "≤ 4 alone", 2),
                                ("refresh", "1 alone", 1)):
        figures = []
        for n in ("1", "8"):
            trace = subprocess.Popen(
                ["strace", "-c", "-e", "trace=fsync,fdatasync", "-p",
                 str(server.engine())], stderr=subprocess.PIPE, text=True)
            time.sleep(0.3)
            r = load(server.port, "-n", n, what)
            trace.send_signal(2)
            text = trace.communicate()[1]
            calls = sum(int(line.split()[3]) for line in text.splitlines()
                        if line.endswith("sync"))
            figures.append(calls / (r["count"] + (int(n) * 2 if
                                                  what == "refresh" else 0)))
        add(f"flushes of a {what}", f"{figures[0]:.2f} alone, "
            f"{figures[1]:.2f} at 8", budget, f"{least} at least",
            least / figures[0])


def more_cores():
    with Pair(cores="0,1", signers=2) as pair:
        pair.row("login, 8 at once, two cores, two signers", "-n", "8",
                 "login", budget="≥ 740/s", cores=None, servers_cores=2,
                 beside="2*RS256")
    with Pair(cores="0,1") as pair:
        beside(pair)
    with Pair(algorithm="ES256", peer=False) as pair:
        pair.row("login, 8 at once, ES256", "-n", "8", "login",
                 budget="≥ 1,500/s", beside="2*ES256")


def beside(pair):
    """Refreshes while eight people type passwords."""
    def one(server):
        crowd = subprocess.Popen(
            [str(BIN / "load"), "-p", str(server.port), "-s",
             str(float(SECONDS) + 2), "-n", "8", *PASSWORD, "login"],
            stdout=subprocess.DEVNULL)
        time.sleep(1)
        r = load(server.port, "-c", "mock", "-n", "1", "refresh", cores=None)
        crowd.wait()
        return r["p99"]
    rounds = [(one(pair.ours), beside_limit()) for _ in range(ROUNDS)]
    ours = statistics.median(r[0] for r in rounds)
    best = statistics.median(r[1] for r in rounds)
    peer = f"p99 {one(pair.peer):.1f} ms" if pair.peer else ""
    add("refresh beside 8 password logins, two cores",
        f"p99 {ours:.1f} ms", "p99 ≤ 20 ms",
        f"two signatures beside crypt(3) p99 {best:.1f} ms", best / ours, peer)


def beside_limit():
    """The same two signatures while each core hashes, as politely as ours."""
    crowd = [subprocess.Popen(
        ["nice", "-n", "10", str(BIN / "limits"), str(WORK / "limit.db"),
         str(float(SECONDS) + 0.5), "bcrypt"], stdout=subprocess.DEVNULL)
        for _ in range(os.cpu_count() or 1)]
    time.sleep(0.3)
    try:
        return limit("tail_2", SECONDS, core=None)
    finally:
        for p in crowd:
            p.wait()


def tls():
    for kind, options in (("RSA", ["rsa:2048"]),
                          ("EC", ["ec", "-pkeyopt",
                                  "ec_paramgen_curve:P-256"])):
        where = WORK / f"tls-{kind}"
        where.mkdir(exist_ok=True)
        subprocess.run(["openssl", "req", "-x509", "-newkey", *options,
                        "-nodes", "-subj", "/CN=localhost", "-days", "2",
                        "-keyout", str(where / "key.pem"), "-out",
                        str(where / "cert.pem")], check=True,
                       capture_output=True)
        with Pair(tls=where) as pair:
            if kind == "RSA":
                add_memory("PSS of all rooms, idle, TLS", pair.ours,
                           "≤ 14 MiB")
            pair.row(f"TLS 1.3 new connection, {kind}", *CONNECT,
                     budget="≥ 0.85 of the handshake", ratio="by_cpu",
                     beside="TLS_" + kind)
        bare_tls(kind, where)


def bare_tls(kind, where):
    """What the same connections take of OpenSSL, the kernel and nothing else."""
    server = servers.Bare(str(BIN / "tls"), where)
    try:
        time.sleep(0.2)
        r = measure(server, *CONNECT, beside="TLS_" + kind)
        add(f"the same of a bare server, {kind}", shown(r), "",
            f"{1000 / r['limit']:,.0f}/s", r["by_cpu"])
    finally:
        server.stop()


def starts():
    first, again = [], []
    for _ in range(11):
        server = servers.Dexd(BUILD, WORK / "start", cores=None)
        first.append(server.start() * 1000)
        server.wait_for_keys()
        server.stop()
        again.append(server.start() * 1000)
        server.stop()
    programs = limit("programs")
    nothing = f"ten programs that do nothing: {programs:.1f} ms"
    for what, figures, budget in (("first start", first, "≤ 30 ms"),
                                  ("restart", again, "≤ 20 ms")):
        middle = statistics.median(figures)
        add(f"{what} to first answer", f"{middle:.1f} ms", budget, nothing,
            programs / middle)


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    compile_all()
    print(", ".join(f"{name} {limit_of(name):.3f}" for name in (
        "RS256", "ES256", "bcrypt", "commit", "fsync", "TLS_RSA", "TLS_EC",
        "bare", "evhttp")) + " ms on one core")
    for part in (documents, logins, more_cores, tls, starts):
        if len(sys.argv) < 3 or part.__name__ in sys.argv[2:]:
            part()
    print("\n| workload | dexd | budget | limit of this machine | ratio | "
          "dex |\n|---|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


main()
