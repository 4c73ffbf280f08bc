"""Refresh tokens: RFC 6749 section 6, OpenID Connect Core 11 and 12, dex."""

import base64
import json
import os
import signal
import threading
import time

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session

from dexd import SECRET, Flow, is_oauth_error, reload, token
from test_login import DEX_SUB, half_hash, verify

OFFLINE = "openid email profile groups offline_access"
ADMIN = {"login": "admin@example.com", "password": "password"}


def unpack(text):
    """dex's protobuf {1: id, 2: secret}, both of 25 characters."""
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    assert len(text) == 72 and "=" not in text
    assert raw[:2] == b"\x0a\x19" and raw[27:29] == b"\x12\x19"
    return raw[2:27].decode(), raw[29:].decode()


def pack(ident, secret):
    raw = b"\x0a\x19" + ident.encode() + b"\x12\x19" + secret.encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims_of(body, which="id_token"):
    payload = body[which].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def log_in(dexd, connector="mock", scope=OFFLINE, client="app",
           auth=("app", SECRET), **kw):
    flow = Flow(dexd, connector=connector, scope=scope, client=client)
    r = flow.redeem(flow.code(**kw), auth=auth)
    assert r.status_code == 200, r.text
    return r.json()


def refresh(dexd, text, auth=("app", SECRET), **data):
    return token(dexd, auth, grant_type="refresh_token", refresh_token=text, **data)


def refreshed(dexd, text, **kw):
    r = refresh(dexd, text, **kw)
    assert r.status_code == 200, r.text
    return r.json()


def is_dead(r):
    """dex answers invalid_request, not invalid_grant, for a dead token."""
    return is_oauth_error(r, 400, "invalid_request")


def row(dexd, text, columns):
    return dexd.sql(f"select {columns} from refresh_token where id = "
                    f"'{unpack(text)[0]}'")


def with_policy(**policy):
    def change(config):
        config["expiry"] = {"refreshTokens": policy}
    return change


def ago(seconds):
    return time.strftime("%Y-%m-%d %H:%M:%S+00:00", time.gmtime(time.time() - seconds))


# ---- a refresh ----

def test_authlib_refreshes(dexd):
    """OpenID Connect Core 12.2: the same iss, sub, aud, nonce and auth_time;
    a new iat; the hash of the new access token; no c_hash."""
    flow = Flow(dexd, client="other", scope=OFFLINE)
    first = flow.redeem(flow.code(), auth=("other", "other-secret")).json()
    assert list(first) == ["access_token", "token_type", "expires_in",
                           "refresh_token", "id_token"]
    client = OAuth2Session("other", "other-secret",
                           token_endpoint_auth_method="client_secret_post")
    got = client.refresh_token(dexd.issuer + "/token",
                               refresh_token=first["refresh_token"])
    before = claims_of(first)
    claims = verify(dexd, got["id_token"], flow.params["nonce"],
                    got["access_token"], None, client="other")
    for same in ("iss", "sub", "aud", "nonce", "auth_time", "email", "groups"):
        assert claims[same] == before[same], same
    assert claims["sub"] == DEX_SUB and claims["iat"] >= before["iat"]
    assert claims["at_hash"] == half_hash(got["access_token"])
    assert "c_hash" not in claims and claims["jti"] != before["jti"]


@pytest.mark.parametrize("connector,kw", [
    ("mock", {}), ("pw", {"login": "foo", "password": "bar"}), ("local", ADMIN)])
def test_every_connector_refreshes(dexd, connector, kw):
    first = log_in(dexd, connector, **kw)
    r = refresh(dexd, first["refresh_token"])
    assert r.status_code == 200, r.text
    assert r.headers["Cache-Control"] == "no-store"
    assert r.headers["Pragma"] == "no-cache"
    body = r.json()
    assert list(body) == ["access_token", "token_type", "expires_in",
                          "refresh_token", "id_token"]
    before, after = claims_of(first), claims_of(body)
    for changing in ("iat", "exp", "jti", "at_hash", "c_hash"):
        before.pop(changing, None)
        after.pop(changing, None)
    assert before == after
    third = refreshed(dexd, body["refresh_token"])
    assert claims_of(third)["sub"] == after["sub"]


