"""The edge: routes, headers, and HTTP that must not be understood."""

import http.client
import signal
import socket
import time

import pytest
import requests

from dexd import Flow, kill, wait_for


def raw(dexd, data, wait=30, parts=None):
    """Sends bytes, returns everything until the other side closes, which it
    must."""
    with socket.create_connection(("127.0.0.1", dexd.port)) as s:
        for piece in parts or [data]:
            s.sendall(piece)
            if parts:
                time.sleep(0.02)
        s.settimeout(wait)
        out = b""
        while piece := s.recv(65536):
            out += piece
        return out


def status_of(answer):
    return int(answer.split(b" ")[1])


def test_routes(dexd):
    """dex 1.1: exact matches on the encoded path, nothing cleaned."""
    for path, status in (("/dex", 200), ("/dex/", 404), ("/", 404),
                         ("/dex/auth/", 404), ("//dex/keys", 404),
                         ("/dex/keys/", 404), ("/dex/%6beys", 404),
                         ("/dex/healthz", 200), ("/dex/robots.txt", 200),
                         ("/dex/nothing", 404), ("/dexter", 404)):
        c = http.client.HTTPConnection("127.0.0.1", dexd.port)
        c.request("GET", path)              # requests would mend the path
        r = c.getresponse()
        assert r.status == status, path
        if status == 404:
            assert r.headers["Content-Type"] == "text/plain; charset=utf-8"
            assert r.headers["X-Content-Type-Options"] == "nosniff"
        c.close()


def test_robots(dexd):
    r = requests.get(dexd.issuer + "/robots.txt")
    assert r.text == "User-agent: *\nDisallow: /\n"


def test_discovery_lists_what_exists(dexd):
    meta = requests.get(dexd.issuer + "/.well-known/openid-configuration").json()
    assert meta["issuer"] == dexd.issuer
    assert meta["grant_types_supported"] == ["authorization_code",
                                             "refresh_token"]
    assert meta["response_types_supported"] == ["code"]
    assert meta["code_challenge_methods_supported"] == ["S256", "plain"]
    assert "device_authorization_endpoint" not in meta
    assert "introspection_endpoint" not in meta


def test_keys(dexd):
    """dex 3.2; RFC 7517: no private member is ever published."""
    r = requests.get(dexd.issuer + "/keys")
    assert r.headers["Cache-Control"] == "max-age=600, must-revalidate"
    for key in r.json()["keys"]:
        assert set(key) == {"use", "kty", "kid", "alg", "n", "e"}


def test_assets(dexd):
    page = requests.get(dexd.issuer).text
    for link in ("static/main.css", "theme/styles.css", "theme/favicon.svg",
                 "theme/logo.svg"):
        assert f'"dex/{link}"' in page      # relative to /dex
        assert requests.get(f"{dexd.issuer}/{link}").status_code == 200
    for path in ("/static/../templates/login.html", "/static", "/static/",
                 "/theme/../light/styles.css", "/static/templates/login.html"):
        assert b" 404 " in raw(dexd, f"GET /dex{path} HTTP/1.0\r\n\r\n".encode())


