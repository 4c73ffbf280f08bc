"""Every error path of the endpoints: status, code and shape, as dex's."""

import http.client
import urllib.parse

import pytest
import requests

from dexd import (CALLBACK, SECRET, Browser, Flow, is_oauth_error, is_page,
                  params_of, token)


def auth(dexd, path="auth/mock", **params):
    base = {"client_id": "app", "redirect_uri": CALLBACK,
            "response_type": "code", "scope": "openid", "state": "st"}
    base.update(params)
    base = {k: v for k, v in base.items() if v is not None}
    return Browser(dexd).get(path + "?" + urllib.parse.urlencode(base))


@pytest.mark.parametrize("path,params,status", [
    ("auth", {"client_id": "nobody"}, 400),
    ("auth", {"connector_id": "nowhere"}, 400),
    ("auth", {"client_id": "narrow", "connector_id": "pw"}, 400),
    ("auth/mock", {"client_id": "nobody"}, 404),
    ("auth/mock", {"redirect_uri": "http://127.0.0.1:9/elsewhere"}, 400),
    ("auth/mock", {"redirect_uri": None}, 400),
    ("auth/mock", {"client_id": "cli", "redirect_uri": "http://localhost.evil/"}, 400),
    ("auth/mock", {"client_id": "cli", "redirect_uri": "https://localhost/"}, 400),
    ("auth/nowhere", {}, 400),
    ("auth/pw", {"client_id": "narrow"}, 403),
    ("auth/mock", {"connector_id": "pw"}, 400),
])
def test_told_to_the_person(dexd, path, params, status):
    """dex 4.2-4.4: without a trusted redirect URI nobody is sent anywhere."""
    r = auth(dexd, path, **params)
    assert is_page(r, status)
    assert "Location" not in r.headers


@pytest.mark.parametrize("params,error", [
    ({"connector_id": "nowhere"}, "invalid_request"),
    ({"request": "eyJ"}, "request_not_supported"),
    ({"code_challenge": "x" * 43, "code_challenge_method": "S512"}, "invalid_request"),
    ({"scope": "email"}, "invalid_scope"),
    ({"scope": None}, "invalid_scope"),
    ({"scope": "openid bogus"}, "invalid_scope"),
    ({"scope": "openid audience:server:client_id:narrow"}, "invalid_scope"),
    ({"response_type": "bogus"}, "invalid_request"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "code id_token"}, "unsupported_response_type"),
    ({"response_type": None}, "invalid_request"),
    ({"prompt": "none login"}, "invalid_request"),
    ({"prompt": "bogus"}, "invalid_request"),
    ({"max_age": "-1"}, "invalid_request"),
    ({"id_token_hint": "x.y.z"}, "invalid_request"),
    ({"prompt": "none"}, "login_required"),     # OpenID Connect Core 3.1.2.6
])
def test_told_to_the_client(dexd, params, error):
    """RFC 6749 4.1.2.1 in dex's shape: 303, error, state always there."""
    r = auth(dexd, **params)
    assert r.status_code == 303, r.text
    assert r.headers["Location"].startswith(CALLBACK + "?error=" + error)
    got = params_of(r)
    assert got["error"] == error and got["state"] == "st"
    assert set(got) == {"error", "error_description", "state"}


def test_silence_at_the_choice_of_connectors(dexd):
    """OpenID Connect Core 3.1.2.6: prompt=none never shows a page."""
    r = auth(dexd, "auth", prompt="none")
    assert r.status_code == 303 and params_of(r)["error"] == "login_required"
    assert is_page(auth(dexd, "auth", prompt="none", redirect_uri="http://x/"), 400)


def test_id_token_hint_of_ours(dexd):
    """dex 4.4: a hint of ours is taken, whatever its audience."""
    flow = Flow(dexd)
    got = flow.redeem(flow.code()).json()
    assert auth(dexd, id_token_hint=got["id_token"]).status_code == 302


def test_malformed_query(dexd):
    """Go's rule: a bad escape or a ';' makes the parse fail."""
    for query in ("client_id=%zz", "client_id=app;x=y"):
        for path in ("/dex/auth?", "/dex/auth/mock?"):
            # Not through requests, which would mend the escape.
            c = http.client.HTTPConnection("127.0.0.1", dexd.port)
            c.request("GET", path + query)
            r = c.getresponse()
            assert r.status == 400 and b"malformed" in r.read()
            c.close()


def test_too_large_a_request(dexd):
    """What cannot be attested is refused, not cut off."""
    r = auth(dexd, nonce="x" * 3000)
    assert r.status_code == 303 and params_of(r)["error"] == "invalid_request"


def test_too_large_a_page(dexd):
    """The form repeats its address; a page that lacks a value is never shown,
    and what the visitor did is not the engine's fault."""
    flow = Flow(dexd, connector="local")
    target = flow.start().headers["Location"]
    before = dexd.read_log().count("malformed")
    pad = "&pad=" + "x" * (16370 - len(target.partition("?")[2]))
    r = flow.browser.get(target + pad)
    assert is_page(r, 400) and "too large" in r.text
    assert dexd.read_log().count("malformed") == before
    assert flow.browser.get(target).status_code == 200


