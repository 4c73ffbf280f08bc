"""Slow visitors, too many visitors, and what stays in memory of their words."""

import json
import os
import re
import resource
import secrets
import socket
import threading
import time

import pytest
import requests

from dexd import Flow
from wire import PATIENCE, connect, parse

LONG = 120          # seconds: deadlines are 10, 30 and 60; machines may be slow


# ---- deadlines ----

class Drip(threading.Thread):
    """Sends a byte at a time, until the other side has had enough."""

    def __init__(self, port, head, dripped):
        super().__init__(daemon=True)
        self.s = socket.create_connection(("127.0.0.1", port), timeout=0.5)
        self.s.sendall(head)
        self.dripped, self.out, self.closed, self.took = dripped, b"", False, 0
        self.start()

    def run(self):
        begin = time.monotonic()
        i = 0
        while time.monotonic() - begin < LONG and not self.closed:
            try:
                self.s.sendall(self.dripped[i % len(self.dripped)][:1])
                i += 1
                piece = self.s.recv(4096)
                self.closed = not piece
                self.out += piece
            except socket.timeout:
                pass
            except OSError:
                self.closed = True
        self.took = time.monotonic() - begin
        self.s.close()


# The first bytes of a TLS record of 16 KiB that never becomes whole.
RECORD = b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc\x03\x03"


def test_dripping_moves_no_deadline(dexd):
    """DESIGN, the edge: a byte now and then buys no time."""
    letters = [b"a", b"b", b"c"]
    drips = {
        "handshake": Drip(dexd.tls, RECORD, [b"\0"]),
        "head": Drip(dexd.port, b"GET /dex/keys HTTP/1.1\r\nHost: x\r\nA: ", letters),
        "body": Drip(dexd.port, b"POST /dex/token HTTP/1.1\r\nHost: x\r\n"
                     b"Content-Length: 60000\r\n\r\n", letters),
        "chunks": Drip(dexd.port, b"POST /dex/token HTTP/1.1\r\nHost: x\r\n"
                       b"Transfer-Encoding: chunked\r\n\r\nea60\r\n", letters),
        "second": Drip(dexd.port, b"GET /dex/robots.txt HTTP/1.1\r\nHost: x\r\n\r\n"
                       b"GET /dex/keys HTTP/1.1\r\nHost: x\r\nA: ", letters),
    }
    for name, drip in drips.items():
        drip.join(LONG + 10)
        print(f"{name}: {drip.took:.1f} s")
        assert drip.closed, name
        if name != "handshake" and drip.out:
            assert parse(drip.out)[-1].status == 408, name
    # What did not become a request is not counted as one, nor as the last one.
    stats = json.loads(dexd.ctl("-j", "show", "stats").stdout)["stats"]
    counted = {json.dumps(s["labels"]) for s in stats
               if s["metric"] == "http_requests_total"}
    assert any("robots.txt" in c and "200" in c for c in counted)
    assert not [c for c in counted if "robots.txt" in c and "408" in c]
    assert requests.get(dexd.issuer + "/keys", timeout=PATIENCE).status_code == 200


# ---- too many ----

def test_the_idle_give_way(make_dexd):
    """All 8192 connections taken by people who say nothing: the next is served."""
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 10000:
        pytest.skip("not enough descriptors allowed here")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    d = make_dexd()
    held = []
    try:
        for i in range(8400):
            s = socket.socket()
            s.settimeout(PATIENCE)
            s.bind((f"127.0.1.{1 + i // 500}", 0))
            s.connect(("127.0.0.1", d.port))
            if i % 2:
                s.sendall(b"GET /dex/keys HTT")
            held.append(s)
        begin = time.monotonic()
        for _ in range(20):
            r = requests.get(d.issuer + "/keys", timeout=PATIENCE,
                             headers={"Connection": "close"})
            assert r.status_code == 200
        print(f"20 answers in {time.monotonic() - begin:.2f} s")
        assert Flow(d).code()
        # The first came first, and went first.
        held[0].settimeout(PATIENCE)
        try:
            assert held[0].recv(1) == b""
        except ConnectionResetError:
            pass
    finally:
        for s in held:
            s.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# ---- passwords ----

def memory_of(pid):
    """The writable memory of a process."""
    out = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw.. \S+ \S+ \S+ *(.*)", line)
            if not m or m[3].startswith(("[vv", "[vsy")):
                continue
            begin, end = int(m[1], 16), int(m[2], 16)
            try:
                mem.seek(begin)
                out.append(mem.read(end - begin))
            except (OSError, ValueError):
                pass
    return b"\0".join(out)


def holders(d, secret):
    return [room for room, pids in d.rooms().items() for pid in pids
            if secret in memory_of(pid)]


def request_of(target, cookie, body, chunked):
    head = (f"POST {target} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n").encode()
    if not chunked:
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    half = len(body) // 2
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(
        b"%x\r\n" % len(p) + p + b"\r\n" for p in (body[:half], body[half:])) + \
        b"0\r\n\r\n"


def type_password(dexd, s, shape, secret):
    """A login form on this connection, and the answer to it."""
    flow = Flow(dexd, connector="local")
    r = flow.start()
    target = re.sub("^http://[^/]*", "", r.headers["Location"])
    cookie = r.headers["Set-Cookie"].split(";")[0]
    body = b"login=admin%40example.com&password=" + secret
    if shape == "large":            # a record and a read buffer full to the end
        body = b"".join(b"%d=" % i + b"y" * 12000 + b"&" for i in range(4)) + body
    data = request_of(target, cookie, body, shape == "chunked")
    step = 7 if shape == "pieces" else len(data)
    for i in range(0, len(data), step):
        s.sendall(data[i:i + step])
    out = b""
    while b"</html>" not in out:
        piece = s.recv(65536)
        assert piece, out
        out += piece
    assert secret not in out


@pytest.mark.skipif(os.getuid() != 0, reason="only root may read others' memory")
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("shape", ["whole", "chunked", "pieces", "large"])
def test_a_typed_password_does_not_stay(dexd, tls, shape):
    """Threat table: gone from every room a second after the answer, on a machine
    that has nothing else to do: the best of some tries counts."""
    took = []
    for _ in range(3):
        with connect(dexd.tls if tls else dexd.port, tls) as s:
            secret = secrets.token_hex(16).encode()
            type_password(dexd, s, shape, secret)
            # The connection stays open, and says nothing that could overwrite it.
            answered = looked = time.monotonic()
            while (left := holders(dexd, secret)) and looked < answered + PATIENCE:
                time.sleep(0.02)
                looked = time.monotonic()   # a look of ours takes its time
            assert left == []
            took.append(looked - answered)
    print("gone", ", ".join(f"{t:.3f}" for t in took), "s after the answer")
    assert min(took) <= 1
    with connect(dexd.tls if tls else dexd.port, tls) as s:
        # The search works: what we send now is there until it is served.
        marker = secrets.token_hex(16).encode()
        s.sendall(b"POST /dex/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" +
                  marker)
        deadline = time.monotonic() + PATIENCE
        while not (found := holders(dexd, marker)):
            assert time.monotonic() < deadline
        assert found == ["frontend-tls" if tls else "frontend"]
