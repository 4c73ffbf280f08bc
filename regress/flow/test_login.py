"""One whole login, by a real OpenID Connect client and step by step."""

import base64
import hashlib
import hmac
import html
import re
import threading
import time
import urllib.parse

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.oidc.core import CodeIDToken

from dexd import (CALLBACK, SECRET, Browser, Flow, is_oauth_error, is_page,
                  params_of, text_of, token)

DEX_SUB = "Cg0wLTM4NS0yODA4OS0wEgRtb2Nr"  # dex's: user 0-385-28089-0 at "mock"


def verify(dexd, id_token, nonce, access_token, code, client="app"):
    """OpenID Connect Core 3.1.3.7, by Authlib, with our published keys."""
    meta = requests.get(dexd.issuer + "/.well-known/openid-configuration").json()
    keys = JsonWebKey.import_key_set(requests.get(meta["jwks_uri"]).json())
    claims = JsonWebToken(["RS256", "ES256"]).decode(
        id_token, keys, claims_cls=CodeIDToken,
        claims_options={"iss": {"essential": True, "value": dexd.issuer},
                        "aud": {"essential": True, "value": client}},
        claims_params={"nonce": nonce, "access_token": access_token,
                       "code": code, "client_id": client})
    claims.validate(now=int(time.time()))
    return claims


