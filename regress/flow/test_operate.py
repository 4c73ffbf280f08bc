"""What operators see: sandbox, crashes, reload, commands."""

import json
import os
import pathlib
import pwd
import resource
import signal
import socket
import ssl
import subprocess
import threading

import pytest
import requests
import urllib3

from dexd import (BUILD, CALLBACK, SANDBOXED, SECRET, Browser, Flow, begun,
                  free_port, kill, params_of, wait_for)

urllib3.disable_warnings()
PATIENCE = 60                           # seconds for whatever must happen
ROOMS = {"engine": "_dexdeng", "signer": "_dexdsig", "authn-mock": "_dexdauth",
         "authn-local": "_dexdauth", "frontend": "_dexd", "control": "_dexdctl"}


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


# ---- rooms and their sandbox (DESIGN sections 1 and 8) ----

def test_every_room_is_sandboxed(dexd):
    rooms = dexd.rooms()
    assert set(rooms) == set(ROOMS)
    for name, pids in rooms.items():
        for pid in pids:
            s = status(pid)
            assert s["NoNewPrivs"] == "1", name
            assert s["Seccomp"] == "2" or not SANDBOXED, name
            assert s["CapEff"] == "0" * 16 or os.getuid() != 0
            if os.getuid() == 0:
                env = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
                assert env.strip(b"\0") == b"", name


def test_rooms_cannot_be_looked_into_by_their_own_user(dexd):
    """Not dumpable: what runs as the same user sees neither memory nor wires."""
    if os.getuid() == 0:
        pytest.skip("root sees everything")
    for pids in dexd.rooms().values():
        for pid in pids:
            for what in ("environ", "mem"):
                with pytest.raises(PermissionError):
                    open(f"/proc/{pid}/{what}", "rb")
            with pytest.raises(PermissionError):
                os.listdir(f"/proc/{pid}/fd")


def test_rooms_have_users_and_jails(dexd):
    if os.getuid() != 0 or dexd.user != "root":
        pytest.skip("only root gives rooms users and jails")
    for name, pids in dexd.rooms().items():
        uid = pwd.getpwnam(ROOMS[name]).pw_uid
        for pid in pids:
            assert status(pid)["Uid"].split() == [str(uid)] * 4
            root = os.readlink(f"/proc/{pid}/root")
            assert root == str(dexd.dir / "db" if name == "engine" else
                               dexd.run / "empty")
    assert os.listdir(dexd.run / "empty") == []
    assert status(dexd.proc.pid)["Uid"].split()[0] == "0"


def test_rooms_hold_only_their_wires(dexd):
    """A worker has a wire to the parent and one to the engine, nothing more."""
    if os.getuid() != 0:
        pytest.skip("nobody else sees the descriptors of a room")
    for pid in dexd.rooms()["authn-mock"]:
        sockets = [t for t in (os.readlink(f"/proc/{pid}/fd/{fd}")
                               for fd in os.listdir(f"/proc/{pid}/fd"))
                   if t.startswith("socket:")]
        assert len(sockets) == 2


def test_only_the_right_programs_link_crypto():
    """What is not linked in cannot be reached (DESIGN section 1)."""
    def links(program):
        return subprocess.run(["readelf", "-d", BUILD / "libexec/dexd" / program],
                              capture_output=True, text=True).stdout
    for program in ("engine", "frontend", "config", "control", "authn-mock",
                    "authn-local"):
        assert "libcrypto" not in links(program) and "libtls" not in links(program)
    for program in ("frontend", "signer", "authn-mock", "config"):
        assert "libsqlite3" not in links(program)
    assert "libyaml" not in links("engine") and "libyaml" not in links("frontend")


# ---- what dies is replaced (DESIGN section 6) ----

@pytest.mark.parametrize("room", ["frontend", "signer", "authn-mock",
                                  "authn-local", "control", "engine"])
