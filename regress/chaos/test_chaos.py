"""What breaks around dexd, or in it, while people log in.

The rules (DESIGN sections 5 and 6): connections are accepted again soon after,
committed grants survive, no code is redeemed twice, nothing is lost or half
written, memory returns to where it was.  CHAOS_SECONDS makes it longer.
"""

import os
import pathlib
import random
import re
import resource
import signal
import socket
import subprocess
import threading
import time

import pytest
import requests

from dexd import SANDBOXED, kill, memory, new_flow, rooms, wait_for, whole
from ledger import PATIENCE, Ledger, OverTls, asked

SECONDS = int(os.environ.get("CHAOS_SECONDS", "8"))
ROOMS = ["frontend", "frontend-tls", "telemetry", "signer", "authn-mock", "engine",
         "authn-local", "control"]

def all_whole(d):
    """Is every room's work done?"""
    try:
        r = requests.get("http://" + d.config["telemetry"]["http"] + "/metrics",
                         timeout=PATIENCE)
    except requests.RequestException:
        return False
    return r.status_code == 200 and whole(d) and whole(d, "local") and \
        whole(OverTls(d)) and set(rooms(d)) >= set(ROOMS)

def test_killed_at_random(own_dexd):
    """kill -9 of every room, for as long as there is time: in one order, or, in
    the long form, in any."""
    d = own_dexd()
    seed = random.randrange(10**6) if "CHAOS_SECONDS" in os.environ else 1
    print("seed", seed)
    rng = random.Random(seed)
    ends = time.monotonic() + SECONDS

    def died(room):
        return re.search(f"a room died.*program={room}\\b(?!-)", d.read_log())
    with Ledger(d) as ledger:
        # One may be away itself when its turn comes: then it has another.
        while time.monotonic() < ends or (time.monotonic() < ends + PATIENCE and
                                          not all(map(died, ROOMS))):
            for room in rng.sample(ROOMS, len(ROOMS)):
                kill(rooms(d).get(room, []), signal.SIGKILL)
                time.sleep(rng.uniform(0.05, 0.7))
            assert wait_for(lambda: all_whole(d))
    ledger.check()
    assert len(ledger.answers) > 0
    assert d.proc.poll() is None
    assert all(map(died, ROOMS))


@pytest.mark.parametrize("room", ROOMS)
def test_stopped_for_a_while(own_dexd, room):
    """SIGSTOP, as a machine that swaps: who needs it waits, nothing is lost."""
    d = own_dexd()
    with Ledger(d) as ledger:
        pids = rooms(d)[room]
        kill(pids, signal.SIGSTOP)
        try:
            if room in ("frontend-tls", "telemetry", "authn-local", "control"):
                assert whole(d)         # who does not need it does not wait
            time.sleep(min(SECONDS / 4, 20))
        finally:
            kill(pids, signal.SIGCONT)
        began = time.monotonic()
        assert wait_for(lambda: all_whole(d))
        print(f"{room}: whole {time.monotonic() - began:.2f} s later")
        time.sleep(0.5)
    assert set(rooms(d)[room]) == set(pids)     # nobody took it for dead
    ledger.check()


def mounted(disk, *args):
    """A directory on it for the database, until the test is over."""
    if subprocess.run(["mount", *args, str(disk)],
                      capture_output=True).returncode != 0:
        pytest.skip("this machine lets nobody mount")
    for p in (disk, *disk.parents):
        if str(p).startswith("/tmp/"):
            p.chmod(0o755)
    db = disk / "db"
    db.mkdir()
    subprocess.run(["chown", "_dexdeng", str(db)], check=True)
    yield db
    subprocess.run(["umount", "-l", str(disk)])


@pytest.fixture
def small_disk(tmp_path):
    """A directory on a disk of its own, of 2 MiB."""
    if os.getuid() != 0:
        pytest.skip("mounting takes root")
    disk = tmp_path / "disk"
    disk.mkdir()
    yield from mounted(disk, "-t", "tmpfs", "-o", "size=2m,mode=755", "tmpfs")


def on(db):
    def change(c):
        c["storage"]["config"]["file"] = str(db / "dexd.db")
    return change


def login_is_told(d):
    """The status of the last page of a login that may not be stored."""
    flow = new_flow(d)
    r = flow.authenticate()
    return (flow.approve(r) if r.status_code == 303 else r).status_code


def test_disk_full(own_dexd, small_disk):
    """Nothing is promised that is not on disk; the day after all goes on."""
    d = own_dexd(on(small_disk))
    d.db = small_disk / "dexd.db"
    flow = new_flow(d)
    code = flow.code()
    hog = small_disk.parent / "hog"
    with Ledger(d) as ledger:
        with open(hog, "wb", buffering=0) as f:
            try:
                while True:
                    f.write(b"x" * 4096)
            except OSError:
                pass

        assert wait_for(lambda: login_is_told(d) in (500, 503))
        time.sleep(1)
        r = flow.redeem(code)           # refused, and not spent; or in time
        assert r.status_code in (200, 500, 503), r.text
        first = r.status_code
        hog.unlink()
        assert wait_for(lambda: whole(d))
    if first != 200:
        assert flow.redeem(code).status_code == 200
    assert flow.redeem(code).status_code == 400
    ledger.check()
    assert d.proc.poll() is None


