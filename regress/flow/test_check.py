"""dexd -n: what is wrong with a file, and where."""

import os
import subprocess

import pytest

from dexd import HASH, SANDBOXED


def check(d, text=None, *args):
    if text is not None:
        d.config_path.write_text(text)
    r = subprocess.run(d.command("-n", "-f", str(d.config_path), "-r",
                                 str(d.run), *args),
                       capture_output=True, text=True, timeout=20,
                       env={**os.environ, "DEXD_TEST_FILE": "/tmp/x.db"})
    return r.returncode, r.stdout + r.stderr


def test_anybody_may_check_a_file(dexd):
    """-n of an ordinary user asks for no directory of the daemon."""
    r = subprocess.run(dexd.command("-n", "-f", str(dexd.config_path)),
                       capture_output=True, text=True, timeout=20)
    out = r.stdout + r.stderr
    assert r.returncode == 0
    assert out == "configuration OK\n" or not SANDBOXED


GOOD = """issuer: http://127.0.0.1:5556/dex
storage:
  type: sqlite3
  config: {file: $DEXD_TEST_FILE}
WEB:
  HTTP: 127.0.0.1:5556
connectors:
- {type: mockCallback, id: mock, name: Mock}
"""


@pytest.mark.parametrize("line,text,message", [
    (None, GOOD, "configuration OK"),
    (9, GOOD + "bogus: 1\n", 'unknown key "bogus"'),
    (9, GOOD + "issuer: http://x/\n", "twice"),
    (9, GOOD + "grpc: {addr: x}\n", '"grpc" is not supported yet'),
    (11, GOOD + "oauth2:\n  responseTypes:\n  - token\n", "not supported yet"),
    (10, GOOD + "oauth2:\n  passwordConnector: x\n", "not supported yet"),
    (10, GOOD + "expiry:\n  idTokens: 5\n", "no duration"),
    (10, GOOD + "expiry:\n  idTokens: 0\n", "at least a second"),
    (11, GOOD + "expiry:\n  refreshTokens:\n    reuseInterval: 3\n",
     "no duration"),
    (11, GOOD + "expiry:\n  refreshTokens:\n    disableRotation: 1\n",
     "true or false"),
    (12, GOOD + "expiry:\n  refreshTokens:\n    reuseInterval: 3s\n"
     "    absoluteLifetime: 1999999h\n", "no duration"),
    (11, GOOD + "expiry:\n  refreshTokens:\n    lifetime: 3s\n",
     'unknown key "lifetime"'),
    (12, GOOD + "oauth2:\n  grantTypes:\n  - refresh_token\n  - password\n",
     "not supported yet"),
    (11, GOOD + "oauth2:\n  grantTypes:\n  - refresh\n", "unknown grant type"),
    (10, GOOD + "oauth2:\n  skipApprovalScreen: maybe\n", "true or false"),
    (10, GOOD + "oauth2:\n  skipApprovalScreen: \"true\"\n", "true or false"),
    (10, GOOD + "staticClients:\n- {id: x, name: X}\n", "needs a secret"),
    (10, GOOD + "staticClients:\n- {id: x, name: X, secretEnv: NOT_SET_ANYWHERE}\n",
     "not set"),
    (9, GOOD + "staticPasswords:\n- {email: a, hash: b, userID: c}\n",
     "enablePasswordDB"),
    (11, GOOD + "enablePasswordDB: true\nstaticPasswords:\n"
     "- {email: a, hash: b, userID: c}\n", "not bcrypt"),
    (8, GOOD.replace("mockCallback", "ldap"), "not supported yet"),
    (8, GOOD.replace("mockCallback", "bogus"), "unknown connector type"),
    (8, GOOD.replace("mockCallback", "mockPassword"), "username and password"),
    (1, GOOD.replace("http://127.0.0.1:5556/dex", "ftp://x"), "must begin with"),
    (6, GOOD.replace("HTTP: 127.0.0.1:5556", "HTTP: example.com:1"), "numeric"),
    (6, GOOD.replace("HTTP: 127.0.0.1:5556", "HTTPS: :1"), "tlsCert and tlsKey"),
    (3, GOOD.replace("sqlite3", "postgres"), "not supported yet"),
    (1, GOOD.replace("issuer:", "#"), "issuer is missing"),
    (2, "issuer: x\n\tstorage: y\n", ""),
    (9, GOOD + "a: &a [*a]\n", "anchor"),
    (1, "a: " + "[" * 100 + "]" * 100 + "\n", "nested too deeply"),
    (9, GOOD + "---\n{}\n", "one document"),
])
def test_configuration_errors_have_a_line(own_dexd, line, text, message):
    """file:line: why; exit 1 (DESIGN section 9)."""
    d = own_dexd(wait=False)
    code, out = check(d, text)
    if line is None:
        assert code == 0 and message + "\n" in out
        assert not SANDBOXED or out == message + "\n"
        return
    assert code == 1
    assert f"{d.config_path}:{line}: " in out and message in out, out