def half_hash(value):
    digest = hashlib.sha256(value.encode()).digest()[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def test_authlib_does_a_whole_login(dexd):
    """RFC 6749 4.1, RFC 7636 and OpenID Connect Core 3.1 with a client that
    is not ours."""
    meta = requests.get(dexd.issuer + "/.well-known/openid-configuration").json()
    client = OAuth2Session("cli", redirect_uri=CALLBACK,
                           scope="openid email profile groups",
                           code_challenge_method="S256",
                           token_endpoint_auth_method="none")
    client = OAuth2Session("app", SECRET, redirect_uri=CALLBACK,
                           scope="openid email profile groups",
                           code_challenge_method="S256")
    verifier = "v" * 64
    url, state = client.create_authorization_url(
        meta["authorization_endpoint"], code_verifier=verifier, nonce="n-0S6",
        connector_id="mock")
    browser = Browser(dexd)
    r = browser.get(url)                       # /auth → /auth/mock
    r = browser.get(r.headers["Location"])     # → the connector
    r = browser.get(r.headers["Location"])     # /callback → /approval
    r = browser.post(r.headers["Location"], {"approval": "approve"})
    code = params_of(r)["code"]
    # RFC 6749 2.3.1 wants both halves form-encoded; Authlib sends them raw.
    got = token(dexd, grant_type="authorization_code", code=code,
                redirect_uri=CALLBACK, code_verifier=verifier).json()
    assert params_of(r)["state"] == state
    claims = verify(dexd, got["id_token"], "n-0S6", got["access_token"], code)
    assert claims["sub"] == DEX_SUB
    assert claims["email"] == "kilgore@kilgore.trout"
    assert claims["groups"] == ["authors"]
    client.token = got
    info = client.get(meta["userinfo_endpoint"])
    assert info.status_code == 200 and info.json()["sub"] == DEX_SUB


def test_authlib_fetches_the_token_itself(dexd):
    """client_secret_post with Authlib's own token request."""
    client = OAuth2Session("other", "other-secret", redirect_uri=CALLBACK,
                           scope="openid", code_challenge_method="S256",
                           token_endpoint_auth_method="client_secret_post")
    verifier = "w" * 50
    flow = Flow(dexd, client="other", scope="openid")
    flow.verifier = verifier
    flow.params["code_challenge"] = __import__("dexd").s256(verifier)
    r = flow.approve(flow.authenticate())
    got = client.fetch_token(dexd.issuer + "/token",
                             authorization_response=r.headers["Location"],
                             code_verifier=verifier)
    assert verify(dexd, got["id_token"], flow.params["nonce"],
                  got["access_token"], params_of(r)["code"], client="other")


@pytest.mark.parametrize("connector,login,password,groups", [
    ("mock", None, None, ["authors"]),
    ("pw", "foo", "bar", None),
    ("local", "admin@EXAMPLE.com", "password", ["wheel", "staff"]),
])
def test_every_connector(dexd, connector, login, password, groups):
    flow = Flow(dexd, connector=connector)
    code = flow.code(login=login, password=password)
    r = flow.redeem(code)
    assert r.status_code == 200, r.text
    assert r.headers["Cache-Control"] == "no-store"
    assert r.headers["Pragma"] == "no-cache"
    body = r.json()
    assert list(body) == ["access_token", "token_type", "expires_in", "id_token"]
    assert body["token_type"] == "bearer"
    claims = verify(dexd, body["id_token"], flow.params["nonce"],
                    body["access_token"], code)
    assert claims.get("groups") == groups
    assert claims["at_hash"] == half_hash(body["access_token"])
    assert claims["c_hash"] == half_hash(code)
    assert abs(claims["auth_time"] - time.time()) < 20
    assert claims["exp"] - claims["iat"] == 86400


def test_scopes_decide_the_claims(dexd):
    """dex: only openid gives no e-mail, no name, no groups."""
    flow = Flow(dexd, scope="openid")
    code = flow.code()
    body = flow.redeem(code).json()
    claims = verify(dexd, body["id_token"], flow.params["nonce"],
                    body["access_token"], code)
    assert not {"email", "email_verified", "name", "groups",
                "preferred_username"} & set(claims)


def test_cross_client_audience(dexd):
    """dex: a peer that lists us in trustedPeers joins aud, we become azp."""
    flow = Flow(dexd, scope="openid audience:server:client_id:other")
    body = flow.redeem(flow.code()).json()
    payload = body["id_token"].split(".")[1]
    claims = __import__("json").loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["azp"] == "app" and sorted(claims["aud"]) == ["app", "other"]


def test_public_client_out_of_band(dexd):
    """RFC 8252: no secret; the code is shown instead of sent."""
    flow = Flow(dexd, client="cli", redirect_uri="urn:ietf:wg:oauth:2.0:oob")
    r = flow.approve(flow.authenticate())
    assert is_page(r, 200)
    code = re.search(r'value="([a-z0-9]{25})"', r.text).group(1)
    r = flow.redeem(code, auth=None, client_id="cli")
    assert r.status_code == 200, r.text


def test_public_client_on_loopback(dexd):
    flow = Flow(dexd, client="cli", redirect_uri="http://localhost:7/x?y=z")
    r = flow.approve(flow.authenticate())
    assert r.headers["Location"].startswith("http://localhost:7/x?code=")
    assert params_of(r)["y"] == "z"


def test_redirect_keeps_its_own_query(dexd):
    """dex: parameters merge into the query of the redirect URI, sorted."""
    flow = Flow(dexd, redirect_uri="http://127.0.0.1:9/cb?x=1")
    r = flow.approve(flow.authenticate())
    assert re.fullmatch(r"http://127\.0\.0\.1:9/cb\?code=[a-z0-9]{25}&state=[^&]*&x=1",
                        r.headers["Location"])


def test_empty_state_is_there(dexd):
    """dex: state is always sent back, even when there was none."""
    flow = Flow(dexd, state=None)
    r = flow.approve(flow.authenticate())
    assert r.headers["Location"].endswith("&state=")


def test_plain_challenge(dexd):
    """RFC 7636 4.2: no method means plain."""
    flow = Flow(dexd, code_challenge="p" * 43, code_challenge_method=None)
    flow.verifier = "p" * 43
    assert flow.redeem(flow.code()).status_code == 200


def test_choice_page(dexd):
    """dex: several connectors give a page of links sorted by name."""
    flow = Flow(dexd)
    r = Browser(dexd).get("auth?" + urllib.parse.urlencode(flow.params))
    assert is_page(r, 200)
    names = re.findall(r"Log in with ([A-Za-z]+)", text_of(r.text))
    assert names == ["apassword", "Email", "Mock"]
    link = html.unescape(re.search(r'href="([^"]*/auth/mock\?[^"]*)"', r.text).group(1))
    assert "connector_id" not in link and "state=" + flow.params["state"] in link
    r = flow.browser.get(link)
    assert r.status_code == 302


def test_one_allowed_connector_is_taken_at_once(dexd):
    flow = Flow(dexd, client="narrow")
    r = flow.browser.get("auth?" + urllib.parse.urlencode(flow.params))
    assert r.status_code == 302
    assert r.headers["Location"].startswith("/dex/auth/mock?")


def test_login_form(dexd):
    """dex: the form posts to itself; wrong credentials are 401 and keep the
    name; the page never holds what was typed as password."""
    flow = Flow(dexd, connector="local")
    target = flow.start().headers["Location"]
    assert target.startswith("/dex/auth/local/login?back=%2Fdex%2Fauth%3F")
    r = flow.browser.get(target)
    assert is_page(r, 200)
    assert "Email Address" in r.text and 'name="password"' in r.text
    assert html.unescape(re.search(r'action="([^"]*)"', r.text).group(1)) == target
    for login, password in (("admin@example.com", "wrong-pass-1"),
                            ("nobody@example.com", "wrong-pass-1"),
                            ("admin@example.com", ""),
                            ("admin@example.com", "password\0x")):
        r = flow.browser.post(target, {"login": login, "password": password})
        if "\0" in password:
            assert is_page(r, 400)
            continue
        assert is_page(r, 401)
        assert 'id="login-error"' in r.text and login in r.text
        assert "wrong-pass-1" not in r.text
    r = flow.browser.post(target, {"login": "admin@example.com",
                                   "password": "password"})
    assert r.status_code == 303


def test_back_link_stays_here(dexd):
    """dex: only a path of our own is a way back."""
    flow = Flow(dexd, connector="local")
    target = flow.start().headers["Location"]
    state = re.search(r"state=([a-z0-9]+)", target).group(1)
    for back, shown in (("/dex/auth?x=1", True), ("//evil.example", False),
                        ("https://evil.example", False), ("/\\evil", False),
                        ("javascript:alert(1)", False)):
        r = flow.browser.get("auth/local/login", params={"back": back,
                                                         "state": state})
        assert ("Choose another way" in r.text) == shown


def test_consent_page(dexd):
    flow = Flow(dexd, scope="openid email groups offline_access")
    r = flow.authenticate()
    page = flow.browser.get(r.headers["Location"])
    assert is_page(page, 200)
    text = text_of(page.text)
    assert "The App" in text and "Kilgore Trout" in text
    assert text.index("Have offline access") < text.index("View your email") \
        < text.index("View your groups")
    assert "basic profile" not in text


def test_consent_refused(dexd):
    """dex: 500 page, not a redirect to the client."""
    flow = Flow(dexd)
    target = flow.authenticate().headers["Location"]
    r = flow.browser.post(target, {"approval": "rejected"})
    assert is_page(r, 500)
    # ... and the request is still there for a second thought.
    assert flow.browser.post(target, {"approval": "approve"}).status_code == 303


def test_approval_errors(dexd):
    """dex 4.13 in its order; and the binder: another browser gets nothing
    (threat: a stolen approval link)."""
    flow = Flow(dexd)
    target = flow.authenticate().headers["Location"]
    req = re.search(r"req=([a-z0-9]+)", target).group(1)
    assert is_page(flow.browser.get("approval?req=" + req), 401)
    assert is_page(flow.browser.get("approval?hmac=AAAA&req=" + req), 401)
    assert is_page(flow.browser.get("approval?hmac=AAAA&req=" + "a" * 25), 400)
    assert is_page(Browser(dexd).get(target), 400)
    assert is_page(Browser(dexd).post(target, {"approval": "approve"}), 400)
    r = flow.browser.session.put(flow.browser.url(target))
    assert r.status_code == 200 and r.content == b""
    assert flow.browser.post(target, {"approval": "approve"}).status_code == 303
    # The delete of the request is the single-use gate.
    assert is_page(flow.browser.post(target, {"approval": "approve"}), 400)


def step_hmac(key, request):
    """dex 4.11: over a protobuf of the id and the step."""
    text = b"".join(bytes([10, len(s)]) + s for s in (request, b"step:approval"))
    digest = hmac.new(key, text, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def test_a_row_with_a_short_id(dexd):
    """Threat: whoever writes to the database; ids are of any length there."""
    dexd.sql("insert into auth_request (id, client_id, response_types, scopes,"
             " redirect_uri, nonce, state, force_approval_prompt, logged_in,"
             " claims_user_id, claims_username, claims_email,"
             " claims_email_verified, claims_groups, connector_id, expiry,"
             " hmac_key, dexd_attestation, dexd_binder) values ('x', 'app',"
             " 'null', 'null', '" + CALLBACK + "', '', '', 0, 1, 'u', 'u', 'e', 1,"
             " 'null', 'mock', '2026-01-01 00:00:00+00:00', x'6b', x'00', x'" +
             hashlib.sha256(b"binder").hexdigest() + "')")
    browser = Browser(dexd)
    browser.session.cookies.set("dexd_login_x", "binder", path="/dex")
    r = browser.get("approval?req=x&hmac=" + step_hmac(b"k", b"x"))
    assert is_page(r, 400) and "This login is over" in text_of(r.text)


def test_login_is_bound_to_the_browser(dexd):
    """DESIGN: the flow is bound to the browser that began it (login CSRF)."""
    flow = Flow(dexd)
    target = flow.start().headers["Location"]
    assert is_page(Browser(dexd).get(target), 400)
    password = Flow(dexd, connector="local")
    target = password.start().headers["Location"]
    r = Browser(dexd).post(target, {"login": "admin@example.com",
                                    "password": "password"})
    assert is_page(r, 400)


def test_pending_cookie_cannot_be_moved(dexd):
    """A cookie of one connector or state is none of another's."""
    flow = Flow(dexd, connector="local")
    target = flow.start().headers["Location"]
    assert is_page(flow.browser.get(target.replace("/auth/local/", "/auth/pw/")), 400)
    state = re.search(r"state=([a-z0-9]+)", target).group(1)
    assert is_page(flow.browser.get(target.replace(state, state[:8] + "a" * 17)), 400)
    for cookie in flow.browser.session.cookies:
        cookie.value = cookie.value[:-2] + ("AA" if cookie.value[-2:] != "AA" else "BB")
    assert is_page(flow.browser.get(target), 400)


def test_three_pending_logins_at_most(dexd):
    """DESIGN: three live in a browser; the oldest makes room."""
    browser = Browser(dexd)
    for _ in range(6):
        assert Flow(dexd, browser).start().status_code == 302
        live = [c for c in browser.session.cookies if "dexd_req_" in c.name]
        assert len(live) <= 3
    assert len(live) == 3


def test_cookies_that_are_not_ours_disturb_nobody(dexd):
    """Threat: a neighbour under the same domain plants cookies with names like
    ours (a letter of two bytes where ours end, too short, in the middle)."""
    junk = "; ".join(f"{name}{i}=x" for i in range(3) for name in
                     ("dexd_req_abcdefg\u00e9", "dexd_req_a", "dexd_x_dexd_req_",
                      "dexd_req_ABCDEFGH", "dexd_row_", "dexd_req_abcd efg"))
    browser = Browser(dexd)
    first = Flow(dexd, browser)
    target = first.start().headers["Location"]
    for connector in ("mock", "local"):
        flow = Flow(dexd, browser, connector)
        ours = "; ".join(f"{c.name}={c.value}" for c in browser.session.cookies)
        r = browser.get("auth/" + connector + "?" + urllib.parse.urlencode(flow.params),
                        headers={"Cookie": (junk + "; " + ours).encode()})
        assert r.status_code == 302, r.text
        assert "Max-Age=0" not in r.headers["Set-Cookie"]   # there is room
    assert first.approve(browser.get(target)).status_code == 303


def test_cookies_are_safe(dexd):
    """RFC 6265bis: HttpOnly, SameSite, path of the issuer; on plain http no
    Secure and no prefix."""
    r = Flow(dexd).start()
    cookie = r.headers["Set-Cookie"]
    assert cookie.startswith("dexd_req_") and "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie and "Path=/dex;" in cookie
    assert "Secure" not in cookie


def test_nothing_is_stored_before_the_login(dexd):
    before = dexd.rows("auth_request")
    for connector in ("mock", "local"):
        Flow(dexd, connector=connector).start()
    assert dexd.rows("auth_request") == before


@pytest.mark.parametrize("connector", ["mock", "local"])
def test_a_request_too_large_for_a_cookie(dexd, connector):
    """DESIGN: it becomes a row that only this browser can name; dex has no
    limit on state."""
    before = dexd.rows("auth_request")
    flow = Flow(dexd, connector=connector, state="s" * 4000)
    target = flow.start().headers["Location"]
    assert dexd.rows("auth_request") == before + 1
    assert is_page(Browser(dexd).get(target), 400)
    state = re.search(r"state=([a-z0-9]{25})", target).group(1)
    r = flow.browser.get("approval?hmac=x&req=" + state)
    assert is_page(r, 500)                      # nobody has logged in yet
    r = flow.browser.get(target) if connector == "mock" else flow.browser.post(
        target, {"login": "admin@example.com", "password": "password"})
    r = flow.approve(r)
    assert params_of(r)["state"] == "s" * 4000
    assert flow.redeem(params_of(r)["code"]).status_code == 200
    assert dexd.rows("auth_request") == before
    # The row is gone with the login: it is good once.
    assert is_page(flow.browser.get(target), 400)


@pytest.mark.parametrize("size", [16, 4000])
def test_an_expired_login_begins_anew(own_dexd, size):
    """DESIGN: an expired request is opened for one purpose, to offer the same
    request again; with and without a cookie that holds all of it."""
    d = own_dexd(lambda c: c.update(expiry={"authRequests": "1s"}))
    flow = Flow(d, state="s" * size)
    target = flow.start().headers["Location"]
    time.sleep(2.1)                             # its second, and a part
    r = flow.browser.get(target)
    assert is_page(r, 400)
    assert "This login has expired" in text_of(r.text)
    link = html.unescape(re.search(
        r'<a class="dex-btn[^"]*" href="([^"]*)"', r.text).group(1))
    assert link.startswith("/dex/auth/mock?")
    again = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(link).query))
    assert again == flow.params
    # Another browser learns nothing of it.
    r = Browser(d).get(target)
    assert is_page(r, 400) and "This login is over" in text_of(r.text)
    assert "<a " not in r.text


