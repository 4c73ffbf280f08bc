"""What a well-formed request may still try: parameters, headers, hosts; at dexd's
own port and through proxies, which may refuse by themselves or change nothing."""

import re
import urllib.parse

import pytest

from dexd import CALLBACK, SECRET
from proxy import Proxy
from wire import exchange

PARAMS = {"client_id": "app", "redirect_uri": CALLBACK, "response_type": "code",
          "scope": "openid", "state": "the-state", "nonce": "the-nonce"}
ERROR = {"prompt": "none"}          # answered at the client, with the state


class Door:
    """Where a visitor comes in: dexd's own port or a proxy's."""

    def __init__(self, dexd, proxy=None):
        self.dexd, self.proxy = dexd, proxy

    def ask(self, data):
        """The answer, which a proxy may not change."""
        if self.proxy is None:
            answers = exchange(self.dexd.port, data)
        else:
            answers = exchange(self.proxy.port, data, ours=False)
        assert len(answers) == 1
        if self.proxy and not self.proxy.is_own(answers[0]):
            direct, = exchange(self.dexd.port, data)
            assert shape(answers[0]) == shape(direct)
        return answers[0]

    def refused(self, answer):
        return self.proxy is not None and self.proxy.is_own(answer)


@pytest.fixture(scope="module", params=["direct", "nginx", "haproxy"])
def door(request, dexd, tmp_path_factory):
    if request.param == "direct":
        yield Door(dexd)
        return
    proxy = Proxy(request.param, tmp_path_factory.mktemp(request.param), dexd)
    yield Door(dexd, proxy)
    proxy.close()


def get(door, target, more=b"", host=b"x"):
    return door.ask(b"GET " + target.encode() + b" HTTP/1.1\r\nHost: " + host +
                    b"\r\nConnection: close\r\n" + more + b"\r\n")


def post(door, target, body, more=b""):
    body = body.encode()
    return door.ask(b"POST " + target.encode() + b" HTTP/1.1\r\nHost: x\r\n"
                    b"Connection: close\r\nContent-Type: application/"
                    b"x-www-form-urlencoded\r\nContent-Length: %d\r\n" % len(body) +
                    more + b"\r\n" + body)


def shape(answer):
    """An answer without what is random in it and what a proxy may do to fields."""
    hide = re.compile(r"state=[a-z0-9]{25}")
    fields = sorted((n.lower(), hide.sub("state=", v)) for n, v in answer.fields
                    if n.lower() not in ("date", "set-cookie", "server"))
    return answer.status, fields, hide.sub("state=", answer.body.decode())


def auth(change=None, raw=""):
    params = {**PARAMS, **(change or {})}
    return "/dex/auth/mock?" + urllib.parse.urlencode(params) + raw


def back(answer):
    """The parameters that the client would get."""
    location = answer.get("Location")
    assert location.startswith(CALLBACK + "?"), location
    query = urllib.parse.urlsplit(location).query
    return urllib.parse.parse_qs(query, keep_blank_values=True)


# ---- parameters given more than once ----

@pytest.mark.parametrize("name,evil", [
    ("client_id", "nobody"), ("redirect_uri", "http://evil.example/"),
    ("response_type", "token"), ("scope", "profile"), ("state", "forged"),
    ("nonce", "forged"), ("prompt", "login"), ("code_challenge_method", "x")])
def test_the_first_of_repeated_parameters_counts(door, name, evil):
    """dex (Go's FormValue): the first value, wherever the others stand."""
    honest = {**PARAMS, **ERROR, "code_challenge": "c" * 43,
              "code_challenge_method": "S256"}
    again = f"&{name}={urllib.parse.quote(evil)}"
    got = back(get(door, auth(honest, again)))
    assert got["error"] == ["login_required"] and got["state"] == ["the-state"]
    pairs = urllib.parse.urlencode(honest)
    evil_first = get(door, f"/dex/auth/mock?{again[1:]}&{pairs}")
    assert "evil.example" not in (evil_first.get("Location") or "")
    if name in ("client_id", "redirect_uri"):
        assert evil_first.status in (400, 404)
    if name == "state":
        assert back(evil_first)["state"] == ["forged"]