def test_a_dead_room_is_replaced(own_dexd, room):
    d = own_dexd()
    before = d.rooms()[room]
    for pid in before:
        os.kill(pid, signal.SIGKILL)

    def whole():
        try:
            now = d.rooms()
        except (json.JSONDecodeError, KeyError):
            return False
        return room in now and not set(before) & set(now[room]) and \
            set(now) == set(ROOMS) and 0 not in sum(now.values(), [])
    assert wait_for(whole)
    assert wait_for(lambda: requests.get(d.issuer + "/healthz").status_code == 200)
    for connector in ("mock", "local"):
        def login():
            try:
                flow = Flow(d, connector=connector)
                return flow.redeem(flow.code()).status_code == 200
            except (AssertionError, KeyError, requests.RequestException):
                return False
        assert wait_for(login)


def test_a_code_outlives_its_engine(own_dexd):
    d = own_dexd()
    flow = Flow(d)
    code = flow.code()
    os.kill(d.rooms()["engine"][0], signal.SIGKILL)
    assert wait_for(lambda: flow.redeem(code).status_code == 200)


def test_rooms_die_with_the_parent(own_dexd):
    d = own_dexd()
    pids = sum(d.rooms().values(), [])
    d.proc.kill()
    d.proc.wait()
    assert wait_for(lambda: not any(os.path.exists(f"/proc/{p}") and
                                    status(p)["State"][0] != "Z" for p in pids))


# ---- reload and stop ----

def test_reload_takes_a_new_configuration(own_dexd):
    d = own_dexd()
    flow = Flow(d)
    code = flow.code()
    d.config["oauth2"] = {"skipApprovalScreen": True}
    d.write_config()
    r = d.ctl("reload")
    assert r.returncode == 0, r.stderr
    assert flow.redeem(code).status_code == 200     # begun before
    flow = Flow(d)
    r = flow.authenticate()
    assert r.headers["Location"].startswith(CALLBACK + "?code=")
    assert flow.redeem(params_of(r)["code"]).status_code == 200
    assert d.rows("auth_request") == 0
    # ... and force still asks (dex: force beats skip).
    for force in ({"approval_prompt": "force"}, {"prompt": "consent"}):
        r = Flow(d, **force).authenticate()
        assert "/approval?" in r.headers["Location"]


def test_a_bad_configuration_changes_nothing(own_dexd):
    d = own_dexd()
    pids = d.rooms()
    d.config_path.write_text("issuer: [\n")
    r = d.ctl("reload")
    assert r.returncode == 1 and f"{d.config_path}:2:" in r.stderr
    assert d.rooms() == pids
    flow = Flow(d)
    assert flow.redeem(flow.code()).status_code == 200


def test_sighup_reloads_without_losing_a_request(own_dexd):
    d = own_dexd()

    def until(done):
        assert requests.get(d.issuer + "/healthz").status_code == 200
        return done()
    with requests.Session() as s:
        s.get(d.issuer + "/keys")
        d.proc.send_signal(signal.SIGHUP)
        assert wait_for(lambda: until(lambda: d.read_log().count(
            "serving with configuration") == 2))
        # ... and until the old generation has gone.
        assert wait_for(lambda: until(lambda: len(d.rooms()["engine"]) == 1))


def test_the_memory_store_outlives_a_reload_only(own_dexd):
    def memory(c):
        c["storage"] = {"type": "memory"}
    d = own_dexd(memory)
    flow = Flow(d)
    code = flow.code()
    assert d.ctl("reload").returncode == 0
    assert flow.redeem(code).status_code == 200
    assert os.listdir(d.run / "store")
    d.stop()
    assert os.listdir(d.run / "store") == []


def test_stop(own_dexd):
    d = own_dexd()
    assert d.ctl("stop").returncode == 0
    assert d.proc.wait(PATIENCE) == 0
    assert not (d.run / "dexd.sock").exists()
    assert d.ctl("status").returncode == 1


def test_sigterm_finishes_what_is_under_way(own_dexd):
    """An idle connection is closed, a login under way is answered."""
    d = own_dexd()
    flow = Flow(d, connector="local")
    target = flow.start().headers["Location"]
    body = b"login=admin%40example.com&password=password"
    cookie = "; ".join(f"{c.name}={c.value}" for c in flow.browser.session.cookies)
    with begun(d.port, target, len(body), f"Cookie: {cookie}") as s:
        s.sendall(body)
        d.proc.terminate()
        answer = s.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 303") and b"Connection: close" in answer
    assert d.proc.wait(PATIENCE) == 0


