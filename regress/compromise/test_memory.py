"""Who holds which secret: the memory of every process of a running dexd is
searched for the bytes of the keys and of a typed password (the table of threats
in dexd(8), DESIGN.md, Keys)."""

import os
import pathlib
import secrets
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

import pytest
import requests
from cryptography.hazmat.primitives import serialization

from dexd import BUILD, Browser, Flow, free_port, wait_for, whole
from keys import derive, open_keyset, owners_of_keys, private_needles, seal_key
from procs import Watch, holders, holds, processes

pytestmark = [
    pytest.mark.skipif(os.getuid() != 0, reason="only root reads others' memory"),
    pytest.mark.skipif(BUILD.name == "asan", reason="freed memory is kept there"),
]
GONE_AFTER = 1      # seconds, on a machine that has nothing else to do
TRIES = 5           # the best of which counts: any one may meet a busy machine


# ---- the tests: as root with a user for each room, and without root ----

@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_private_keys_only_in_signers(make, alg):
    """No other process is seen with a byte of a private key, however often one
    looks while it signs, is rotated and moves to a new signer, nor after that.
    keygen has the key that it makes."""
    d = make(alg, signers=2)
    f = Flow(d)
    assert f.redeem(f.code()).status_code == 200
    [first] = open_keyset(d)
    with Watch(d, private_needles(first)) as watch:
        for _ in range(5):
            f = Flow(d)
            assert f.redeem(f.code()).status_code == 200
        assert d.ctl("rotate", "keys").returncode == 0
        assert wait_for(lambda: len(open_keyset(d)) == 2)
        gone = d.rooms()["signer"][0]
        os.kill(gone, signal.SIGKILL)
        assert wait_for(lambda: len(set(d.rooms().get("signer", [])) - {gone}) == 2)
        assert wait_for(lambda: whole(d) and watch.looks >= 5)
    assert watch.seen == {"signer"}
    [second] = [der for der in open_keyset(d) if der != first]
    with Watch(d, private_needles(second)) as watch:
        assert wait_for(lambda: "keygen" not in d.rooms())
        assert wait_for(lambda: watch.looks >= 5)
    assert {"signer"} <= watch.seen <= {"signer", "keygen"}
    for der in (first, second):
        needles = private_needles(der)
        # found where it must be, or the search proves nothing
        assert holders(d, needles) == {"signer"}
        assert wait_for(lambda: all(holds(pid, needles) for pid in d.rooms()["signer"]))


def test_derived_keys_only_where_they_belong(make):
    """Each room gets the keys of its own work and cannot derive another's;
    control and telemetry get none."""
    d = make(telemetry={"http": f"127.0.0.1:{free_port()}"})
    assert {"control", "telemetry"} <= set(d.rooms())
    f = Flow(d)
    assert f.redeem(f.code()).status_code == 200
    for key, rooms in owners_of_keys(d).items():
        assert wait_for(lambda: holders(d, [key]) == rooms), (rooms, holders(d, [key]))


@pytest.fixture
def certificate():
    """In a directory that every user may read."""
    with tempfile.TemporaryDirectory(prefix="dexd-tls-") as where:
        cert, key = pathlib.Path(where, "cert.pem"), pathlib.Path(where, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
                        cert, "-days", "2", "-subj", "/CN=x", "-addext",
                        "subjectAltName=IP:127.0.0.1"],
                       check=True, capture_output=True)
        for p in (where, cert, key):
            os.chmod(p, 0o755)
        yield cert, key


