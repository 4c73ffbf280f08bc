"""The same table through nginx and haproxy of Debian, and who the visitor is."""

import concurrent.futures
import re
import socket
import time

import pytest
import requests
from requests.adapters import HTTPAdapter

from dexd import Flow
from proxy import PATIENCE, Proxy
from table import BEHIND, CHUNKED, CLOSES, H, PROBE, ROBOTS, ROWS, TOKEN
from wire import connect

# Requests with another inside: one reading of the length shows it, one hides it.
SMUGGLED = [
    ("CL.TE", TOKEN + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n"
     % (5 + len(ROBOTS)) + b"0\r\n\r\n" + ROBOTS),
    ("TE.CL", TOKEN + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
     b"%x\r\n" % len(ROBOTS) + ROBOTS + b"\r\n0\r\n\r\n"),
    ("CL.0", b"GET /dex/keys HTTP/1.1\r\n" + H + b"Content-Length: %d\r\n\r\n"
     % len(ROBOTS) + ROBOTS),
    ("0.CL", TOKEN + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(ROBOTS) +
     ROBOTS),
    ("chunk extension", CHUNKED + b"3;\n" + b"xx\r\nabc\r\n0\r\n\r\n" + ROBOTS),
    ("chunk of 2^64", CHUNKED + b"10000000000000003\r\nabc\r\n0\r\n\r\n" + ROBOTS),
    ("trailer", CHUNKED + b"0\r\nContent-Length: %d\r\n\r\n" % len(ROBOTS) + ROBOTS),
    ("LF CR LF", b"GET /dex/keys HTTP/1.1\r\n" + H + b"A: b\n\r\n" + ROBOTS),
    ("header behind NUL", b"GET /dex/keys HTTP/1.1\r\n" + H +
     b"A: b\0\r\nContent-Length: %d\r\n\r\n" % len(ROBOTS) + ROBOTS),
    ("Upgrade", b"GET /dex/keys HTTP/1.1\r\n" + H + b"Connection: Upgrade\r\n"
     b"Upgrade: websocket\r\nSec-WebSocket-Version: 777\r\n\r\n" + ROBOTS),
    ("Upgrade h2c", b"GET /dex/keys HTTP/1.1\r\n" + H + b"Connection: Upgrade, HTTP2-"
     b"Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n" + ROBOTS),
    ("CONNECT", b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n" + H + b"\r\n" + ROBOTS),
    ("Expect", TOKEN + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(ROBOTS)
     + ROBOTS),
    ("hop by hop length", TOKEN + b"Connection: Content-Length\r\nContent-Length: %d\r\n\r\n"
     % len(ROBOTS) + ROBOTS),
] + [(f"TE {te!r}", TOKEN + b"Content-Length: %d\r\n" % (5 + len(ROBOTS)) + te +
      b"\r\n\r\n0\r\n\r\n" + ROBOTS)
     for te in (b"Transfer-Encoding : chunked", b"Transfer-Encoding: xchunked",
                b"Transfer-Encoding:\tchunked", b"Transfer-Encoding: \x0bchunked",
                b" Transfer-Encoding: chunked", b"X: x\nTransfer-Encoding: chunked",
                b"Transfer-Encoding\r\n : chunked", b"Transfer-Encoding: chunked\r\n"
                b"Transfer-Encoding: x", b"transfer_encoding: chunked",
                b"Transfer-Encoding: \"chunked\"", b"Transfer-Encoding: chunked, identity")]


@pytest.fixture(params=["nginx", "haproxy"])
def proxy_of(request, tmp_path):
    made = []

    def make(dexd):
        made.append(Proxy(request.param, tmp_path, dexd))
        return made[-1]
    yield make
    for p in made:
        p.close()


def send(port, data):
    """What comes back, and whether the other side came to an end of it."""
    with connect(port) as s:
        s.settimeout(5)
        out = b""
        try:
            s.sendall(data)
        except (ConnectionResetError, BrokenPipeError):
            pass                    # it has read enough, and has answered
        try:
            while piece := s.recv(65536):
                out += piece
        except (ConnectionResetError, BrokenPipeError):
            pass
        except socket.timeout:
            return out, False       # it waits for more of a body
        return out, True


def statuses(data):
    """Of all answers; 100 Continue is the business of each hop."""
    return [n for n in map(int, re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", data)) if n != 100]


def behind(kind, row):
    """What the visitor of a proxy may get for a row and for the probe behind it."""
    named = [start for start in BEHIND[kind] if row.rule.startswith(start)]
    if named:
        return [BEHIND[kind][max(named, key=len)]]
    probed = row.statuses + [200]
    return [row.statuses, probed] if row.closes is CLOSES else [probed]


def test_each_row_behind_a_proxy(dexd, proxy_of):
    """
    RFC 9112 2.2, 3, 11: behind a proxy each row is answered as the table says, or
    as its list of what the proxy itself refuses or mends.  A connection that dexd
    closes need not be the visitor's: the probe may be answered then.
    """
    proxy = proxy_of(dexd)
    own = requests.get(dexd.issuer + "/robots.txt", timeout=PATIENCE).content
    wrong = []
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for row, (data, _) in zip(ROWS, pool.map(
                lambda r: send(proxy.port, r.bytes + PROBE), ROWS)):
            got = statuses(data)
            if got not in behind(proxy.kind, row):
                wrong.append((row.rule, got))
            elif len(got) > len(row.statuses) and not data.endswith(own):
                wrong.append((row.rule, data))      # the probe got another's answer
    assert not wrong, "\n".join(map(repr, wrong))
    for start in BEHIND[proxy.kind]:        # none that names no row
        assert [r for r in ROWS if r.rule.startswith(start)], start


def test_the_proxy_counts_as_dexd_does(dexd, proxy_of):
    """
    RFC 9112 11.2: what a proxy takes for one request is one to dexd, for the
    table and for requests hidden in others.  Were it not so, dexd would answer
    more often than the proxy had asked.

    HEAD is left out here: the tap reads answers alone, and would take the length
    in one without a body for a body's.
    """
    proxy = proxy_of(dexd)
    attacks = [(r.rule, r.bytes) for r in ROWS if not r.heads] + SMUGGLED
    assert len(attacks) > 250
    broken_off = 0
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        for i in range(0, len(attacks), 24):
            batch = attacks[i:i + 24]
            sent = list(pool.map(lambda a: send(proxy.port, a[1] + PROBE), batch))
            broken_off += sum(not ended for _, ended in sent)
            seen, answered = proxy.settled(broken_off)
            assert 0 <= seen - answered <= broken_off, \
                f"{seen} asked, {answered} answered, one of {[n for n, _ in batch]}"
    assert proxy.seen() > 60                # it was no proxy that refuses all
    # And the way is free: the next visitor gets his own answer.
    for _ in range(8):
        assert b"User-agent: *" in send(proxy.port, PROBE)[0]
    seen, answered = proxy.settled(broken_off)
    assert 0 <= seen - answered <= broken_off < 10


class From(HTTPAdapter):
    """Connections from an address of our own."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args, **kw):
        super().init_poolmanager(*args, source_address=(self.address, 0), **kw)


def logged_address(d, port, source, headers):
    """Logs in with a wrong password; the address in dexd's log."""
    before = len(d.read_log())
    flow = Flow(d, connector="local")
    session = flow.browser.session
    session.mount("http://", From(source))
    session.headers.update(headers)
    base = f"http://127.0.0.1:{port}"
    r = session.get(base + "/dex/auth/local", params=flow.params, allow_redirects=False,
                    timeout=PATIENCE)
    target = base + re.sub("^http://[^/]*", "", r.headers["Location"])
    r = session.post(target, {"login": "admin@example.com", "password": "wrong"},
                     allow_redirects=False, timeout=PATIENCE)
    assert r.status_code == 401 or "password" in r.text, r.text
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = re.findall(r'"failed login attempt.*client_remote_addr="?([0-9a-f.:]+)',
                           d.read_log()[before:])
        if found:
            assert len(found) == 1
            return found[0]
        time.sleep(0.05)
    raise AssertionError(d.read_log()[before:])


FORGED = ["6.6.6.6", "127.0.0.1", "6.6.6.6, 127.0.0.1", "unknown", "6.6.6.6:80", ",",
          "127.0.0.1, 127.0.0.1, 127.0.0.1", "::1", "6.6.6.6\t,\t127.0.0.1", ""]


@pytest.fixture(scope="module")
def trusting(make_dexd):
    def change(c):
        c["web"]["clientRemoteIP"] = {"header": "X-Forwarded-For",
                                      "trustedProxies": ["127.0.0.1/32"]}
    return make_dexd(change)


def test_the_address_is_the_last_untrusted_hop(trusting, proxy_of):
    """dex web.clientRemoteIP: what the visitor claims is left of what is known."""
    proxy = proxy_of(trusting)
    for forged in FORGED:
        got = logged_address(trusting, proxy.port, "127.0.0.2",
                             {"X-Forwarded-For": forged})
        assert got == "127.0.0.2", (proxy.kind, forged)


def test_nobody_else_is_believed(trusting, dexd):
    """A visitor beside the proxy, and a dexd that trusts no proxy."""
    for d in (trusting, dexd):
        got = logged_address(d, d.port, "127.0.0.3", {"X-Forwarded-For": "6.6.6.6",
                                                      "Forwarded": "for=6.6.6.6",
                                                      "X-Real-IP": "6.6.6.6"})
        assert got == "127.0.0.3"
    assert logged_address(trusting, trusting.port, "127.0.0.1",
                          {"X-Forwarded-For": "6.6.6.6, 7.7.7.7"}) == "7.7.7.7"


def test_a_header_does_not_lift_the_cap(dexd):
    """512 connections for each address, also when they claim to be a proxy."""
    claim = b"GET /dex/healthz HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n"
    held = []
    try:
        for _ in range(512):
            held.append(connect(dexd.port, source="127.0.0.9"))
        held[0].sendall(claim)
        assert held[0].recv(12) == b"HTTP/1.1 200"
        with connect(dexd.port, source="127.0.0.9") as s:
            s.settimeout(PATIENCE)
            try:
                assert s.recv(1) == b""
            except ConnectionResetError:
                pass
    finally:
        for s in held:
            s.close()
    assert requests.get(dexd.issuer + "/keys", timeout=PATIENCE).status_code == 200