def test_rotate_keys(own_dexd):
    d = own_dexd()
    assert len(requests.get(d.issuer + "/keys").json()["keys"]) == 1
    r = d.ctl("rotate", "keys")
    assert r.returncode == 0, r.stderr
    assert wait_for(lambda: len(requests.get(d.issuer + "/keys")
                                .json()["keys"]) == 2)
    # Published first, used later: tokens still carry the current key.
    flow = Flow(d)
    assert flow.redeem(flow.code()).status_code == 200
    assert d.ctl("rotate", "keys").returncode in (0, 75)


def test_keys_survive_a_restart(own_dexd):
    d = own_dexd()
    keys = requests.get(d.issuer + "/keys").json()
    flow = Flow(d)
    code = flow.code()
    d.stop()
    d.start()
    assert requests.get(d.issuer + "/keys").json() == keys
    assert flow.redeem(code).status_code == 200


def test_lost_seal_keys(own_dexd):
    """Without its seal keys a key set is not used, and not thrown away either
    (another node may own it); beginning anew is the operator's word."""
    d = own_dexd()
    keys = requests.get(d.issuer + "/keys").json()
    flow = Flow(d)
    code = flow.code()
    d.stop()
    (d.run / "seal.keys").unlink()
    d.spawn()
    assert wait_for(lambda: "do not open with our seal keys" in d.read_log())
    with pytest.raises(requests.Timeout):       # waits for a key; 503 in the end
        requests.get(d.issuer + "/keys", timeout=1)
    r = flow.redeem(code)
    assert r.status_code == 400 and r.json()["error"] == "invalid_grant"
    d.stop()
    d.sql("delete from dexd_keyset")
    d.start()
    assert requests.get(d.issuer + "/keys").json() != keys
    assert flow.redeem(code).json()["error"] == "invalid_grant"
    flow = Flow(d)
    assert flow.redeem(flow.code()).status_code == 200


def test_seal_file_is_private(own_dexd):
    d = own_dexd()
    path = d.run / "seal.keys"
    assert path.stat().st_mode & 0o777 == 0o400
    d.stop()
    path.chmod(0o644)
    with pytest.raises(AssertionError, match="nobody else may read"):
        d.start()


def test_es256(own_dexd):
    def change(c):
        c["signer"] = {"type": "local", "config": {
            "keysRotationPeriod": "6h", "algorithm": "ES256"}}
    d = own_dexd(change)
    key = requests.get(d.issuer + "/keys").json()["keys"][0]
    assert key["alg"] == "ES256" and key["crv"] == "P-256"
    flow = Flow(d)
    got = flow.redeem(flow.code()).json()
    from test_login import verify
    r = requests.get(d.issuer + "/userinfo", headers={
        "Authorization": "Bearer " + got["access_token"]})
    assert r.status_code == 200
    from authlib.jose import JsonWebKey, jwt
    keys = JsonWebKey.import_key_set(requests.get(d.issuer + "/keys").json())
    assert jwt.decode(got["id_token"], keys)["nonce"] == flow.params["nonce"]


# ---- TLS ----

@pytest.fixture
def certificate(tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
                    cert, "-days", "2", "-subj", "/CN=localhost"],
                   check=True, capture_output=True)
    for p in (tmp_path, cert, key):
        os.chmod(p, 0o755 if p == tmp_path else 0o644)
    return str(cert), str(key)