@pytest.mark.parametrize("hours,secs", [(1, 7200), (878400, 878401 * 3600)])
def test_the_cookie_outlives_the_request(own_dexd, hours, secs):
    """DESIGN: an hour longer, to begin it anew; also with the longest lifetime
    that a configuration may hold, a century."""
    d = own_dexd(lambda c: c.update(expiry={"authRequests": f"{hours}h"}))
    r = Flow(d).authenticate()
    assert f"; Max-Age={secs};" in next(
        c for c in r.headers["Set-Cookie"].split(", ") if "dexd_login_" in c)


def test_code_is_redeemed_once(dexd):
    """RFC 6749 4.1.2: a code used twice is refused; dex: invalid_grant."""
    flow = Flow(dexd)
    code = flow.code()
    assert flow.redeem(code).status_code == 200
    assert is_oauth_error(flow.redeem(code), 400, "invalid_grant")


def test_code_race_has_one_winner(dexd):
    flow = Flow(dexd)
    code = flow.code()
    got = []
    threads = [threading.Thread(target=lambda: got.append(flow.redeem(code)))
               for _ in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(r.status_code for r in got) == [200] + [400] * 11
    assert all(r.json()["error"] == "invalid_grant"
               for r in got if r.status_code == 400)


def test_code_errors(dexd):
    """dex 5.3 in its order; none of these spends the code."""
    flow = Flow(dexd)
    code = flow.code()
    redeem = flow.redeem
    assert is_oauth_error(redeem(None), 400, "invalid_request")
    assert is_oauth_error(redeem("a" * 25), 400, "invalid_grant")
    assert is_oauth_error(redeem(code, auth=("other", "other-secret")), 400,
                          "invalid_grant")
    assert is_oauth_error(redeem(code, code_verifier="x" * 43), 400,
                          "invalid_grant")
    assert is_oauth_error(redeem(code, code_verifier=None), 400, "invalid_grant")
    assert is_oauth_error(redeem(code, redirect_uri="http://127.0.0.1:9/x"), 400,
                          "invalid_request")
    assert is_oauth_error(redeem(code, redirect_uri=None), 400, "invalid_request")
    assert redeem(code).status_code == 200


def test_verifier_without_challenge(dexd):
    """dex 5.4: invalid_request."""
    flow = Flow(dexd, code_challenge=None, code_challenge_method=None)
    code = flow.code()
    assert is_oauth_error(flow.redeem(code), 400, "invalid_request")
    assert flow.redeem(code, code_verifier=None).status_code == 200


def test_expired_code(dexd):
    """dex: 30 minutes; time is turned back in the database."""
    flow = Flow(dexd)
    code = flow.code()
    dexd.sql(f"update auth_code set expiry = '2020-01-01 00:00:00+00:00' "
             f"where id = '{code}'")
    assert is_oauth_error(flow.redeem(code), 400, "invalid_grant")


def test_database_cannot_forge_a_login(dexd):
    """Threat table, engine and database: a row changed in the store is not
    signed; claims come from the attestation alone."""
    flow = Flow(dexd)
    code = flow.code()
    dexd.sql("update auth_code set claims_user_id = 'root', claims_email = "
             f"'root@example.com', claims_username = 'root' where id = '{code}'")
    body = flow.redeem(code).json()
    claims = verify(dexd, body["id_token"], flow.params["nonce"],
                    body["access_token"], code)
    assert claims["sub"] == DEX_SUB and claims["email"] == "kilgore@kilgore.trout"
    # Another client's grant, or more scopes, make the attestation foreign.
    for change in ("client_id = 'other'", "nonce = 'x'",
                   "scopes = '[\"openid\",\"email\"]'",
                   "dexd_grant_id = 'x'", "dexd_attestation = null"):
        flow = Flow(dexd)
        code = flow.code()
        dexd.sql(f"update auth_code set {change} where id = '{code}'")
        auth = ("other", "other-secret") if "client_id" in change else \
            ("app", SECRET)
        assert is_oauth_error(flow.redeem(code, auth=auth), 400, "invalid_grant")