def test_only_offline_access_gives_one(dexd):
    """OpenID Connect Core 11."""
    assert "refresh_token" not in log_in(dexd, scope="openid profile")


def test_connector_without_the_grant_gives_none(own_dexd):
    """dex: the connector's grantTypes decide, at login and at refresh."""
    def change(config):
        config["connectors"][0]["grantTypes"] = ["authorization_code"]
    d = own_dexd(change)
    assert "refresh_token" not in log_in(d)
    body = log_in(d, "local", **ADMIN)
    d.sql("update refresh_token set connector_id = 'mock'")
    d.sql("update offline_session set conn_id = 'mock'")
    assert is_oauth_error(refresh(d, body["refresh_token"]), 400, "invalid_request")


def test_grant_types_without_refresh_token(own_dexd):
    def change(config):
        config["oauth2"] = {"grantTypes": ["authorization_code"]}
    d = own_dexd(change)
    assert "refresh_token" not in log_in(d)
    assert is_oauth_error(refresh(d, pack("a" * 25, "b" * 25)), 400,
                          "unsupported_grant_type")
    meta = d.issuer + "/.well-known/openid-configuration"
    assert requests.get(meta).json()["grant_types_supported"] == \
        ["authorization_code"]


def test_discovery_lists_the_grant(dexd):
    meta = requests.get(dexd.issuer + "/.well-known/openid-configuration").json()
    assert meta["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert "offline_access" in meta["scopes_supported"]


# ---- rotation ----

def test_rotation(dexd):
    """dex: the id stays, the secret changes, the one before is dead."""
    first = log_in(dexd)["refresh_token"]
    second = refreshed(dexd, first)["refresh_token"]
    assert unpack(first)[0] == unpack(second)[0]
    assert unpack(first)[1] != unpack(second)[1]
    assert row(dexd, second, "token, obsolete_token") == \
        f"{unpack(second)[1]}|{unpack(first)[1]}"
    assert is_dead(refresh(dexd, first))
    third = refreshed(dexd, second)["refresh_token"]
    assert is_dead(refresh(dexd, first)) and is_dead(refresh(dexd, second))
    assert refreshed(dexd, third)


def test_disable_rotation(own_dexd):
    d = own_dexd(with_policy(disableRotation=True))
    text = log_in(d)["refresh_token"]
    d.sql(f"update refresh_token set last_used = '{ago(100)}'")
    for _ in range(3):
        assert refreshed(d, text)["refresh_token"] == text
    assert row(d, text, f"last_used > '{ago(50)}'") == "1"


def test_reuse_interval(own_dexd):
    """dex 5.5: inside the interval nothing rotates, beginning with the
    issuance; the secret before gets the current one; later it is dead."""
    d = own_dexd(with_policy(reuseInterval="1h"))
    first = log_in(d)["refresh_token"]
    assert refreshed(d, first)["refresh_token"] == first
    d.sql(f"update refresh_token set last_used = '{ago(3700)}'")
    second = refreshed(d, first)["refresh_token"]
    assert second != first
    assert refreshed(d, first)["refresh_token"] == second
    assert refreshed(d, second)["refresh_token"] == second
    d.sql(f"update refresh_token set last_used = '{ago(3700)}'")
    assert is_dead(refresh(d, first))
    assert refreshed(d, second)["refresh_token"] not in (first, second)


def test_an_empty_obsolete_slot_matches_nothing(own_dexd):
    """dex: "" is not the secret before."""
    d = own_dexd(with_policy(reuseInterval="1h"))
    ident = unpack(log_in(d)["refresh_token"])[0]
    raw = b"\x0a\x19" + ident.encode()
    bare = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    assert is_dead(refresh(d, bare)) and is_dead(refresh(d, ident))


@pytest.mark.parametrize("policy,column", [
    ("validIfNotUsedFor", "last_used"), ("absoluteLifetime", "created_at")])
def test_lifetimes(own_dexd, policy, column):
    """dex: counted from the last use, and from the issuance over all
    rotations."""
    d = own_dexd(with_policy(**{policy: "1h"}))
    text = refreshed(d, log_in(d)["refresh_token"])["refresh_token"]
    d.sql(f"update refresh_token set {column} = '{ago(3000)}'")
    text = refreshed(d, text)["refresh_token"]
    d.sql(f"update refresh_token set {column} = '{ago(3700)}'")
    assert is_dead(refresh(d, text))


def test_one_for_each_user_connector_and_client(dexd):
    """dex: a new login replaces and deletes the one before; others stay."""
    rows = dexd.rows("refresh_token")
    first = log_in(dexd, "pw", login="foo", password="bar")
    other = log_in(dexd, "pw", client="other", auth=("other", "other-secret"),
                   login="foo", password="bar")
    local = log_in(dexd, "local", **ADMIN)
    assert refreshed(dexd, first["refresh_token"])
    second = log_in(dexd, "pw", login="foo", password="bar")
    assert is_dead(refresh(dexd, first["refresh_token"]))
    assert row(dexd, first["refresh_token"], "count(*)") == "0"
    assert refreshed(dexd, second["refresh_token"])
    assert refreshed(dexd, other["refresh_token"], auth=("other", "other-secret"))
    assert refreshed(dexd, local["refresh_token"])
    assert dexd.rows("refresh_token") <= rows + 3


def test_rows_are_as_dex_writes_them(own_dexd):
    """dex storage 2.2 and 2.5: kinds of values and encodings."""
    d = own_dexd()
    a = log_in(d)["refresh_token"]
    b = log_in(d, client="other", auth=("other", "other-secret"))["refresh_token"]
    assert row(d, a, "client_id, cast(scopes as text), typeof(scopes), "
               "claims_user_id, claims_email, claims_email_verified, "
               "cast(claims_groups as text), connector_id, "
               "coalesce(connector_data, 'null'), typeof(created_at), "
               "length(last_used), obsolete_token") == (
        'app|["openid","email","profile","groups","offline_access"]|blob|'
        "0-385-28089-0|kilgore@kilgore.trout|1|[\"authors\"]|mock|null|text|25|")
    assert d.sql("select user_id, conn_id, typeof(refresh), "
                 "cast(connector_data as text), typeof(connector_data) "
                 "from offline_session") == "0-385-28089-0|mock|blob|foobar|blob"
    refs = json.loads(d.sql("select cast(refresh as text) from offline_session"))
    assert list(refs) == ["app", "other"]
    for client, text in (("app", a), ("other", b)):
        ref = refs[client]
        assert list(ref) == ["ID", "ClientID", "CreatedAt", "LastUsed", "SessionID"]
        assert ref["ID"] == unpack(text)[0] and ref["ClientID"] == client
        assert time.strptime(ref["CreatedAt"], "%Y-%m-%dT%H:%M:%SZ")


# ---- who may refresh what ----

def test_client_binding(dexd):
    """RFC 6749 section 6: issued to another client, or not authenticated."""
    text = log_in(dexd)["refresh_token"]
    assert is_oauth_error(refresh(dexd, text, auth=("other", "other-secret")),
                          400, "invalid_grant")
    assert is_oauth_error(refresh(dexd, text, auth=("app", "wrong")), 401,
                          "invalid_client")
    assert is_oauth_error(refresh(dexd, text, auth=None), 401, "invalid_client")
    assert refreshed(dexd, text)


def test_public_client(dexd):
    flow = Flow(dexd, client="cli", scope=OFFLINE,
                redirect_uri="http://127.0.0.1:8000/cb")
    first = flow.redeem(flow.code(), auth=("cli", "")).json()
    assert refreshed(dexd, first["refresh_token"], auth=("cli", ""))


@pytest.mark.parametrize("text", [
    "x", "a" * 25, pack("a" * 25, "b" * 25), "A" * 4000, "%00", "=", "ChlhYmM",
    "\u00fc", " "])
def test_what_is_no_token(dexd, text):
    assert is_dead(refresh(dexd, text))


def test_parameter_missing(dexd):
    assert is_oauth_error(refresh(dexd, None), 400, "invalid_request")
    assert is_oauth_error(refresh(dexd, ""), 400, "invalid_request")


def test_a_wrong_secret_changes_nothing(dexd):
    text = log_in(dexd)["refresh_token"]
    ident, secret = unpack(text)
    wrong = ("a" if secret[0] != "a" else "b") + secret[1:]
    assert is_dead(refresh(dexd, pack(ident, wrong)))
    assert refreshed(dexd, text)


def test_scope_narrowing(dexd):
    """RFC 6749 section 6: less is granted, for this answer alone; more is
    not.  dex: there is always an ID token."""
    text = log_in(dexd)["refresh_token"]
    body = refreshed(dexd, text, scope="openid email")
    assert "email" in claims_of(body)
    assert not {"name", "groups"} & set(claims_of(body))
    body = refreshed(dexd, body["refresh_token"], scope="groups")
    assert "email" not in claims_of(body) and claims_of(body)["groups"] == ["authors"]
    assert is_oauth_error(refresh(dexd, body["refresh_token"],
                                  scope="openid federated:id"), 400, "invalid_request")
    body = refreshed(dexd, body["refresh_token"], scope="")
    assert {"email", "name", "groups"} <= set(claims_of(body))


def test_dex_row_without_attestation(own_dexd):
    """DESIGN: what dex issued is not believed until it is adopted."""
    d = own_dexd()
    text = log_in(d)["refresh_token"]
    d.sql("update refresh_token set dexd_attestation = null")
    assert is_oauth_error(refresh(d, text), 400, "invalid_grant")


def test_session_that_does_not_name_the_token(own_dexd):
    """dex D9: no crash, and no tokens."""
    d = own_dexd()
    text = log_in(d)["refresh_token"]
    for refs in ("{}", '{"app":{"ID":"x"}}', "[]", "{", "null"):
        d.sql(f"update offline_session set refresh = cast('{refs}' as blob)")
        assert is_oauth_error(refresh(d, text), 400, "invalid_grant"), refs
    d.sql("delete from offline_session")
    assert is_oauth_error(refresh(d, text), 400, "invalid_grant")
    assert log_in(d)["refresh_token"]


def test_claims_of_another_row(own_dexd):
    """Whoever can write the database cannot become somebody else: the
    columns are for dex, what is signed is what was attested."""
    d = own_dexd()
    mine = log_in(d, "pw", login="foo", password="bar")
    theirs = log_in(d, "local", **ADMIN)
    d.sql("update refresh_token set claims_username = 'root', claims_groups = "
          "cast('[\"wheel\"]' as blob) where connector_id = 'pw'")
    body = refreshed(d, mine["refresh_token"])
    assert claims_of(body)["name"] == "Kilgore Trout"
    assert "groups" not in claims_of(body)
    # Another person's attestation under my token: of another grant.
    d.sql("update refresh_token set dexd_attestation = (select dexd_attestation "
          "from refresh_token where connector_id = 'local'), claims_user_id = "
          "(select claims_user_id from refresh_token where connector_id = 'local'),"
          " connector_id = 'local' where connector_id = 'pw'")
    d.sql("update offline_session set refresh = (select refresh from "
          "offline_session where conn_id = 'pw') where conn_id = 'local'")
    r = refresh(d, body["refresh_token"])
    assert is_oauth_error(r, 500, "invalid_request")
    assert theirs["refresh_token"]


# ---- what changes under a token ----

def test_static_user_changes_and_goes(own_dexd):
    """dex: the password database is read again: claims are today's; without
    the user, or with another id, there are none and nothing rotates."""
    d = own_dexd()
    text = log_in(d, "local", **ADMIN)["refresh_token"]
    user = d.config["staticPasswords"][0]
    user.update(groups=["readers"], name="Ada", emailVerified=False)
    d.write_config()
    assert reload(d).returncode == 0
    body = refreshed(d, text)
    claims = claims_of(body)
    assert claims["groups"] == ["readers"] and claims["name"] == "Ada"
    assert claims["email_verified"] is False
    assert row(d, text, "claims_username, cast(claims_groups as text)") == \
        'Ada|["readers"]'
    text, kept = body["refresh_token"], dict(user)
    for change in ({"userID": "somebody-else"}, {"email": "new@example.com"}):
        user.update(change)
        d.write_config()
        assert reload(d).returncode == 0
        assert is_oauth_error(refresh(d, text), 500, "invalid_request")
        user.update(kept)
    d.write_config()
    assert reload(d).returncode == 0
    assert refreshed(d, text)


def test_connector_gone_and_not_for_this_client(own_dexd):
    """dex 5.1 steps 6 to 8."""
    d = own_dexd()
    text = log_in(d, "pw", login="foo", password="bar")["refresh_token"]
    gone = d.config["connectors"].pop(1)
    d.write_config()
    assert reload(d).returncode == 0
    assert is_oauth_error(refresh(d, text), 400, "invalid_request")
    d.config["connectors"].append(gone)
    d.config["staticClients"][0]["allowedConnectors"] = ["mock"]
    d.write_config()
    assert reload(d).returncode == 0
    assert is_oauth_error(refresh(d, text), 400, "invalid_grant")
    del d.config["staticClients"][0]["allowedConnectors"]
    d.write_config()
    assert reload(d).returncode == 0
    assert refreshed(d, text)


# ---- many at once ----

def at_once(n, call):
    got, lock, start = [], threading.Lock(), threading.Barrier(n)

    def work(i):
        start.wait()
        r = call(i)
        with lock:
            got.append(r)
    threads = [threading.Thread(target=work, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(got) == n
    return got


def test_one_winner(dexd):
    """One use of a secret: everybody else gets nothing."""
    text = log_in(dexd)["refresh_token"]
    got = at_once(16, lambda i: refresh(dexd, text))
    won = [r.json() for r in got if r.status_code == 200]
    assert len(won) == 1
    for r in got:
        assert r.status_code == 200 or is_dead(r)
    assert refreshed(dexd, won[0]["refresh_token"])


def test_all_win_inside_the_reuse_interval(own_dexd):
    """One rotation, and everybody is told the same."""
    d = own_dexd(with_policy(reuseInterval="1h"))
    text = log_in(d)["refresh_token"]
    d.sql(f"update refresh_token set last_used = '{ago(3700)}'")
    got = at_once(16, lambda i: refresh(d, text))
    assert {r.status_code for r in got} == {200}, [r.text for r in got]
    assert len({r.json()["refresh_token"] for r in got} - {text}) == 1


def test_two_applications_of_one_person(dexd):
    """They share the row of the session and do not undo each other."""
    clients = [("app", SECRET), ("other", "other-secret")]
    texts = [log_in(dexd, client=c[0], auth=c)["refresh_token"] for c in clients]
    for _ in range(5):
        got = at_once(2, lambda i: (i, refresh(dexd, texts[i], auth=clients[i])))
        for i, r in got:
            assert r.status_code == 200, r.text
            texts[i] = r.json()["refresh_token"]


def test_nothing_secret_is_logged(own_dexd):
    d = own_dexd(lambda c: c.update(logger={"level": "debug"}))
    first = log_in(d)["refresh_token"]
    second = refreshed(d, first)["refresh_token"]
    refresh(d, first)
    log = d.read_log()
    for text in (first, second):
        assert text not in log and unpack(text)[1] not in log


# ---- an engine that dies ----

def test_what_was_answered_holds(own_dexd):
    """kill -9 of the engine under refreshes: a token that reached the client
    is the current one, or was replaced by one whose answer was lost; never
    anything else, and a current one works."""
    d = own_dexd()
    clients = [("app", SECRET), ("other", "other-secret"), ("cli", "")]
    last = []
    for client in clients:
        flow = Flow(d, client=client[0], scope=OFFLINE,
                    **({"redirect_uri": "http://127.0.0.1:8000/cb"}
                       if client[0] == "cli" else {}))
        last.append(flow.redeem(flow.code(), auth=client).json()["refresh_token"])
    stop = threading.Event()
    counts = [0] * len(clients)

    def work(i):
        while not stop.is_set():
            try:
                r = refresh(d, last[i], auth=clients[i])
            except OSError:
                return
            if r.status_code != 200:
                return
            last[i] = r.json()["refresh_token"]
            counts[i] += 1
    threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    for t in threads:
        t.start()
    deadline = time.time() + 30
    while sum(counts) < 20 and time.time() < deadline:
        time.sleep(0.02)
    os.kill(d.rooms()["engine"][0], 9)
    time.sleep(0.2)
    stop.set()
    for t in threads:
        t.join()
    assert sum(counts) >= 20
    for client, text in zip(clients, last):
        secret = unpack(text)[1]
        current, before = row(d, text, "token, obsolete_token").split("|")
        assert secret in (current, before)
        deadline = time.time() + 30
        while time.time() < deadline:
            try:
                r = refresh(d, pack(unpack(text)[0], current), auth=client)
                if r.status_code < 500:
                    break
            except OSError:
                pass
            time.sleep(0.05)
        assert r.status_code == 200, r.text


def test_a_room_that_dies_spends_nothing(own_dexd):
    """kill -9 of worker and signer: until they are back there are no tokens,
    and then the same refresh token still works, once."""
    d = own_dexd()
    text = log_in(d)["refresh_token"]
    for room in ("signer", "authn-mock"):
        for pid in d.rooms()[room]:
            os.kill(pid, signal.SIGKILL)
        deadline = time.time() + 30
        while time.time() < deadline:
            r = refresh(d, text)
            if r.status_code == 200:
                break
            assert is_oauth_error(r, 503, "temporarily_unavailable")
            time.sleep(0.05)
        assert r.status_code == 200, r.text
        assert is_dead(refresh(d, text))
        text = r.json()["refresh_token"]


def test_the_queue_for_one_token_is_bounded(own_dexd):
    """One is served, 32 wait, others are turned away at once; one wins."""
    d = own_dexd()
    text = log_in(d)["refresh_token"]
    pid = d.rooms()["signer"][0]
    os.kill(pid, signal.SIGSTOP)
    seen, lock = [], threading.Lock()

    def call():
        r = refresh(d, text)
        with lock:
            seen.append(r)
    threads = [threading.Thread(target=call) for _ in range(40)]
    for t in threads:
        t.start()
    deadline = time.time() + 30
    while len(seen) < 7 and time.time() < deadline:
        time.sleep(0.02)
    early = list(seen)
    os.kill(pid, signal.SIGCONT)
    for t in threads:
        t.join()
    assert len(early) >= 7
    for r in early:
        assert is_oauth_error(r, 503, "temporarily_unavailable")
        assert r.headers["Retry-After"] == "1"      # RFC 9110 10.2.3
    won = [r for r in seen if r.status_code == 200]
    assert len(won) == 1
    assert refreshed(d, won[0].json()["refresh_token"])