def test_https(own_dexd, certificate):
    port = free_port()

    def change(c):
        c["issuer"] = f"https://127.0.0.1:{port}"
        c["web"] = {"https": f"127.0.0.1:{port}", "tlsCert": certificate[0],
                    "tlsKey": certificate[1], "tlsMinVersion": "1.3"}
    d = own_dexd(change, wait=False)
    d.spawn()
    assert wait_for(lambda: https_up(d))
    pid = d.rooms()["frontend-tls"][0]
    assert status(pid)["Seccomp"] == "2" or not SANDBOXED
    flow = Flow(d)
    flow.browser.session.verify = False
    r = flow.start()
    cookie = r.headers["Set-Cookie"]
    assert cookie.startswith("__Host-dexd_req_") and "; Secure" in cookie
    assert "Path=/;" in cookie
    r = flow.approve(flow.authenticate())
    assert r.status_code == 303
    old = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}",
                          "-tls1_2"], input=b"", capture_output=True, timeout=20)
    assert old.returncode != 0
    # Plain HTTP on the TLS port gets nothing.
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        s.settimeout(5)
        try:
            assert b"HTTP/1.1" not in s.recv(100)
        except ConnectionResetError:
            pass


def test_a_tls_connection_leaves_nothing_to_resume(own_dexd, certificate):
    """RFC 8446 2.2, RFC 5077: no ticket (each would cost two writes, and its
    session a place in memory) and no session to come back with."""
    port = free_port()

    def change(c):
        c["issuer"] = f"https://127.0.0.1:{port}"
        c["web"] = {"https": f"127.0.0.1:{port}", "tlsCert": certificate[0],
                    "tlsKey": certificate[1]}
    d = own_dexd(change, wait=False)
    d.spawn()
    assert wait_for(lambda: https_up(d))
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = version
        old = None
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", port), 5) as tcp, \
                    context.wrap_socket(tcp, session=old) as s:
                s.sendall(b"GET /keys HTTP/1.1\r\nHost: x\r\n\r\n")
                assert s.recv(100).startswith(b"HTTP/1.1 200")
                assert not s.session_reused
                old = s.session
            assert old is None or not old.has_ticket, version


def https_up(d):
    try:
        return requests.get(d.issuer + "/keys", verify=False).status_code == 200
    except requests.RequestException:
        return False


# ---- logs ----

def test_nothing_secret_reaches_the_log(own_dexd):
    """Rule of the house: no password, code, token, cookie or key in a log."""
    d = own_dexd(lambda c: c.update(logger={"level": "debug"}))
    flow = Flow(d, connector="local")
    target = flow.start().headers["Location"]
    flow.browser.post(target, {"login": "admin@example.com",
                               "password": "not-the-password-1"})
    code = flow.code()
    got = flow.redeem(code).json()
    flow.redeem(code)
    requests.get(d.issuer + "/userinfo", headers={
        "Authorization": "Bearer " + got["access_token"]})
    log = d.read_log()
    assert "login successful" in log and "signed" in log
    assert "failed login attempt" in log and f"address=127.0.0.1:{d.port}" in log
    secrets = [code, got["access_token"], got["id_token"], "not-the-password-1",
               SECRET, flow.verifier, flow.params["nonce"], flow.params["state"],
               (d.run / "seal.keys").read_text().split()[1]]
    secrets += [c.value for c in flow.browser.session.cookies]
    for secret in secrets:
        assert secret not in log
        assert len(secret) < 40 or secret[-40:] not in log


def test_log_records_cannot_be_forged(own_dexd):
    """Untrusted bytes are escaped: one record, one line."""
    def change(c):
        c["staticPasswords"][0]["username"] = "x\nlevel=ERROR msg=forged"
    d = own_dexd(change)
    flow = Flow(d, connector="local")
    flow.code()
    assert not [line for line in d.read_log().splitlines()
                if line.startswith("level=ERROR")]


def test_json_log(own_dexd):
    d = own_dexd(lambda c: c.update(logger={"format": "json"}))
    Flow(d).code()
    records = [json.loads(line) for line in d.read_log().splitlines()
               if line.startswith("{")]
    assert any(r["msg"] == "login successful" for r in records)


