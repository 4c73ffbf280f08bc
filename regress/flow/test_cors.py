"""Cross-origin reads (dex: web.allowedOrigins, allowedHeaders) and web.headers."""

import os

import pytest
import requests

from dexd import Dexd, Flow, is_page

APP = "https://app.example"
OTHER = "https://other.example:8443"
READABLE = ("/.well-known/openid-configuration", "/keys", "/token", "/userinfo", "")
CLOSED = ("/auth?client_id=app", "/auth/mock?client_id=app", "/auth/local/login?state=x",
          "/callback?state=x", "/callback/mock?state=x", "/approval?req=x",
          "/healthz", "/robots.txt", "/static/main.css", "/theme/styles.css",
          "/no-such-page")


def own(change):
    return Dexd(change, user="root" if os.getuid() == 0 else "self")


@pytest.fixture(scope="module")
def cors():
    def change(config):
        config["web"]["allowedOrigins"] = [APP, OTHER]
        config["web"]["allowedHeaders"] = ["authorization", "Content-Type"]
    with own(change) as d:
        yield d


def acl(r):
    return {k: v for k, v in r.headers.items()
            if k.lower().startswith("access-control") or k.lower() == "vary"}


def preflight(d, path, origin=APP, method="POST", names=None):
    headers = {"Origin": origin, "Access-Control-Request-Method": method,
               "Access-Control-Request-Headers": names}
    return requests.options(d.issuer + path, headers={
        k: v for k, v in headers.items() if v is not None}, timeout=20)


def test_only_dex_endpoints_are_readable(cors):
    for path in READABLE:
        r = requests.get(cors.issuer + path, headers={"Origin": APP})
        assert acl(r) == {"Access-Control-Allow-Origin": APP, "Vary": "Origin"}, path
        assert len(r.content) > 0
        r = requests.get(cors.issuer + path, headers={"Origin": OTHER})
        assert acl(r)["Access-Control-Allow-Origin"] == OTHER
    for path in CLOSED:
        for r in (requests.get(cors.issuer + path, headers={"Origin": APP},
                               allow_redirects=False), preflight(cors, path)):
            assert acl(r) == {}, path


def test_strangers_get_no_headers(cors):
    for origin in ("https://evil.example", "null", APP.upper(), APP + ":443",
                   APP + "/", APP + ".evil", "*"):
        for path in READABLE:
            r = requests.get(cors.issuer + path, headers={"Origin": origin})
            assert acl(r) == {}, origin
            r = preflight(cors, path, origin=origin)
            assert (r.status_code, r.content, acl(r)) == (200, b"", {})
    assert preflight(cors, "/token", origin=None).status_code == 200


def test_preflight(cors):
    """The table of dex, on the wire."""
    r = preflight(cors, "/token", names="authorization,content-type,accept")
    assert r.status_code == 200 and r.content == b""
    assert acl(r) == {"Access-Control-Allow-Origin": APP, "Vary": "Origin",
                      "Access-Control-Allow-Headers": "Authorization,Content-Type"}
    assert r.headers["Content-Length"] == "0" and "Content-Type" not in r.headers
    for kw, status in ((dict(method=None), 400), (dict(method="DELETE"), 405),
                       (dict(names="x-evil"), 403)):
        r = preflight(cors, "/token", **kw)
        assert (r.status_code, r.content, acl(r)) == (status, b"", {}), kw


def test_errors_are_readable_too(cors):
    """A script must see why its request failed."""
    r = requests.post(cors.issuer + "/token", headers={"Origin": APP},
                      data={"grant_type": "no such"})
    assert r.status_code == 400 and acl(r)["Access-Control-Allow-Origin"] == APP


def test_credentials_are_never_allowed(cors):
    flow = Flow(cors)
    flow.browser.session.headers["Origin"] = APP
    seen = []
    flow.browser.session.hooks["response"] = lambda r, *a, **k: seen.append(r)
    code = flow.code()
    r = requests.post(cors.issuer + "/token", headers={"Origin": APP})
    for r in [*seen, r, flow.redeem(code), preflight(cors, "/token")]:
        assert "Access-Control-Allow-Credentials" not in r.headers
    assert all(acl(r) == {} for r in seen), "pages of the login are for nobody else"


@pytest.mark.parametrize("origin", [
    APP + "\r\nX-Injected: 1", APP + "\nX-Injected: 1", APP + "\0", APP + "\x0b"])