def test_the_tls_key_is_where_tls_is_served(make, certificate):
    """Among the rooms frontend-tls alone has it, as the numbers or as the file;
    the parent keeps the file for the next frontend-tls."""
    cert, key = certificate
    https, http = free_port(), free_port()
    d = make(issuer=f"http://127.0.0.1:{http}/dex", web={
        "http": f"127.0.0.1:{http}", "https": f"127.0.0.1:{https}",
        "tlsCert": str(cert), "tlsKey": str(key)})
    assert {"frontend", "frontend-tls"} <= set(d.rooms())
    r = requests.get(f"https://127.0.0.1:{https}/dex/keys", verify=cert, timeout=20)
    assert r.status_code == 200
    pem = key.read_bytes()
    number = serialization.load_pem_private_key(pem, None).private_numbers().private_value
    raw = number.to_bytes(32, "big")
    numbers = [raw, raw[::-1]]
    assert wait_for(lambda: holders(d, numbers) == {"frontend-tls"}), holders(d, numbers)
    # a line inside of it; the last ones hold the public half, which is no secret
    text = [pem.splitlines()[1][20:]]
    assert "parent" in holders(d, text)
    assert wait_for(lambda: holders(d, text) <= {"parent", "frontend-tls"}), \
        holders(d, text)


def test_a_worker_has_its_own_connector_only(make):
    """authn-x: the attestation key of x and of nobody else."""
    d = make()
    _, root = seal_key(d)
    attest_root = derive(root, b"attest-root")
    keys = {c: derive(attest_root, b"attest", c.encode()) for c in ("mock", "pw", "local")}
    owners = {c: [pid for pid in processes(d) if holds(pid, [k])] for c, k in keys.items()}
    for c, pids in owners.items():
        assert pids, c
        for other in owners:
            assert other == c or not set(pids) & set(owners[other]), (c, other)


def test_a_connectors_secrets_are_in_its_worker_only(make):
    """What an operator writes for a connector is in its worker and in the
    parent, which keeps it for the next one; the hashes of the password
    database are authn-local's, and no other room sees them."""
    secret = "c-" + secrets.token_hex(20)
    hashed = hash_of("h-" + secrets.token_hex(10))
    d = make(connectors=[
        {"type": "mockCallback", "id": "mock", "name": "Mock"},
        {"type": "mockPassword", "id": "pw", "name": "PW",
         "config": {"username": "foo", "password": secret}},
        {"type": "mockPassword", "id": "pw2", "name": "PW 2",
         "config": {"username": "foo", "password": "another"}}],
        staticPasswords=[{"email": "admin@example.com", "hash": hashed,
                          "username": "admin", "userID": "u"}],
        telemetry={"http": f"127.0.0.1:{free_port()}"})
    f = Flow(d)
    assert f.redeem(f.code()).status_code == 200
    post_password(d, "wrong")           # so that everybody has been busy
    needles = [secret[4:].encode()]
    assert wait_for(lambda: holders(d, needles) == {"parent", "authn-mock"}), \
        holders(d, needles)
    # three connectors of that program: it is in the workers of one of them
    mocks = d.rooms()["authn-mock"]
    assert 3 * len([pid for pid in mocks if holds(pid, needles)]) == len(mocks)
    needles = [hashed[29:].encode()]    # behind the salt
    assert wait_for(lambda: holders(d, needles) == {"parent", "authn-local"}), \
        holders(d, needles)


def hash_of(password):
    return subprocess.run([BUILD / "sbin" / "dexctl", "hash-password"],
                          input=password + "\n", capture_output=True, text=True,
                          check=True).stdout.strip()


def post_password(d, password, login="admin@example.com"):
    b = Browser(d)
    f = Flow(d, b, connector="local")
    r = f.start()
    target = r.headers["Location"]
    assert b.get(target).status_code == 200
    return b.post(target, {"login": login, "password": password})


