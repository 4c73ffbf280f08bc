"""Clients that others wrote log people in, and refuse what they must refuse.

That they refuse shows that they look: at the signature, the audience, the
nonce.  So when they accept our tokens, that is worth something.
"""

import base64
import json
import urllib.parse

import pytest

from dexd import SECRET, Flow
from peer import CALLBACK, Refused, log_in

AUTH = {"app": ("app", SECRET), "other": ("other", "other-secret")}


def decode(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def encode(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def nonce_of(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))["nonce"]


def client_of(maker):
    return getattr(maker, "client", "app")


def tokens_for(dexd, client, nonce):
    """What somebody got for a login of their own."""
    flow = Flow(dexd, client=client, redirect_uri=CALLBACK, nonce=nonce)
    r = flow.redeem(flow.code(), auth=AUTH[client])
    assert r.status_code == 200, r.text
    return r.json()


def log_in_through_a_liar(maker, liar, change):
    """A whole login whose token answer is changed on its way."""
    login = maker.begin(liar.token_endpoint)
    try:
        liar.change = change(nonce_of(login.url))
        return login.finish(log_in(login.session, login.url, login.callback))
    finally:
        liar.change = lambda answer: answer
        login.close()


@pytest.mark.parametrize("connector,name", [("mock", "Kilgore Trout"),
                                            ("local", "admin")])
def test_a_login(maker, dexd, connector, name):
    """Code flow, PKCE, state, nonce, ID token, userinfo (OIDC Core 3.1)."""
    login = maker.begin()
    got = login.finish(log_in(login.session, login.url, login.callback,
                              connector))
    login.close()
    claims, userinfo = got["claims"], got["userinfo"]
    assert claims["iss"] == dexd.issuer
    assert claims["aud"] == client_of(maker)
    assert claims["nonce"] == nonce_of(login.url)
    assert claims["name"] == userinfo["name"] == name
    assert claims["sub"] == userinfo["sub"]
    assert claims["email"] == userinfo["email"]
    assert sorted(claims["groups"]) == sorted(userinfo["groups"]) != []
    # Refreshed by the client: the same person, of the same login (12.2).
    for claim in ("iss", "sub", "aud", "name", "groups"):
        assert got["refreshed"][claim] == claims[claim]
    # Rotation (RFC 9700 4.14.2): a spent one is refused where a client can try.
    assert got["again"] == maker.spent


def test_an_honest_answer_through_the_liar_is_accepted(maker, liar):
    """Else the refusals below would show nothing."""
    got = log_in_through_a_liar(maker, liar, lambda nonce: lambda answer: answer)
    assert got["claims"]["name"] == "Kilgore Trout"


def test_a_token_for_another_client_is_refused(maker, dexd, liar):
    """OIDC Core 3.1.3.7, 3: aud must be this client."""
    other = "app" if client_of(maker) == "other" else "other"
    with pytest.raises(Refused, match=r"(?i)\baud\b|audience"):
        log_in_through_a_liar(maker, liar, lambda nonce: lambda answer:
                              tokens_for(dexd, other, nonce))


def test_a_token_of_another_login_is_refused(maker, dexd, liar):
    """OIDC Core 3.1.3.7, 11: nonce must be the one that was sent."""
    with pytest.raises(Refused, match="nonce"):
        log_in_through_a_liar(maker, liar, lambda nonce: lambda answer:
                              tokens_for(dexd, client_of(maker), "stolen-nonce"))


def somebody_else(answer):
    head, body, signature = answer["id_token"].split(".")
    body = encode({**decode(body), "name": "Somebody Else"})
    return {**answer, "id_token": f"{head}.{body}.{signature}"}


def unsigned(answer):
    head, body, _ = answer["id_token"].split(".")
    head = encode({**decode(head), "alg": "none"})
    return {**answer, "id_token": f"{head}.{body}."}


@pytest.mark.parametrize("change", [somebody_else, unsigned])
def test_a_token_without_our_signature_is_refused(maker, liar, change):
    """OIDC Core 3.1.3.7, 6 and 7."""
    with pytest.raises(Refused, match="(?i)signature|alg"):
        log_in_through_a_liar(maker, liar, lambda nonce: change)


def test_an_answer_to_nobody_is_refused(maker):
    """RFC 6749 section 10.12: a state that this client did not send."""
    login = maker.begin()
    url = log_in(login.session, login.url, login.callback)
    state = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))["state"]
    with pytest.raises(Refused, match="(?i)state"):
        login.finish(url.replace(urllib.parse.quote_plus(state), "f" * len(state)))
    login.close()