def test_head_has_no_body(dexd):
    r = requests.head(dexd.issuer + "/keys")
    assert r.status_code == 200 and int(r.headers["Content-Length"]) > 100
    answer = raw(dexd, b"HEAD /dex/keys HTTP/1.0\r\n\r\n")
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("request_bytes,status", [
    (b"GET /dex/keys HTTP/1.1\nHost: x\n\n", 400),                 # bare LF
    (b"GET /dex/keys HTTP/1.1\r\nHost: x\r\nA: b\n\r\n", 400),
    (b"GET /dex/keys HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400),  # folding
    (b"GET /dex/keys HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", 400),
    (b"GET /dex/keys HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", 400),
    (b"GET /dex/keys HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
    (b"GET /dex/keys HTTP/1.1\r\n\r\n", 400),                      # no Host
    (b"GET /dex/keys HTTP/1.7\r\nHost: x\r\n\r\n", 505),
    (b"GET /dex/keys HTTP/2.0\r\nHost: x\r\n\r\n", 505),
    (b"GET  /dex/keys HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"GET dex/keys HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"GET /dex/k#eys HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"POST /dex/token HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
     b"Content-Length: 2\r\n\r\nab", 400),
    (b"POST /dex/token HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
     b"Content-Length: 1\r\n\r\na", 400),
    (b"POST /dex/token HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
     b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST /dex/token HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na", 400),
    (b"POST /dex/token HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\na", 400),
    (b"POST /dex/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    (b"POST /dex/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
     b"\r\n1;x=y\r\na\r\n0\r\n\r\n", 400),                         # extension
    (b"POST /dex/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
     b"\r\n1\na\r\n0\r\n\r\n", 400),
    (b"POST /dex/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
     b"\r\n0x1\r\na\r\n0\r\n\r\n", 400),
    (b"POST /dex/token HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST /dex/token HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 413),
    (b"GET /" + b"a" * 4000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 40000, 431),
    (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n", 417),
    (b"\r\nGET /dex/keys HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),        # TLS
])
def test_ambiguous_http_is_refused_and_closed(dexd, request_bytes, status):
    """RFC 9112 2.2, 5.1, 5.2, 6.1, 6.3, 7.1: request smuggling ends here."""
    # What follows must never be read as a second request.
    answer = raw(dexd, request_bytes + b"GET /dex/robots.txt HTTP/1.1\r\n"
                 b"Host: x\r\n\r\n" if status != 431 else request_bytes)
    assert status_of(answer) == status, answer
    assert b"Connection: close" in answer and b"Disallow" not in answer
    assert answer.count(b"HTTP/1.1 ") == 1


def test_pipelined_requests_answer_in_order(dexd):
    one = b"GET /dex/robots.txt HTTP/1.1\r\nHost: x\r\n\r\n"
    two = b"GET /dex/healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /dex/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = raw(dexd, one + two + one + last)
    assert [p[:3] for p in answer.split(b"HTTP/1.1 ")[1:]] == \
        [b"200", b"200", b"200", b"404"]
    assert answer.index(b"Disallow") < answer.index(b"Health")


def test_a_pipeline_that_ends_is_answered_whole(own_dexd):
    """Its end comes with the last of the requests, long before all of the answers
    are taken."""
    d = own_dexd()
    [frontend] = d.rooms()["frontend"]
    request = b"GET /dex/static/main.css HTTP/1.1\r\nHost: x\r\nX-Pad: 0123"
    request += b"4" * (60 - len(request)) + b"\r\n\r\n"
    for n in (1, 256, 512):             # as many as one read takes, and two
        with socket.create_connection(("127.0.0.1", d.port)) as s:
            s.settimeout(30)
            kill([frontend], signal.SIGSTOP)
            s.sendall(request * n)
            s.shutdown(socket.SHUT_WR)
            kill([frontend], signal.SIGCONT)
            out = b""
            while piece := s.recv(65536):
                out += piece
        assert out.count(b"HTTP/1.1 200 OK") == n


def test_a_request_byte_by_byte(dexd):
    body = b"grant_type=x"
    req = (b"POST /dex/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
           b"Content-Type: application/x-www-form-urlencoded\r\n"
           b"Content-Length: %d\r\n\r\n" % len(body)) + body
    answer = raw(dexd, None, parts=[req[i:i + 7] for i in range(0, len(req), 7)])
    assert status_of(answer) == 400 and b"unsupported_grant_type" in answer


def test_chunked_body(dexd):
    answer = raw(dexd, b"POST /dex/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                 b"Content-Type: application/x-www-form-urlencoded\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n"
                 b"7\r\ngrant_t\r\n5\r\nype=x\r\n0\r\n\r\n")
    assert b"unsupported_grant_type" in answer


def test_expect_continue(dexd):
    """RFC 9110 10.1.1."""
    answer = raw(dexd, None, parts=[
        b"POST /dex/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\n", b"a"])
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400")


def test_http_1_0(dexd):
    answer = raw(dexd, b"GET /dex/robots.txt HTTP/1.0\r\n\r\n")
    assert status_of(answer) == 200 and b"Connection: close" in answer


def test_slow_heads_do_not_stop_others(dexd):
    """A head that dribbles in holds nobody up (it ends after 10 s)."""
    slow = [socket.create_connection(("127.0.0.1", dexd.port)) for _ in range(200)]
    for s in slow:
        s.sendall(b"GET /dex/keys HTTP/1.1\r\nHos")
    assert requests.get(dexd.issuer + "/keys").status_code == 200
    for s in slow:                      # they were still there meanwhile
        s.setblocking(False)
        with pytest.raises(BlockingIOError):
            s.recv(1)
        s.close()


def test_connections_of_one_address_are_capped(dexd):
    conns = []
    try:
        for _ in range(600):
            s = socket.create_connection(("127.0.0.1", dexd.port))
            conns.append(s)
        conns[-1].settimeout(8)         # sooner than one who says nothing
        assert conns[-1].recv(1) == b""       # over the cap: closed at once
        conns[0].sendall(b"GET /dex/robots.txt HTTP/1.0\r\n\r\n")
        assert conns[0].recv(12) == b"HTTP/1.1 200"
    finally:
        for s in conns:
            s.close()

    def served():
        try:
            return requests.get(dexd.issuer + "/keys").status_code == 200
        except requests.ConnectionError:
            return False
    assert wait_for(served)


def test_host_header_is_not_believed(dexd):
    """URLs come from the issuer (DESIGN, edge)."""
    r = requests.get(dexd.issuer + "/.well-known/openid-configuration",
                     headers={"Host": "evil.example"})
    assert "evil.example" not in r.text
    flow = Flow(dexd)
    flow.browser.session.headers["Host"] = "evil.example"
    assert "evil.example" not in flow.start().headers["Location"]


def test_engine_flood_leaves_no_rows(dexd):
    """The issue: 100,000 unauthenticated GET /auth/... leave zero rows."""
    before = dexd.rows("auth_request"), dexd.rows("auth_code")
    flow = Flow(dexd, connector="local")
    import urllib.parse
    target = "/dex/auth/local?" + urllib.parse.urlencode(flow.params)
    one = f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    total = 100_000
    batch = 100
    with socket.create_connection(("127.0.0.1", dexd.port)) as s:
        f = s.makefile("rb")
        for _ in range(total // batch):
            s.sendall(one * batch)
            for _ in range(batch):
                line = f.readline()
                assert line.startswith(b"HTTP/1.1 302"), line
                while f.readline() not in (b"\r\n", b""):
                    pass
    assert (dexd.rows("auth_request"), dexd.rows("auth_code")) == before