@pytest.mark.parametrize("right", [True, False])
def test_typed_passwords_vanish(make, right):
    """A typed password is in the frontend and in authn-local while it is
    checked; a second after the answer it is nowhere, and never in the engine."""
    password = "p-" + secrets.token_hex(20)
    d = make(staticPasswords=[{"email": "admin@example.com", "hash": hash_of(password),
                               "username": "admin", "userID": "u"}])
    typed = password if right else "q-" + secrets.token_hex(20)
    needles = [typed.encode()[4:]]
    took = []
    for _ in range(TRIES):
        r = post_password(d, typed)
        assert r.status_code == (303 if right else 401)
        answered = time.monotonic()
        looks = []                      # when each began: ours take their time

        def gone():
            looks.append(time.monotonic())
            return holders(d, needles) == set()
        assert wait_for(gone), holders(d, needles)
        took.append(looks[-1] - answered)
    print("gone", ", ".join(f"{t:.3f}" for t in took), "s after the answer")
    assert min(took) <= GONE_AFTER
    assert typed not in d.read_log()


def send_form(d, typed, missing=0):
    """A login form on a socket of its own; the last bytes may be missing."""
    b = Browser(d)
    target = Flow(d, b, connector="local").start().headers["Location"]
    assert b.get(target).status_code == 200
    body = urllib.parse.urlencode({"login": "admin@example.com", "password": typed})
    cookies = "; ".join(f"{c.name}={c.value}" for c in b.session.cookies)
    url = urllib.parse.urlsplit(b.url(target))
    s = socket.create_connection(("127.0.0.1", d.port), timeout=60)
    s.sendall((f"POST {url.path}?{url.query} HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\n"
               "Content-Type: application/x-www-form-urlencoded\r\n"
               f"Content-Length: {len(body) + missing}\r\n\r\n{body}").encode())
    return s


def test_half_a_form_is_in_the_frontend_only(make):
    """The search finds what is there, or it would prove nothing; a connection
    that ends takes what was typed with it."""
    d = make()
    typed = "s-" + secrets.token_hex(20)
    needles = [typed.encode()[4:]]
    s = send_form(d, typed, missing=1)
    assert wait_for(lambda: holders(d, needles) == {"frontend"})
    s.close()
    assert wait_for(lambda: holders(d, needles) == set())


def test_the_engine_carries_ciphertext(make):
    """While workers do not answer, the typed password is in no other process."""
    d = make()
    typed = "s-" + secrets.token_hex(20)
    needles = [typed.encode()[4:]]
    workers = d.rooms()["authn-local"]
    s = None
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    try:
        s = send_form(d, typed)
        end = time.time() + 2
        while time.time() < end:
            assert holders(d, needles) <= {"frontend", "authn-local"}
        # sealed and gone from the frontend long before the answer
        assert wait_for(lambda: "frontend" not in holders(d, needles))
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
    assert s.recv(12) == b"HTTP/1.1 401"
    s.close()
    assert wait_for(lambda: holders(d, needles) == set())


@pytest.mark.parametrize("length", [40, 80])
def test_dexctl_wipes_what_it_hashed(length):
    """hash-password: when there is a word to print, a hash or that 80 bytes are
    too many, the password is gone: the pipe it prints to is full."""
    typed = secrets.token_hex(length // 2).encode()
    needles = [typed[4:24]]     # its beginning may be written over
    out, into = os.pipe()
    os.set_blocking(into, False)
    filled = 0
    try:
        while True:
            filled += os.write(into, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(into, True)
    p = subprocess.Popen([BUILD / "sbin" / "dexctl", "hash-password"], bufsize=0,
                         stdin=subprocess.PIPE, stdout=into, stderr=into)
    os.close(into)
    try:
        p.stdin.write(typed)
        assert wait_for(lambda: holds(p.pid, needles))
        p.stdin.write(b"\n")
        assert wait_for(lambda: not holds(p.pid, needles))
        assert p.poll() is None         # it has not printed
        with open(out, "rb") as f:
            said = f.read()[filled:].decode()
        assert p.wait(20) == (0 if length <= 72 else 1)
        assert said.startswith("$2b$" if length <= 72 else "dexctl: bcrypt takes")
    finally:
        p.kill()
        p.wait()
        p.stdin.close()