def test_the_body_counts_before_the_query(door):
    """dex: POST /auth reads the form first; the query adds what it lacks."""
    body = urllib.parse.urlencode({**PARAMS, **ERROR, "state": "of-the-body"})
    got = back(post(door, "/dex/auth?state=of-the-query", body))
    assert got["state"] == ["of-the-body"]
    r = post(door, "/dex/auth?redirect_uri=http%3A%2F%2Fevil.example%2F", body)
    assert back(r)["state"] == ["of-the-body"]


def test_token_parameters_given_twice(door):
    """RFC 6749 3.2: a second client, code or secret changes nothing."""
    pair = urllib.parse.urlencode({"client_id": "app", "client_secret": SECRET})
    form = "grant_type=authorization_code&code=nothing&" + pair
    want = post(door, "/dex/token", form)
    assert want.status == 400 and b"invalid_grant" in want.body
    for again in ("client_id=other", "client_secret=x", "code=y", "grant_type=z"):
        r = post(door, "/dex/token", f"{form}&{again}")
        assert (r.status, r.body) == (want.status, want.body), again
    for first in ("client_id=other", "client_secret=x"):
        assert post(door, "/dex/token", f"{first}&{form}").status == 401


def test_token_reads_no_query(door):
    """RFC 6749 2.3.1: credentials must not be in the URI."""
    pair = urllib.parse.urlencode({"client_id": "app", "client_secret": SECRET})
    r = post(door, f"/dex/token?{pair}", "grant_type=authorization_code&code=x")
    assert r.status == 401 and b"invalid_client" in r.body


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x",
                                  "application/json", ""])
def test_forms_of_other_types_are_none(door, kind):
    """What a form on another site can send without asking is no form of ours."""
    body = b"grant_type=authorization_code&code=x"
    r = door.ask(b"POST /dex/token HTTP/1.1\r\nHost: x\r\nConnection: close"
                 b"\r\nContent-Type: " + kind.encode() + b"\r\nContent-Length: %d\r\n\r\n"
                 % len(body) + body)
    assert r.status == 400 and b"unsupported_grant_type" in r.body or r.status == 401


# ---- bytes that must not be in parameters ----

BAD = ["%00", "a%00b", "%c0%ae", "%c0%80", "%e0%80%af", "%f0%80%80%af", "%ed%a0%80",
       "%f4%90%80%80", "%ff", "%80", "%", "%4", "%zz", "%u0041", "a;b=c"]


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("name", ["state", "client_id", "redirect_uri", "extra", ""])
def test_malformed_parameters(door, name, value):
    """RFC 3629 3, RFC 3986 2.1; dex: a query that does not parse is a 400."""
    pair = f"{name}={value}" if name else value
    assert get(door, auth(raw=f"&{pair}")).status == 400
    assert get(door, f"/dex/auth/mock?{pair}").status == 400
    r = post(door, "/dex/token", f"grant_type=authorization_code&{pair}")
    assert r.status in (400, 401) and r.get("Content-Type") == "application/json"


# ---- header injection ----

KNOWN = {"Date", "Content-Type", "Content-Length", "Connection", "Location",
         "Set-Cookie", "Cache-Control", "Pragma", "Content-Security-Policy",
         "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Vary",
         "WWW-Authenticate", "Retry-After", "X-XSS-Protection",
         "Strict-Transport-Security",
         "Server"}          # which nginx alone adds
KNOWN = {n.lower() for n in KNOWN}
SPLIT = ["a\r\nX-Injected: y", "a\nX-Injected: y", "a\rX-Injected: y",
         "a\r\n\r\n<html>injected", "a\u560a\u560dX-Injected: y",
         "a\u0085X-Injected: y", "a\u2028X-Injected: y", "a\r\n X-Injected: y",
         "\r\nSet-Cookie: dexd_x=y", "a%0d%0aX-Injected: y", "a\tX\x0bY\x0cZ"]


def harmless(answer):
    names = {n.lower() for n, _ in answer.fields}
    assert names <= KNOWN, names - KNOWN
    for cookie in answer.all("Set-Cookie"):
        assert re.match(r"(__Host-|__Secure-)?dexd_[a-z]+_[a-z0-9]{8}=", cookie), cookie
    location = answer.get("Location")
    if location is not None:
        assert re.fullmatch(r"[!-~]+", location)
        assert answer.status in (302, 303)
    else:
        assert answer.body.count(b"<html") <= 1
    return answer


