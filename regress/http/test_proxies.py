"""The same table through nginx and haproxy of Debian, and who the visitor is."""

import concurrent.futures
import re
import shutil
import socket
import subprocess
import threading
import time

import pytest
import requests
from requests.adapters import HTTPAdapter

from dexd import Flow, free_port
from table import CHUNKED, H, PROBE, ROBOTS, ROWS, TOKEN
from wire import connect, parse

PATIENCE = 30

NGINX = """
daemon off;
worker_processes 1;
error_log {dir}/error.log;
pid {dir}/nginx.pid;
events {{ worker_connections 256; }}
http {{
    log_format seen '$upstream_addr $status $request_length';
    access_log {dir}/access.log seen;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    client_max_body_size 64k;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    upstream dexd {{ server 127.0.0.1:{tap}; keepalive 8; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://dexd;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_next_upstream off;
        }}
    }}
}}
"""

HAPROXY = """
global
    log stdout format raw local0
    maxconn 256
defaults
    mode http
    log global
    log-format "%s %ST"
    option forwardfor
    retries 0
    timeout connect 20s
    timeout client 20s
    timeout server 20s
frontend in
    bind 127.0.0.1:{port}
    default_backend dexd
backend dexd
    server dexd 127.0.0.1:{tap}
"""

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


class Tap:
    """Stands between a proxy and dexd, and keeps what dexd answered."""

    def __init__(self, port):
        self.target = port
        self.answers = []           # one bytearray for each connection
        self.counted = {}           # its length when counted, and the count
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            kept = bytearray()
            self.answers.append(kept)
            for a, b, keep in ((client, server, None), (server, client, kept)):
                threading.Thread(target=self.pump, args=(a, b, keep), daemon=True).start()

    @staticmethod
    def pump(a, b, keep):
        while True:
            try:
                data = a.recv(65536)
            except OSError:
                data = b""
            if keep is not None:
                keep += data
            try:
                if not data:
                    b.shutdown(socket.SHUT_WR)
                    return
                b.sendall(data)
            except OSError:
                if keep is None:
                    return          # go on hearing what dexd says

    def count(self):
        """Whole answers so far, without 100 Continue."""
        for i, kept in enumerate(self.answers):
            known, _ = self.counted.get(i, (0, 0))
            if known != len(kept):
                data = bytes(kept)
                n = sum(a.status >= 200 for a in parse(data))
                self.counted[i] = len(data), n
        return sum(n for _, n in self.counted.values())


class Proxy:
    def __init__(self, kind, where, dexd):
        self.kind, self.dir = kind, where
        self.tap = Tap(dexd.port)
        self.port = free_port()
        self.access = where / "access.log"
        conf = where / "conf"
        text = NGINX if kind == "nginx" else HAPROXY
        conf.write_text(text.format(dir=where, tap=self.tap.port, port=self.port))
        where.chmod(0o755)
        cmd = ["/usr/sbin/nginx", "-p", str(where), "-c", str(conf), "-e",
               str(where / "error.log")] if kind == "nginx" else \
              ["/usr/sbin/haproxy", "-db", "-f", str(conf)]
        self.log = open(self.access, "ab")
        self.proc = subprocess.Popen(cmd, stdout=self.log, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                connect(self.port).close()
                break
            except OSError:
                assert time.monotonic() < deadline and self.proc.poll() is None, kind
                time.sleep(0.05)

    def seen(self):
        """Requests that the proxy knows to have passed on."""
        lines = self.access.read_text(errors="replace").splitlines()
        if self.kind == "nginx":
            return sum(not line.startswith("- ") for line in lines)
        return sum(line.startswith("dexd ") for line in lines)

    def settled(self, broken_off=0):
        """
        Both counts, when they agree; or as they are after long.  What a visitor
        broke off in its body was asked and may have no answer.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            counts = self.seen(), self.tap.count()
            if 0 <= counts[0] - counts[1] <= broken_off or \
                    time.monotonic() > deadline:
                return counts
            time.sleep(0.01)

    def close(self):
        self.proc.terminate()
        self.proc.wait(PATIENCE)
        self.tap.listener.close()
        self.log.close()


@pytest.fixture(params=["nginx", "haproxy"])
def proxy_of(request, tmp_path):
    assert shutil.which(request.param, path="/usr/sbin"), "see regress/packages"
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
            while piece := s.recv(65536):
                out += piece
        except (ConnectionResetError, BrokenPipeError):
            pass
        except socket.timeout:
            return out, False       # it waits for more of a body
        return out, True


def test_the_proxy_counts_as_dexd_does(dexd, proxy_of):
    """
    RFC 9112 11.2: what a proxy takes for one request is one to dexd, for the
    rows of the table that are about framing (without those of 10,000 bytes or
    more and those that ask with HEAD) and for requests hidden in others.  Were it not so, dexd would answer more often than the proxy had
    asked.
    """
    proxy = proxy_of(dexd)
    framing = re.compile("(9112 (2|5|6|7|9)|9110 (5|7|8|9|10))")
    attacks = [(r.rule, r.bytes) for r in ROWS if not r.heads and framing.match(r.rule)
               and len(r.bytes) < 10000] + SMUGGLED
    assert len(attacks) > 150
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