def test_too_large_an_error(dexd):
    """The client is told with its state, or not at all."""
    r = requests.post(dexd.issuer + "/auth/mock", allow_redirects=False, data={
        "client_id": "app", "redirect_uri": CALLBACK, "response_type": "code",
        "scope": "bogus", "state": "s" * 16384})
    assert is_page(r, 400) and "too large" in r.text


def test_too_large_for_the_engine(dexd):
    """What a stranger sends is no fault of ours to log, as often as he likes."""
    for headers, data in (({}, {"code": "x" * 20000}), ({}, {"x" * 20000: ""}),
                          ({"Authorization": "Bearer " + "x" * 9000}, {}),
                          ({"Authorization": b"Bearer \xff"}, {})):
        r = requests.post(dexd.issuer + "/token", headers=headers, data=data)
        assert r.status_code == 413 and "too large" in r.text
    flow = Flow(dexd)
    target = flow.start().headers["Location"]
    r = flow.browser.get(target + "".join(f"&a{i}=b" for i in range(120)))
    assert r.status_code == 303
    assert "out of bounds" not in dexd.read_log()


def test_login_and_callback_errors(dexd):
    b = Browser(dexd)
    assert is_page(b.get("auth/local/login"), 400)
    assert is_page(b.get("auth/local/login?state=unknown"), 400)
    assert is_page(b.get("callback"), 400)
    assert is_page(b.get("callback?state=unknown"), 400)
    assert is_page(b.post("callback", {"RelayState": "x"}), 400)
    assert is_page(b.get("callback/mock?state=" + "a" * 25), 400)


def test_callback_of_another_connector(dexd):
    flow = Flow(dexd)
    target = flow.start().headers["Location"].replace("/callback?", "/callback/pw?")
    assert is_page(flow.browser.get(target), 400)
    assert flow.browser.get(target.replace("/pw?", "/mock?")).status_code == 303


def test_token_method_and_grant(dexd):
    """dex 5.1: 400 for another method, not 405."""
    r = requests.get(dexd.issuer + "/token")
    assert is_oauth_error(r, 400, "invalid_request")
    assert is_oauth_error(token(dexd), 400, "unsupported_grant_type")
    for grant in ("password", "implicit", "client_credentials"):
        assert is_oauth_error(token(dexd, grant_type=grant), 400,
                              "unsupported_grant_type")
    r = requests.post(dexd.issuer + "/token", data="grant_type=%zz", headers={
        "Content-Type": "application/x-www-form-urlencoded"})
    assert is_oauth_error(r, 400, "invalid_request")
    # Parameters come from the body only, and only from a form.
    r = requests.post(dexd.issuer + "/token?grant_type=authorization_code")
    assert is_oauth_error(r, 400, "unsupported_grant_type")
    r = requests.post(dexd.issuer + "/token", json={"grant_type": "authorization_code"})
    assert is_oauth_error(r, 400, "unsupported_grant_type")


def test_client_authentication(dexd):
    """RFC 6749 2.3.1; dex 5.2: one text for every failure, no
    WWW-Authenticate."""
    args = {"grant_type": "authorization_code", "code": "a" * 25}
    seen = set()
    for pair in (("app", "wrong"), ("nobody", "x"), ("app", ""), ("", "")):
        r = token(dexd, pair, **args)
        assert is_oauth_error(r, 401, "invalid_client")
        assert "WWW-Authenticate" not in r.headers
        seen.add(r.text)
    seen.add(token(dexd, None, **args).text)
    seen.add(token(dexd, None, client_id="app", client_secret="x", **args).text)
    seen.add(token(dexd, None, client_id="cli", client_secret="x", **args).text)
    assert len(seen) == 1
    # The right ones reach the code.
    for r in (token(dexd, ("app", SECRET), **args),
              token(dexd, None, client_id="app", client_secret=SECRET, **args),
              token(dexd, None, client_id="cli", **args)):
        assert is_oauth_error(r, 400, "invalid_grant")
    r = requests.post(dexd.issuer + "/token", data=args, headers={
        "Authorization": "Basic JXp6Ong="})      # %zz:x
    assert is_oauth_error(r, 400, "invalid_request")


def test_userinfo(dexd):
    """dex 8.1: 401 without a token, 403 with a bad one."""
    url = dexd.issuer + "/userinfo"
    r = requests.get(url)
    assert is_oauth_error(r, 401, "access_denied")
    assert r.headers["WWW-Authenticate"] == "Bearer"
    for bad in ("x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "x" * 4000):
        r = requests.get(url, headers={"Authorization": "Bearer " + bad})
        assert is_oauth_error(r, 403, "access_denied")
    flow = Flow(dexd)
    got = flow.redeem(flow.code()).json()
    for scheme in ("Bearer", "bearer"):
        r = requests.post(url, headers={"Authorization":
                                        scheme + " " + got["access_token"]})
        assert r.status_code == 200 and r.json()["iss"] == dexd.issuer
        assert r.headers["Cache-Control"] == "no-store"
    head, body, sig = got["access_token"].split(".")
    forged = head + "." + body[:-2] + ("AA" if body[-2:] != "AA" else "BB") + "." + sig
    r = requests.get(url, headers={"Authorization": "Bearer " + forged})
    assert is_oauth_error(r, 403, "access_denied")