def test_client_address(own_dexd):
    """dex: the header of a trusted proxy, walked from the right."""
    def change(c):
        c["web"]["clientRemoteIP"] = {"header": "X-Forwarded-For",
                                      "trustedProxies": ["127.0.0.0/8", "10.0.0.0/8"]}
    d = own_dexd(change)
    flow = Flow(d)
    flow.browser.session.headers["X-Forwarded-For"] = "6.6.6.6, 203.0.113.7, 10.1.1.1"
    flow.code()
    assert "client_remote_addr=203.0.113.7" in d.read_log()


def test_untrusted_forwarded_for_is_not_believed(own_dexd):
    d = own_dexd()
    flow = Flow(d)
    flow.browser.session.headers["X-Forwarded-For"] = "203.0.113.7"
    flow.code()
    assert "203.0.113.7" not in d.read_log()


def test_configured_headers(own_dexd):
    def change(c):
        c["web"]["headers"] = {"Strict-Transport-Security": "max-age=1",
                               "X-Frame-Options": "SAMEORIGIN"}
        c["frontend"] = {"issuer": "Acme <SSO>", "theme": "dark"}
    d = own_dexd(change)
    r = requests.get(d.issuer)
    assert r.headers["Strict-Transport-Security"] == "max-age=1"
    assert r.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "<title>Acme &lt;SSO&gt;</title>" in r.text
    style = requests.get(d.issuer + "/theme/styles.css").text
    assert "dark.css" in style and "light.css" not in style


def test_hash_password(own_dexd):
    out = subprocess.run([BUILD / "sbin/dexctl", "hash-password", "-c", "10"],
                         input="s3cret pass\n", capture_output=True, text=True)
    assert out.stdout.startswith("$2b$10$")

    def change(c):
        c["staticPasswords"][0]["hash"] = out.stdout.strip()
    flow = Flow(own_dexd(change), connector="local")
    assert flow.code(password="s3cret pass")


def unanswered(d, peer):
    """Requests of the engine that a kind of room has not answered yet."""
    stats = json.loads(d.ctl("-j", "show", "stats").stdout)["stats"]
    return sum(s["value"] for s in stats if s["metric"] == "dexd_pending_requests" and
               s["program"] == "engine" and s["labels"] == {"peer": peer})


def test_password_queue_is_bounded(own_dexd):
    """The issue: bounded queue, then 503; nobody waits for ever.  There are as
    many workers as processors, each of which finds more than its queue holds."""
    d = own_dexd()
    flow = Flow(d, connector="local")
    target = flow.start().headers["Location"]
    body = "login=admin%40example.com&password=wrong"
    cookie = "; ".join(f"{c.name}={c.value}" for c in flow.browser.session.cookies)
    request = (f"POST {target} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n"
               "Content-Type: application/x-www-form-urlencoded\r\n"
               f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}")
    workers = d.rooms()["authn-local"]
    n = 50 * len(workers)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    socks = []
    kill(workers, signal.SIGSTOP)
    try:
        for i in range(n):              # 512 from one address, and no more
            socks.append(socket.socket())
            socks[-1].settimeout(PATIENCE)
            socks[-1].bind((f"127.0.7.{1 + i // 500}", 0))
            socks[-1].connect(("127.0.0.1", d.port))
            socks[-1].sendall(request.encode())
        assert wait_for(lambda: unanswered(d, "authn") == n)
    finally:
        kill(workers, signal.SIGCONT)
    got = [s.makefile("rb").read() for s in socks]
    for s in socks:
        s.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert {a.split(b" ")[1] for a in got} == {b"401", b"503"}
    assert all(b"\r\nRetry-After: " in a for a in got if a.split(b" ")[1] == b"503")


@pytest.mark.parametrize("connector", ["mock", "local"])
def test_a_worker_that_dies_is_for_later(own_dexd, connector):
    """Who waits for it is told to come again, as whoever finds none is."""
    d = own_dexd()
    flow = Flow(d, connector=connector)
    got = []
    if connector == "local":
        target = flow.start().headers["Location"]

    def ask():
        got.append(flow.start() if connector == "mock" else flow.browser.post(
            target, {"login": "admin@example.com", "password": "password"}))
    workers = d.rooms()["authn-" + connector]
    kill(workers, signal.SIGSTOP)
    asks = threading.Thread(target=ask)
    asks.start()
    assert wait_for(lambda: unanswered(d, "authn") == 1)
    kill(workers)
    asks.join()
    assert got[0].status_code == 503 and got[0].headers["Retry-After"] == "1"


