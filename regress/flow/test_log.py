"""The log: what an operator reads there, and what must never be in it."""

import json
import re
import subprocess
import time

import pytest
import requests

from dexd import HASH, SECRET, Browser, Flow, params_of, token

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


def fields(line):
    """One text record: key=value or key="quoted"."""
    rest, out = line, {}
    while rest:
        m = re.match(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|[^ "]*)(?: |$)', rest)
        assert m, line
        assert m[1] not in out, line
        out[m[1]] = json.loads(m[2]) if m[2].startswith('"') else m[2]
        rest = rest[m.end():]
    return out


def records(d, msg, seconds=20):
    """The records of that message; waits for one."""
    deadline = time.time() + seconds
    while time.time() < deadline:
        found = [r for r in (fields(l) for l in d.read_log().splitlines()
                             if l.startswith("time=")) if r["msg"] == msg]
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"no record {msg!r}:\n" + d.read_log())


def test_login_is_logged_as_dex_does(own_dexd):
    d = own_dexd()
    flow = Flow(d, connector="local")
    assert flow.redeem(flow.code()).status_code == 200
    r, = records(d, "login successful")
    assert r["level"] == "INFO" and r["connector_id"] == "local"
    assert r["user_id"] and r["username"] == "admin"
    assert r["email"].lower() == "admin@example.com"
    assert r["groups"] == "[wheel staff]" and r["client_id"] == "app"
    assert r["client_remote_addr"] == "127.0.0.1" and UUID.match(r["request_id"])
    s, = records(d, "signed")
    assert s["room"] == "signer" and UUID.match(s["request_id"])
    assert s["request_id"] != r["request_id"], "two requests, two ids"
    assert {x["server"] for x in records(d, "listening on")} == {"http"}


def test_who_was_refused_and_why(own_dexd):
    d = own_dexd()
    assert Flow(d, connector="pw").authenticate("foo", "wrong").status_code == 401
    r, = records(d, "failed login attempt: Invalid credentials.")
    assert r["connector_id"] == "pw" and r["client_remote_addr"] == "127.0.0.1"
    assert UUID.match(r["request_id"])
    assert token(d, ("app", "bad"), grant_type="authorization_code",
                 code="x").status_code == 401
    r, = records(d, "invalid client_secret on token request")
    assert r["client_id"] == "app"
    again = [x for x in records(d, "request refused") if x["path"] == "/dex/token"]
    assert len(again) == 1 and again[0]["request_id"] == r["request_id"]
    assert again[0]["status"] == "401" and again[0]["error"] == "invalid_client"
    requests.get(d.issuer + "/auth/mock?client_id=no-such")
    last = records(d, "request refused")[-1]
    assert last["path"] == "/dex/auth/mock" and last["why"]
    assert last["client_remote_addr"] == "127.0.0.1"


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_logged(own_dexd, form):
    """At level debug, after a whole login, wrong ones and wrong secrets."""
    d = own_dexd(lambda c: c.update(logger={"level": "debug", "format": form}))
    flow = Flow(d, connector="local", scope="openid email offline_access")
    r = flow.start()
    assert r.status_code == 302
    target = r.headers["Location"]
    state = params_of(r)["state"]
    flow.browser.get(target)
    wrong = flow.browser.post(target, {"login": "mistypedpassword1",
                                       "password": "wrongpassword2"})
    assert wrong.status_code == 401
    r = flow.approve(flow.browser.post(
        target, {"login": "admin@example.com", "password": "password"}))
    code = params_of(r)["code"]
    assert flow.redeem(code, auth=("app", "wrongsecret3")).status_code == 401
    assert flow.redeem(code, code_verifier="wrongverifier" * 4).status_code == 400
    tokens = flow.redeem(code).json()
    requests.get(d.issuer + "/userinfo",
                 headers={"Authorization": "Bearer wrongtoken4wrongtoken4"})
    requests.get(d.issuer + "/userinfo",
                 headers={"Authorization": "Bearer " + tokens["access_token"]})
    assert flow.redeem(code).status_code == 400
    d.stop()
    log = d.read_log()
    secrets = [code, state, flow.verifier, flow.params["nonce"],
               flow.params["state"], SECRET, HASH, "wrongpassword2",
               "mistypedpassword1", "wrongsecret3", "wrongverifier",
               "wrongtoken4", *[t for k, t in tokens.items() if k.endswith("token")],
               *[v for v in flow.browser.session.cookies.get_dict().values() if v]]
    assert len(secrets) > 12
    for secret in secrets:
        assert secret not in log, secret[:12]
    assert "login successful" in log and "DEBUG" in log


def test_json_and_excluded_fields(own_dexd):
    """dex: logger.format, logger.excludeFields."""
    d = own_dexd(lambda c: c.update(logger={
        "format": "JSON", "level": "INFO-1",
        "excludeFields": ["request_id", "email", "msg", "room"]}))
    flow = Flow(d)
    assert flow.redeem(flow.code()).status_code == 200
    d.stop()
    lines = [json.loads(l) for l in d.read_log().splitlines() if l.startswith("{")]
    login, = [l for l in lines if l["msg"] == "login successful"]
    assert list(login)[:3] == ["time", "level", "msg"]
    assert login["level"] == "INFO" and login["connector_id"] == "mock"
    for line in lines:
        assert not {"request_id", "email", "room"} & set(line), line


def test_untrusted_bytes_cannot_forge_records(own_dexd):
    name = 'a"b\n time=x level=ERROR msg="forged" \x1b[31m\\'
    def change(config):
        config["staticPasswords"][0]["username"] = name
    d = own_dexd(change)
    flow = Flow(d, connector="local")
    assert flow.redeem(flow.code()).status_code == 200
    r, = records(d, "login successful")
    assert r["username"] == name and r["level"] == "INFO"
    log = d.read_log()
    assert "\x1b" not in log and "\n time=x" not in log
    requests.get(d.issuer + "/auth/%0alevel=ERROR%20msg=forged?client_id=app")
    assert "forged" not in {x["msg"] for x in records(d, "request refused")}


@pytest.mark.parametrize("how", ["no such client", "wrong secret"])
def test_a_flood_of_refusals_ends(own_dexd, how):
    """Strangers cannot fill the disk with refusals."""
    d = own_dexd()
    s = Browser(d)
    begin = time.time()
    for _ in range(600):
        if how == "no such client":
            s.get("auth/mock?client_id=no-such")
        else:
            s.post("token", {"grant_type": "authorization_code", "code": "x",
                             "client_id": "app", "client_secret": "wrong"})
    took = int(time.time() - begin) + 2
    told = len(records(d, "request refused"))
    if how == "wrong secret":
        told += len(records(d, "invalid client_secret on token request"))
    print(told, "records in", took, "seconds")
    assert told <= 101 * took


@pytest.mark.parametrize("logger,word", [
    ({"level": "loud"}, "level"), ({"level": "info+"}, "level"),
    ({"level": ""}, "level"), ({"format": "xml"}, "format"),
    ({"excludeFields": "email"}, "list")])
def test_a_wrong_logger_is_refused(own_dexd, logger, word):
    d = own_dexd(lambda c: c.update(logger=logger), wait=False)
    r = subprocess.run(d.command("-n", "-f", str(d.config_path), "-r", str(d.run)),
                       capture_output=True, text=True, timeout=60)
    assert r.returncode == 1 and word in r.stderr and "dexd.yaml:" in r.stderr