def test_header_injection_through_origin(cors, origin):
    import socket
    with socket.create_connection(("127.0.0.1", cors.port), timeout=20) as s:
        s.sendall(b"GET /dex/keys HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                  b"Origin: " + origin.encode() + b"\r\n\r\n")
        answer = b""
        while part := s.recv(65536):
            answer += part
    head = answer.split(b"\r\n\r\n")[0].lower()
    assert b"x-injected" not in head and head.count(b"http/1.1 ") == 1
    assert b"access-control" not in head or head.startswith(b"http/1.1 200")


def test_any_origin():
    with own(lambda c: c["web"].update(allowedOrigins=[APP, "*"])) as d:
        r = requests.get(d.issuer + "/keys", headers={"Origin": "https://x.y"})
        assert acl(r) == {"Access-Control-Allow-Origin": "*"}
        r = preflight(d, "/token", names="authorization")
        assert acl(r) == {"Access-Control-Allow-Origin": "*",
                          "Access-Control-Allow-Headers": "Authorization"}
        assert preflight(d, "/token", names="content-type").status_code == 403


def test_without_configuration_nobody_may(dexd):
    """dex: OPTIONS then reaches the endpoint itself."""
    r = requests.get(dexd.issuer + "/keys", headers={"Origin": APP})
    assert acl(r) == {}
    assert preflight(dexd, "/token").status_code == 400


# ---- web.headers ----

OURS = {"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin"}


def test_security_headers_by_default(dexd):
    r = requests.get(dexd.issuer)
    assert is_page(r, 200)
    assert OURS.items() <= r.headers.items()
    for name in ("X-XSS-Protection", "Strict-Transport-Security"):
        assert name not in r.headers


def test_web_headers_take_the_place_of_ours():
    """dex's five names: those that are set replace ours, the rest of ours stay."""
    mine = {"X-Frame-Options": "SAMEORIGIN",
            "Content-Security-Policy": "default-src 'self'",
            "X-XSS-Protection": "1; mode=block",
            "Strict-Transport-Security": "max-age=31536000",
            "X-Content-Type-Options": ""}      # dex: empty is not set
    with own(lambda c: c["web"].update(headers=mine)) as d:
        for path in ("", "/keys", "/token", "/healthz",
                     "/auth?client_id=no-such-client"):
            r = requests.get(d.issuer + path)
            for name, value in mine.items():
                if value:
                    assert r.headers[name] == value, (path, name)
            assert r.headers["X-Content-Type-Options"] == "nosniff"
        assert requests.get(d.issuer).headers["Referrer-Policy"] == "same-origin"
        names = [k.lower() for k in requests.get(d.issuer).raw.headers]
        assert len(names) == len(set(names)), "none of them twice"


@pytest.mark.parametrize("change,word", [
    (lambda w: w.update(headers={"Set-Cookie": "a=b"}), 'cannot set "Set-Cookie"'),
    (lambda w: w.update(headers={"X-Frame-Options": "DENY\r\nSet-Cookie: a=b"}),
     "one line"),
    (lambda w: w.update(headers={"X-Frame-Options": "DE\u0001NY"}), "one line"),
    (lambda w: w.update(allowedOrigins=["https://a\r\nb"]), "origin"),
    (lambda w: w.update(allowedHeaders=["X Bad"]), "header"),
])
def test_what_cannot_be_meant_is_refused(own_dexd, change, word):
    import subprocess
    d = own_dexd(lambda c: change(c["web"]), wait=False)
    r = subprocess.run(d.command("-n", "-f", str(d.config_path), "-r", str(d.run)),
                       capture_output=True, text=True, timeout=60)
    assert r.returncode == 1 and word in r.stderr, r.stderr
    assert "dexd.yaml:" in r.stderr


@pytest.mark.parametrize("origin", [
    "https://app.example/", "app.example", "https://*.app.example", "https://"])
def test_an_origin_that_no_browser_sends_is_a_warning(own_dexd, origin):
    import subprocess
    d = own_dexd(lambda c: c["web"].update(allowedOrigins=[origin]), wait=False)
    r = subprocess.run(d.command("-n", "-f", str(d.config_path), "-r", str(d.run)),
                       capture_output=True, text=True, timeout=60)
    assert r.returncode == 0 and "no browser sends" in r.stderr, r.stderr


# ---- web.clientRemoteIP ----

def client_of(d, **headers):
    """The address that a failed login is logged with."""
    flow = Flow(d, connector="pw")
    flow.browser.session.headers.update(headers)
    before = len(d.read_log())
    assert flow.authenticate(login="foo", password="wrong").status_code == 401
    lines = [l for l in d.read_log()[before:].splitlines()
             if "client_remote_addr=" in l and "login" in l]
    assert len(lines) == 1, lines
    return lines[0].split("client_remote_addr=")[1].split()[0]


def test_client_address_behind_proxies():
    """The last hop that is not trusted; what it claims of others is not believed."""
    def change(config):
        config["web"]["clientRemoteIP"] = {
            "header": "X-Forwarded-For",
            "trustedProxies": ["127.0.0.0/8", "10.0.0.0/8"]}
    with own(change) as d:
        assert client_of(d) == "127.0.0.1"
        assert client_of(d, **{"X-Forwarded-For": "203.0.113.7"}) == "203.0.113.7"
        assert client_of(d, **{"X-Forwarded-For":
                               "198.51.100.1, 203.0.113.7, 10.1.2.3"}) == "203.0.113.7"
        assert client_of(d, **{"X-Forwarded-For": "203.0.113.7, garbage"}) == \
            "127.0.0.1"


def test_client_address_without_trusted_proxies(dexd):
    assert client_of(dexd, **{"X-Forwarded-For": "203.0.113.7"}) == "127.0.0.1"