# ---- before the start ----

def test_version():
    r = subprocess.run([BUILD / "sbin/dexd", "-V"], capture_output=True, text=True)
    assert r.returncode == 0 and r.stdout.startswith("dexd ")
    assert subprocess.run([BUILD / "sbin/dexd", "-?"], capture_output=True).returncode == 2


def test_port_in_use(own_dexd):
    d = own_dexd(wait=False)
    with socket.socket() as s:
        s.bind(("127.0.0.1", d.port))
        s.listen()
        assert d.spawn().wait(PATIENCE) == 1
    assert f"cannot listen on 127.0.0.1:{d.port}: Address already in use" in d.read_log()


def test_database_of_somebody_else(own_dexd):
    d = own_dexd(wait=False)
    if os.getuid() == 0:
        os.chown(d.dir / "db", 12345, 12345)
        expected = "chown _dexdeng"
    else:
        (d.dir / "db").chmod(0o500)
        expected = "not writable"
    assert d.spawn().wait(PATIENCE) == 1
    assert expected in d.read_log()
    (d.dir / "db").chmod(0o700)


def test_not_a_database(own_dexd):
    d = own_dexd(wait=False)
    d.db.write_bytes(b"this is no database, whatever its name may say" * 100)
    if os.getuid() == 0:
        os.chown(d.db, pwd.getpwnam("_dexdeng").pw_uid, -1)
    assert d.spawn().wait(PATIENCE) == 1
    assert "cannot open the database" in d.read_log()


def test_two_dexds_in_one_run_directory(own_dexd):
    d = own_dexd()
    r = subprocess.run(d.command("-d", "-f", str(d.config_path), "-r", str(d.run)),
                       capture_output=True, text=True, timeout=PATIENCE)
    assert r.returncode == 1 and "another dexd is running" in r.stderr
    assert d.ctl("status").returncode == 0


def test_rooms_are_not_started_by_hand():
    for program in (BUILD / "libexec/dexd").iterdir():
        r = subprocess.run([program], capture_output=True, text=True,
                           timeout=PATIENCE)
        assert r.returncode == 1 and "started by dexd" in r.stderr


# ---- into the background ----

def background(d):
    return subprocess.run(d.command("-f", str(d.config_path), "-r", str(d.run)),
                          capture_output=True, text=True, timeout=PATIENCE)


def test_background(own_dexd):
    """Without -d the command ends when dexd serves, and not before."""
    d = own_dexd(wait=False)
    r = background(d)
    assert r.returncode == 0, r.stderr
    assert requests.get(d.issuer + "/healthz").status_code == 200
    pid = d.rooms()["engine"][0]
    assert d.ctl("stop").returncode == 0
    assert wait_for(lambda: not os.path.exists(f"/proc/{pid}"))
    assert wait_for(lambda: not (d.run / "dexd.sock").exists())


def test_background_tells_why_it_cannot(own_dexd):
    d = own_dexd(wait=False)
    d.config_path.write_text("bogus: 1\n")
    r = background(d)
    assert r.returncode == 1 and 'unknown key "bogus"' in r.stderr


def test_missing_users_are_named(own_dexd, tmp_path):
    """As root without its users dexd says which, and how to make them."""
    if os.getuid() != 0:
        pytest.skip("only root gives rooms users")
    d = own_dexd(wait=False)
    passwd = tmp_path / "passwd"
    lines = pathlib.Path("/etc/passwd").read_text().splitlines(True)
    passwd.write_text("".join(x for x in lines if not x.startswith("_dexdsig:")))
    passwd.chmod(0o644)
    r = subprocess.run(["unshare", "-m", "sh", "-c",
                        'mount --bind "$1" /etc/passwd && shift && exec "$@"',
                        "sh", str(passwd),
                        *d.command("-d", "-f", str(d.config_path), "-r", str(d.run))],
                       capture_output=True, text=True, timeout=PATIENCE)
    if "permission denied" in r.stderr.lower() or "not permitted" in r.stderr:
        pytest.skip("this machine lets nobody unshare")
    assert r.returncode == 1 and "_dexdsig" in r.stderr and "users.sh" in r.stderr
    assert "_dexdeng" not in r.stderr