def test_disk_read_only(own_dexd, small_disk):
    """Said at the start, and no start; no hanging, no half of a start."""
    disk = small_disk.parent
    d = own_dexd(on(small_disk), wait=False)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert d.spawn().wait(PATIENCE) == 1
    assert "database" in d.read_log()
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    d.start()
    assert whole(d)


@pytest.fixture
def real_disk(tmp_path):
    """A file system of its own that turns read-only as soon as it has errors."""
    if os.getuid() != 0:
        pytest.skip("mounting takes root")
    image, disk = tmp_path / "image", tmp_path / "disk"
    disk.mkdir()
    with open(image, "wb") as f:
        f.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-e", "remount-ro", str(image)], check=True)
    yield from mounted(disk, "-o", "loop", str(image))


def immutable(db, yes):
    subprocess.run(["chattr", "+i" if yes else "-i", *map(str, db.iterdir())],
                   check=True)


def trip(disk):
    """What the kernel does when it finds a broken block: EROFS for every write
    from now on, also to files that are open."""
    device = subprocess.run(["findmnt", "-no", "SOURCE", str(disk)], check=True,
                            capture_output=True, text=True).stdout.strip()
    error = pathlib.Path("/sys/fs/ext4", device.rsplit("/", 1)[1],
                         "trigger_fs_error")
    if not error.exists():
        pytest.skip("this kernel has no errors to order")
    error.write_text("dexd's tests")


@pytest.mark.parametrize("how", ["immutable", "an error on the disk"])
def test_disk_turns_read_only(own_dexd, real_disk, how):
    """... while dexd serves: nothing is spent that was not told, and all goes on
    when it can be written again, be that at once or after a repair.

    The engine may die of it, since the index of the log is memory of a file that
    nobody may write any more; the next one must not settle for reading."""
    disk = real_disk.parent
    d = own_dexd(on(real_disk))
    d.db = real_disk / "dexd.db"
    flow = new_flow(d)
    code = flow.code()
    with Ledger(d) as ledger:
        if how == "immutable":
            immutable(real_disk, True)
        else:
            trip(disk)
        r = asked(lambda: flow.redeem(code))
        assert r is None or r.status_code in (500, 503), r.text
        assert wait_for(lambda: re.search("store failed|a room died", d.read_log()))
        time.sleep(2)
        if how == "immutable":
            kill(rooms(d).get("engine", []))
            assert wait_for(lambda: "database is read-only" in d.read_log())
            immutable(real_disk, False)
            assert wait_for(lambda: all_whole(d))
    assert d.proc.poll() is None
    if how != "immutable":
        assert d.stop() == 0
        subprocess.run(["umount", str(disk)], check=True)
        image = disk.parent / "image"
        assert subprocess.run(["e2fsck", "-fp", str(image)],
                              capture_output=True).returncode in (0, 1)
        subprocess.run(["mount", "-o", "loop", str(image), str(disk)], check=True)
        d.start()
        assert wait_for(lambda: all_whole(d))
    # An answer that was not waited for may have come after all.
    assert flow.redeem(code).status_code == 200 or r is None
    assert flow.redeem(code).status_code == 400
    ledger.check()


def open_fds(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def test_out_of_descriptors(own_dexd):
    """Connections wait in the backlog, and idle ones give way to them."""
    d = own_dexd(wait=False)
    plain = d.command
    d.command = lambda *a: ["prlimit", "--nofile=40:40", *plain(*a)]
    d.start()
    pids = rooms(d)
    idle = [socket.create_connection(("127.0.0.1", d.port), timeout=PATIENCE)
            for _ in range(100)]
    began = time.monotonic()
    for _ in range(5):
        assert whole(d)
    print(f"five logins beside them in {time.monotonic() - began:.2f} s")
    asking = [socket.create_connection(("127.0.0.1", d.port), timeout=PATIENCE)
              for _ in range(100)]
    for s in asking:
        s.sendall(b"GET /dex/keys HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    served = 0
    for s in asking:
        try:
            served += s.makefile("rb").read().startswith(b"HTTP/1.1 200")
        except ConnectionResetError:
            pass
        s.close()
    print(f"{served} of 100 at once were served")
    assert served >= 20
    for s in idle:
        s.close()
    assert wait_for(lambda: whole(d))
    assert rooms(d) == pids


def test_parent_out_of_descriptors(own_dexd):
    """It cannot replace what dies, does not die of that, and does so later."""
    d = own_dexd()
    pid = d.proc.pid
    old = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    worker = d.rooms()["authn-mock"]
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, old[1]))
    kill(worker, signal.SIGKILL)
    assert wait_for(lambda: "no socketpair" in d.read_log())
    engine = d.rooms()["engine"]
    kill(engine, signal.SIGKILL)
    time.sleep(1)
    assert d.proc.poll() is None
    resource.prlimit(pid, resource.RLIMIT_NOFILE, old)
    assert wait_for(lambda: whole(d))
    assert wait_for(lambda: set(rooms(d)) >= set(ROOMS))