# What each key must be: (line, YAML behind GOOD, message).
SHAPES = [
    (9, "oauth2: []\n", "oauth2 must be a map"),
    (9, "expiry: 5m\n", "expiry must be a map"),
    (10, "expiry:\n  idTokens: [5m]\n", '"idTokens" must be a single value'),
    (10, "frontend:\n  issuer: %s\n" % ("x" * 70000), '"issuer" is too long'),
    (10, "frontend:\n  theme: ../up\n", "auto, light and dark"),
    (10, "frontend:\n  extra: [a]\n", '"extra" must be a map'),
    (11, "frontend:\n  extra:\n    a: [b]\n", '"a" must be a single value'),
    (10, "oauth2:\n  responseTypes: code\n", '"responseTypes" must be a list'),
    (11, "oauth2:\n  responseTypes:\n  - codes\n", "unknown response type"),
    (10, "oauth2:\n  grantTypes: refresh_token\n", '"grantTypes" must be a list'),
    (11, "oauth2:\n  pkce:\n    codeChallengeMethodsSupported: S256\n",
     '"codeChallengeMethodsSupported" must be a list'),
    (12, "oauth2:\n  pkce:\n    codeChallengeMethodsSupported:\n    - S512\n",
     "S256 or plain"),
    (10, "logger:\n  level: loud\n", "level"),
    (10, "logger:\n  level: info+x\n", "level"),
    (10, "logger:\n  format: xml\n", "format"),
    (9, "signer:\n  type: local\n", "keysRotationPeriod is missing"),
    (10, "signer:\n  type: vault\n", '"vault" is not supported yet'),
    (9, "signer:\n  type: paper\n", "the type of signer is local"),
    (9, "staticClients: {}\n", "must be a list"),
    (10, "staticClients:\n- one\n", "must be a map"),
    (12, "staticClients:\n- id: x\n  name: X\n  redirectURIs: https://x/cb\n"
     "  secret: y\n", '"redirectURIs" must be a list'),
    (13, "staticClients:\n- id: x\n  name: X\n  redirectURIs:\n  - [a]\n"
     "  secret: y\n", "must be a list of strings"),
    (9, "staticPasswords: x\nenablePasswordDB: true\n", "must be a list"),
]


@pytest.mark.parametrize("line,text,message", SHAPES)
def test_what_has_the_wrong_shape_has_a_line(own_dexd, line, text, message):
    """file:line: why, for every key that is a map, a list or one of some words."""
    d = own_dexd(wait=False)
    code, out = check(d, GOOD + text)
    assert code == 1
    assert f"{d.config_path}:{line}: " in out and message in out, out


@pytest.mark.parametrize("line,old,new,message", [
    (2, "storage:\n  type: sqlite3\n", "storage:\n", "storage has no type"),
    (3, "sqlite3", "etcd", "storage"),
    (3, "sqlite3", "paper", "unknown storage"),
    (2, "  config: {file: $DEXD_TEST_FILE}\n", "", "storage.config.file is missing"),
    (4, "{file: $DEXD_TEST_FILE}", "[a]", "storage.config must be a map"),
])
def test_a_storage_that_cannot_be_has_a_line(own_dexd, line, old, new, message):
    """file:line: why (DESIGN section 9), storages of dex named as such."""
    d = own_dexd(wait=False)
    code, out = check(d, GOOD.replace(old, new))
    assert code == 1
    assert f"{d.config_path}:{line}: " in out and message in out, out


@pytest.mark.parametrize("size", [4097, 33000])
def test_headers_are_sent_or_refused(own_dexd, size):
    """What protects pages is not left out because there is too much of it."""
    header = f"  headers: {{X-Frame-Options: {'x' * size}}}\n"
    code, out = check(own_dexd(wait=False), GOOD.replace("connectors:", header + "connectors:"))
    assert code == 1 and "too l" in out, out


def test_an_alias_bomb_is_refused(own_dexd):
    """Billion laughs: aliases count as often as they are used."""
    text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    for prev, name in zip("abcdefgh", "bcdefghi"):
        text += f"{name}: &{name} [" + ",".join([f"*{prev}"] * 10) + "]\n"
    code, out = check(own_dexd(wait=False), text)
    assert code == 1 and "too large" in out


def test_unknown_keys_may_warn(own_dexd):
    code, out = check(own_dexd(wait=False), "unknownKeys: warn\nbogus: 1\n" + GOOD)
    assert code == 0 and ":2: " in out and "(warning)" in out


@pytest.mark.parametrize("cost,warned", [("10", False), ("16", False), ("09", True),
                                         ("17", True), ("31", True), ("1x", True)])
def test_a_hash_that_nobody_can_use_is_named(own_dexd, cost, warned):
    """dexd.yaml(5): the cost is from 10 to 16; others may log in meanwhile."""
    code, out = check(own_dexd(wait=False), GOOD + "enablePasswordDB: true\n"
                      "staticPasswords:\n- email: a@b.c\n  hash: " +
                      HASH.replace("$10$", f"${cost}$") + "\n  userID: x\n")
    assert code == 0 and (":12: nobody can log in" in out) == warned


def test_a_file_does_not_drive_the_terminal(own_dexd):
    """What a file says is shown without control characters, C1 among them."""
    _, out = check(own_dexd(wait=False), '"a\\x9b2J\\e[1m\\x7f\\xe4": 1\n')
    assert 'unknown key "a?2J?[1m?\u00e4"' in out, ascii(out)


def test_missing_file(own_dexd):
    d = own_dexd(wait=False)
    d.config_path.unlink()
    code, out = check(d)
    assert code == 1 and "No such file" in out
