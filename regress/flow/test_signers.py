"""Several signers and frontends with one set of keys; the algorithms of the
issuer and what a change of them does (DESIGN.md, Keys)."""

import base64
import hashlib
import html
import json
import os
import re
import signal
import subprocess
import threading
import urllib.parse

import pytest
import requests
from authlib.jose import JsonWebKey, JsonWebToken

from dexd import BUILD, Flow, free_port, token, wait_for

N = 3


def several(config):
    config["signers"] = config["frontends"] = N


def algorithm(name):
    def change(config):
        config["signer"] = {"type": "local", "config": {
            "keysRotationPeriod": "6h", "algorithm": name}}
    return change


def jwks(d):
    return requests.get(d.issuer + "/keys", timeout=20).json()["keys"]


def published(d):
    """How many keys frontends publish: each hears of a new one by itself."""
    return {len(jwks(d)) for _ in range(4 * N)}


def header_of(jwt):
    part = jwt.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def login(d):
    f = Flow(d)
    code = f.code()
    r = f.redeem(code)
    assert r.status_code == 200, r.text
    return f, code, r.json()


def signed_by(d):
    """Instance of signer → answers that it signed."""
    stats = json.loads(d.ctl("-j", "show", "stats").stdout)["stats"]
    return {s["instance"]: s["value"] for s in stats
            if s["metric"] == "dexd_signatures_total" and s["labels"] == {"result": "ok"}}


def restarted(d, program, gone):
    def ready():
        pids = d.rooms().get(program, [])
        return len(pids) == N and gone not in pids and 0 not in pids
    return wait_for(ready)


def test_signers_take_turns_with_one_key(own_dexd):
    d = own_dexd(several)
    rooms = d.rooms()
    assert len(rooms["signer"]) == N and len(rooms["frontend"]) == N
    assert d.rows("dexd_keyset") == 1
    (key,) = jwks(d)                   # three signers began, one key was kept
    kids = {header_of(login(d)[2]["id_token"])["kid"] for _ in range(4 * N)}
    assert kids == {key["kid"]}
    turns = signed_by(d)
    assert len(turns) == N and sum(turns.values()) == 4 * N
    assert set(turns.values()) == {4}              # alone, each has its turn


def test_a_dead_signer_is_replaced_alone(own_dexd):
    """DESIGN section 6; the others sign on, and its heir has the same keys."""
    d = own_dexd(several)
    before = d.rooms()
    f = Flow(d)
    code = f.code()
    os.kill(before["signer"][1], signal.SIGKILL)
    for _ in range(6):                 # at worst one is told to try again
        r = f.redeem(code)
        if r.status_code != 503:
            break
    assert r.status_code == 200
    assert f.redeem(code).status_code == 400       # and only once
    assert restarted(d, "signer", before["signer"][1])
    after = d.rooms()
    assert len(set(after["signer"]) & set(before["signer"])) == N - 1
    for program in ("engine", "frontend", "authn-mock", "control"):
        assert sorted(after[program]) == sorted(before[program]), program
    # the heir gets its turn and signs with the key of the others
    assert wait_for(lambda: login(d) and len(signed_by(d)) == N)
    assert {header_of(login(d)[2]["id_token"])["kid"] for _ in range(2 * N)} == \
        {k["kid"] for k in jwks(d)}


def test_all_signers_dead_and_back(own_dexd):
    d = own_dexd(several)
    (key,) = jwks(d)
    f = Flow(d)
    code = f.code()
    for pid in d.rooms()["signer"]:
        os.kill(pid, signal.SIGKILL)
    assert wait_for(lambda: f.redeem(code).status_code == 200)
    assert jwks(d) == [key]            # nobody made another


def test_a_dead_frontend_among_several(own_dexd):
    d = own_dexd(several)
    pid = d.rooms()["frontend"][0]
    os.kill(pid, signal.SIGKILL)
    assert restarted(d, "frontend", pid)
    for _ in range(2 * N):
        login(d)