def test_install(own_dexd, tmp_path):
    """make install: what is installed runs from where it was put."""
    tree = pathlib.Path(__file__).resolve().parents[2]
    subprocess.run(["sh", "regress/install.sh", str(BUILD), str(tmp_path), "/usr"],
                   check=True, cwd=tree)
    for path in ("sbin/dexd", "sbin/dexctl", "libexec/dexd/signer",
                 "share/man/man8/dexd.8", "lib/systemd/system/dexd.service"):
        assert (tmp_path / "usr" / path).exists()
    d = own_dexd(wait=False)
    r = subprocess.run([tmp_path / "usr/sbin/dexd", "-n", "-f", str(d.config_path),
                        "-r", str(d.run)], capture_output=True, text=True)
    assert r.returncode == 0, r.stderr


def test_keys_wait_for_the_first_key(own_dexd):
    """DESIGN section 4: /keys waits for the first key, never an empty set."""
    d = own_dexd(wait=False)
    d.spawn()
    got = []

    def asked():
        try:
            got.append(requests.get(d.issuer + "/keys", timeout=PATIENCE))
        except requests.ConnectionError:
            pass
        # 503: the key takes longer than anybody waits for it.
        return got and got[-1].status_code != 503
    assert wait_for(asked)
    r = got[-1]
    assert r.status_code == 200 and len(r.json()["keys"]) == 1


WITHOUT_LANDLOCK = r"""
#include <errno.h>
#include <seccomp.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
	scmp_filter_ctx	 f = seccomp_init(SCMP_ACT_ALLOW);

	(void)argc;
	if (f == NULL || seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS),
	    SCMP_SYS(landlock_create_ruleset), 0) != 0 || seccomp_load(f) != 0)
		return (99);
	execv(argv[1], argv + 1);
	return (99);
}
"""


def test_no_sandbox_no_start(own_dexd, tmp_path):
    """DESIGN section 8: fails closed, unless the configuration says otherwise."""
    if not SANDBOXED:
        pytest.skip("the sanitizers switch the sandbox off")
    source, helper = tmp_path / "w.c", tmp_path / "w"
    source.write_text(WITHOUT_LANDLOCK)
    subprocess.run(["cc", "-o", helper, source, "-lseccomp"], check=True)
    d = own_dexd(wait=False)
    command = [str(helper), *d.command("-d", "-f", str(d.config_path), "-r", str(d.run))]
    r = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert r.returncode == 1
    assert "no sandbox, no start: this kernel lacks Landlock" in r.stderr
    d.config["sandbox"] = "best-effort"
    d.write_config()
    proc = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        def up():
            try:
                return requests.get(d.issuer + "/keys", timeout=5).status_code == 200
            except requests.ConnectionError:
                return False
        assert wait_for(up)
        assert status(d.rooms()["engine"][0])["Seccomp"] == "2"
    finally:
        proc.terminate()
        log = proc.communicate(timeout=PATIENCE)[1]
    assert "the sandbox is not complete" in log


def test_large_requests_are_capped(own_dexd):
    """DESIGN section 7: a global cap; strangers cannot fill the store."""
    d = own_dexd()
    flow = Flow(d, state="s" * 4000)
    got = [flow.start().status_code for _ in range(1010)]
    assert len(flow.browser.session.cookies) == 3
    assert got == [302] * 1000 + [503] * 10
    assert d.rows("auth_request") == 1000
    # They are counted without a look at the rows of people who have logged in.
    assert "dexd_pending" in d.sql(
        "explain query plan select count(*) from auth_request where"
        " not logged_in and dexd_binder is not null")
    assert Flow(d).start().status_code == 302       # an ordinary one goes on