@pytest.mark.parametrize("text", SPLIT)
def test_nothing_reflected_becomes_a_header(door, text):
    """RFC 9110 5.5; RFC 9112 11.1: each value that comes back, at each place."""
    quoted = urllib.parse.quote(text)
    got = back(harmless(get(door, auth({**ERROR, "state": text}))))
    assert got["state"] == [text]           # the client's own, and unharmed
    for name in PARAMS:
        harmless(get(door, auth({name: text})))
        harmless(get(door, auth({**ERROR, name: text})))
        harmless(post(door, "/dex/auth", urllib.parse.urlencode({**PARAMS, name: text})))
    for target in (f"/dex/auth/{quoted}?a=b", f"/dex/callback/{quoted}",
                   f"/dex/callback?state={quoted}&error={quoted}"
                   f"&error_description={quoted}", f"/dex/auth/local/login?state={quoted}"
                   f"&back={quoted}", f"/dex/approval?req={quoted}&hmac={quoted}",
                   f"/dex/{quoted}", f"/dex/static/{quoted}", f"/dex/theme/{quoted}"):
        harmless(get(door, target))
    harmless(post(door, f"/dex/auth/local/login?state={quoted}",
                  urllib.parse.urlencode({"login": text, "password": text})))
    harmless(post(door, "/dex/token", urllib.parse.urlencode(
        {"grant_type": text, "client_id": text, "code": text})))


@pytest.mark.parametrize("value", [b"dexd_req_aaaaaaaa=\xff\xfe", b"dexd_req_aaaaaaaa=a\tb",
                                   b"dexd_req_aaaaaaaa=" + b"a" * 5000,
                                   b"dexd_" + b"a" * 5000 + b"=b", b"=;=;;; =",
                                   b"dexd_req_aaaaaaaa=a; " * 60, b"; " * 2000])
def test_hostile_cookies(door, value):
    """RFC 6265 5.4: a cookie of anybody is no reason to fail, nor reflected."""
    r = harmless(get(door, "/dex/callback?state=" + "a" * 25, b"Cookie: " + value + b"\r\n"))
    assert r.status == 400 and b"aaaaaaaaaa" not in r.body
    assert harmless(get(door, auth(), b"Cookie: " + value + b"\r\n")).status == 302


# ---- whose house is it ----

HOSTS = [b"evil.example", b"127.0.0.1:1", b"evil.example:80", b"[::1]", b"",
         b"localhost", b"EVIL.example.", b"a" * 255]
FORWARDED = [b"X-Forwarded-Host: evil.example\r\n", b"X-Host: evil.example\r\n",
             b"Forwarded: for=1.2.3.4;host=evil.example;proto=https\r\n",
             b"X-Forwarded-Server: evil.example\r\n", b"X-Forwarded-Port: 1\r\n",
             b"X-Forwarded-Proto: gopher\r\n", b"X-Forwarded-Scheme: gopher\r\n",
             b"X-Original-Host: evil.example\r\n", b"Origin: http://evil.example\r\n",
             b"Referer: http://evil.example/\r\n", b"Via: 1.1 evil.example\r\n"]


@pytest.mark.parametrize("target", ["/dex/.well-known/openid-configuration", "/dex/keys",
                                    "/dex", "/dex/auth/mock?", "/dex/auth/local?"])
def test_the_host_is_the_issuers(door, target):
    """RFC 9110 7.2: URLs come from the issuer, whatever a request claims."""
    if target.endswith("?"):
        target += urllib.parse.urlencode(PARAMS)
    want = shape(get(door, target))
    for host in HOSTS:
        got = get(door, target, host=host)
        assert door.refused(got) or shape(got) == want, host
    for claim in FORWARDED:
        got = get(door, target, claim)
        assert shape(got)[::2] == want[::2], claim
        assert "evil.example" not in str(got.fields), claim
    absolute = "http://evil.example" + target
    got = get(door, absolute)
    assert door.refused(got) or shape(got) == want