def test_rotation_reaches_every_signer(own_dexd):
    """The set is shared through the store: after a rotation by one, all of them
    publish the same and none makes another key."""
    d = own_dexd(several)
    assert d.ctl("rotate", "keys").returncode == 0
    assert wait_for(lambda: published(d) == {2})

    def views():
        return {json.dumps(json.loads(d.ctl("-j", "show", "keys").stdout))
                for _ in range(2 * N)}     # the signers answer in turn
    assert wait_for(lambda: len(views()) == 1)
    assert published(d) == {2}
    # all at once: still one next key
    threads = [threading.Thread(target=d.ctl, args=("rotate", "keys")) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert published(d) == {2} and len(views()) == 1


def test_rotations_at_once_make_one_key(own_dexd):
    """Six ask three signers at the same moment; compare-and-swap keeps one."""
    d = own_dexd(several)
    threads = [threading.Thread(target=d.ctl, args=("rotate", "keys")) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wait_for(lambda: published(d) == {2})

    def states():           # the signers answer in turn
        return {tuple(sorted(k["state"] for k in json.loads(
            d.ctl("-j", "show", "keys").stdout)["keys"])) for _ in range(2 * N)}
    assert wait_for(lambda: states() == {("current", "next")})
    login(d)
    assert published(d) == {2}


@pytest.mark.parametrize("key, value", [
    ("signers", 0), ("signers", 17), ("signers", "2"), ("frontends", -1),
    ("frontends", [1]), ("frontends", "many")])
def test_wrong_numbers_of_processes(own_dexd, key, value):
    d = own_dexd(wait=False)
    d.config[key] = value
    d.write_config()
    r = subprocess.run(d.command("-n", "-f", str(d.config_path), "-r", str(d.run)),
                       capture_output=True, text=True, timeout=20)
    assert r.returncode == 1
    assert re.search(rf':\d+: "{key}" must be a number from 1 to 16', r.stderr), r.stderr


# ---- algorithms ----

def test_eddsa(own_dexd):
    """RFC 8037, OpenID Connect Core 3.1.3.6; verified by Authlib."""
    d = own_dexd(algorithm("EdDSA"))
    (key,) = jwks(d)
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == \
        ("OKP", "Ed25519", "EdDSA", "sig")
    assert set(key) == {"use", "kty", "kid", "crv", "alg", "x"}
    meta = requests.get(d.issuer + "/.well-known/openid-configuration").json()
    assert meta["id_token_signing_alg_values_supported"] == ["EdDSA"]
    f, code, got = login(d)
    assert header_of(got["id_token"]) == {"alg": "EdDSA", "kid": key["kid"]}
    claims = JsonWebToken(["EdDSA"]).decode(
        got["id_token"], JsonWebKey.import_key_set({"keys": [key]}))
    assert claims["nonce"] == f.params["nonce"]

    def half(value):
        digest = hashlib.sha512(value.encode()).digest()[:32]
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert claims["at_hash"] == half(got["access_token"])
    assert claims["c_hash"] == half(code)
    r = requests.get(d.issuer + "/userinfo", timeout=20, headers={
        "Authorization": "Bearer " + got["access_token"]})
    assert r.status_code == 200 and r.json()["email"] == claims["email"]


def test_the_sample_application_verifies_eddsa(own_dexd):
    port = free_port()

    def change(config):
        algorithm("EdDSA")(config)
        config["staticClients"].append({
            "id": "rp", "secret": "rp-secret", "name": "rp",
            "redirectURIs": [f"http://127.0.0.1:{port}/callback"]})
    d = own_dexd(change)
    rp = subprocess.Popen([BUILD / "bin" / "example-rp", "-p", str(port), "-i", d.issuer,
                           "-c", "rp", "-s", "rp-secret"])
    try:
        app = f"http://127.0.0.1:{port}"

        def up():
            try:
                return requests.get(app, timeout=5).status_code == 200
            except requests.ConnectionError:
                return False
        assert wait_for(up)
        with requests.Session() as s:
            r = s.get(app + "/login", timeout=20)
            link = re.search(r'href="([^"]*/auth/mock\?[^"]*)"', r.text).group(1)
            r = s.get(urllib.parse.urljoin(r.url, html.unescape(link)), timeout=20)
            assert "/approval?" in r.url, r.text
            r = s.post(r.url, data={"approval": "approve"}, timeout=20)
            assert "You are logged in" in r.text and "EdDSA" in r.text, r.text
    finally:
        rp.kill()
        rp.wait()


def test_a_change_of_algorithm(own_dexd):
    """The new kind is published beside the old one, which signs until it takes
    over; what the old one signed verifies all the time."""
    d = own_dexd()
    _, _, old = login(d)
    (rsa,) = jwks(d)
    algorithm("EdDSA")(d.config)
    d.write_config()
    assert wait_for(lambda: d.ctl("reload").returncode == 0)
    assert wait_for(lambda: len(jwks(d)) == 2)
    keys = jwks(d)
    assert keys[0] == rsa and keys[1]["alg"] == "EdDSA"
    # Two documents, and the frontend has them one after the other.
    assert wait_for(lambda: requests.get(
        d.issuer + "/.well-known/openid-configuration").json()[
            "id_token_signing_alg_values_supported"] == ["RS256", "EdDSA"])
    _, _, new = login(d)
    assert header_of(new["id_token"])["alg"] == "RS256"    # the next one waits
    for t in (old, new):
        r = requests.get(d.issuer + "/userinfo", timeout=20, headers={
            "Authorization": "Bearer " + t["access_token"]})
        assert r.status_code == 200
    assert token(d, grant_type="authorization_code", code="x").status_code == 400


def test_no_other_algorithm(own_dexd):
    for name in ("none", "HS256", "RS384", "eddsa", ""):
        d = own_dexd(algorithm(name), wait=False)
        r = subprocess.run(d.command("-n", "-f", str(d.config_path), "-r", str(d.run)),
                           capture_output=True, text=True, timeout=20)
        assert r.returncode == 1
        assert "the algorithm is RS256, ES256 or EdDSA" in r.stderr, (name, r.stderr)