def test_slow_and_dripping_clients(own_dexd):
    """They have their time and no more; nobody else waits for them."""
    d = own_dexd()
    socks = []
    for i in range(300):
        s = socket.create_connection(("127.0.0.1", d.port), timeout=PATIENCE)
        s.sendall((b"", b"GET / HTTP/1.1\r\nX: ", b"POST /dex/token HTTP/1.1\r\n"
                   b"Host: x\r\nContent-Length: 900\r\n\r\n")[i % 3])
        socks.append(s)
    slowest = 0
    ends = time.monotonic() + PATIENCE
    left = {s for i, s in enumerate(socks) if i % 3 != 2}
    while left and time.monotonic() < ends:
        for s in list(left):
            try:
                s.send(b"a")
                s.setblocking(False)
                try:
                    if s.recv(4096) == b"":
                        left.discard(s)
                except BlockingIOError:
                    pass
                s.setblocking(True)
            except OSError:
                left.discard(s)
        began = time.monotonic()
        assert whole(d)
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.3)
    print(f"slowest login beside them {slowest * 1000:.0f} ms")
    assert left == set()
    for s in socks:
        s.close()


def test_half_closed(own_dexd):
    """Who shuts down its side after the request still gets the answer."""
    d = own_dexd()
    request = b"GET /dex/healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    for sent, expected in ((request, 1), (request * 3, 3), (b"", 0),
                           (request[:20], 0)):
        with socket.create_connection(("127.0.0.1", d.port), timeout=PATIENCE) as s:
            s.sendall(sent)
            s.shutdown(socket.SHUT_WR)
            assert s.makefile("rb").read().count(b"HTTP/1.1 200") == expected
    assert whole(d)


def test_the_idle_keep_no_large_buffers(own_dexd):
    """A connection that once was busy costs no more than another."""
    d = own_dexd()
    [pid] = d.rooms()["frontend"]
    before = memory(pid)

    def be_busy(s):
        sender = threading.Thread(target=s.sendall, args=(
            b"GET /dex/keys HTTP/1.1\r\nHost: x\r\n\r\n" * 3000,))
        sender.start()
        answers = s.makefile("rb")
        for _ in range(3000):
            assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
            while (line := answers.readline()) != b"\r\n":
                if line.startswith(b"Content-Length: "):
                    length = int(line[16:])
            answers.read(length)
        sender.join()
    socks = [connect_from("127.0.0.1", d.port) for _ in range(50)]
    kill([pid], signal.SIGSTOP)         # so that much waits for it
    busy = [threading.Thread(target=be_busy, args=(s,)) for s in socks]
    for t in busy:
        t.start()
    time.sleep(1)
    kill([pid], signal.SIGCONT)
    for t in busy:
        t.join(PATIENCE)
    print(f"frontend: {before} KiB before, {memory(pid)} after, 50 idle")
    if SANDBOXED:                       # the sanitizers keep what was freed
        assert wait_for(lambda: memory(pid) < before + 50 * 32)
    for s in socks:
        s.close()


def connect_from(address, port):
    s = socket.socket()
    s.settimeout(PATIENCE)
    s.bind((address, 0))
    s.connect(("127.0.0.1", port))
    return s


def test_ten_thousand_idle(own_dexd):
    """8192 connections in all, 512 from one address.  When all are taken, who
    has had no whole request for longest gives way, and memory comes back."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 11000:
        pytest.skip("this machine allows too few descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (11000, hard))
    d = own_dexd()
    pid = d.rooms()["frontend"][0]
    assert whole(d)
    before = memory(pid)
    socks = [connect_from(f"127.0.{i // 400}.{1 + i // 400}", d.port)
             for i in range(10000)]
    assert wait_for(lambda: open_fds(pid) > 8000)
    loaded = memory(pid)
    began = time.monotonic()
    assert whole(d)                     # newcomers are served
    print(f"login beside 10,000: {time.monotonic() - began:.2f} s")
    assert open_fds(pid) < 8192 + 100
    for s in socks:
        s.close()
    assert wait_for(lambda: open_fds(pid) < 100)
    socks = [connect_from("127.0.99.1", d.port) for _ in range(600)]
    assert wait_for(lambda: open_fds(pid) >= 512)
    time.sleep(0.3)
    assert open_fds(pid) < 512 + 60     # beside a few of its own
    for s in socks:
        s.close()
    assert wait_for(lambda: open_fds(pid) < 100)
    assert whole(d)
    print(f"frontend: {before} KiB before, {loaded} loaded, {memory(pid)} after")
    assert d.rooms()["frontend"] == [pid]
    if SANDBOXED:                       # the sanitizers keep what was freed
        assert wait_for(lambda: memory(pid) < before + (loaded - before) / 4 + 1024)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
