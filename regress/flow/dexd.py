"""Starts a real dexd with its sandbox on, and talks to it over HTTP."""

import base64
import hashlib
import itertools
import json
import os
import pathlib
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

import requests

BUILD = pathlib.Path(os.environ.get("DEXD_BUILD", "build")).resolve()
# Sanitizers, counters and valgrind need more than the sandbox allows.
SANDBOXED = BUILD.name not in ("asan", "cov", "valgrind")
WRAP = os.environ.get("DEXD_WRAP", "").split()  # runs dexd, as strace does
TROUBLE = re.compile(r"Sanitizer|runtime error:|sandbox: system call \d+ refused")
NOBODY = 65534
CALLBACK = "http://127.0.0.1:9/callback"
SECRET = "the secret: of/app+1"
HASH = "$2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W"  # password


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def kill(pids, sig=signal.SIGKILL):
    for pid in pids:
        try:
            if pid > 0:        # 0 waits to be started; to kill(2), all of us
                os.kill(pid, sig)
        except ProcessLookupError:
            pass


def copy_programs(directory):
    """Programs of a test's own, to be replaced by others; returns where."""
    copy = directory / "dexd"
    shutil.copytree(BUILD / "libexec", copy / "libexec")
    shutil.copytree(BUILD / "sbin", copy / "sbin")
    for p in (*directory.parents, directory):
        if p.stat().st_uid == os.getuid() and p != pathlib.Path("/"):
            p.chmod(p.stat().st_mode | 0o055)
    return copy


def put_program(tree, name, text):
    path = tree / "libexec/dexd" / name
    path.unlink()
    path.write_text(text)
    path.chmod(0o755)


def memory(pid):
    """Private bytes that were written to, in KiB."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in text.splitlines()
               if line.startswith("Private_Dirty:"))


def wait_for(what, seconds=60):
    """Patience, not a measurement: true as soon as it is so."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.02)
    return False


# Below those that the kernel gives to clients, any of whom could have it before
# dexd listens; a share for each worker of a parallel run, and no port twice.
SHARE = 1300
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
TURNS = itertools.count(random.randrange(SHARE))


def free_port():
    while True:
        port = 10000 + WORKER % 16 * SHARE + next(TURNS) % SHARE
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def begun(port, path, length, *fields):
    """A request that the frontend is reading: its body is still to come.  Only
    an answer shows that (RFC 9110 10.1.1); before it, the connection may wait
    for whoever accepts next."""
    s = socket.create_connection(("127.0.0.1", port), timeout=60)
    s.sendall("\r\n".join((
        f"POST {path} HTTP/1.1", "Host: x", *fields, "Expect: 100-continue",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {length}", "", "")).encode())
    expected, got = b"HTTP/1.1 100 Continue\r\n\r\n", b""
    while len(got) < len(expected) and (piece := s.recv(len(expected) - len(got))):
        got += piece
    assert got == expected, got
    return s


def keypair(directory, name):
    """A certificate for loopback that signed itself, and its key."""
    cert, key = directory / f"{name}.crt", directory / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
                    cert, "-days", "2", "-subj", f"/CN={name}", "-addext",
                    "subjectAltName=IP:127.0.0.1"],
                   check=True, capture_output=True)
    return str(cert), str(key)


def base_config(port, db):
    """What most tests run: two mocks, the password database, four clients."""
    return {
        "issuer": f"http://127.0.0.1:{port}/dex",
        "storage": {"type": "sqlite3", "config": {"file": str(db)}},
        "web": {"http": f"127.0.0.1:{port}"},
        "enablePasswordDB": True,
        "staticPasswords": [{
            "email": "Admin@example.com", "hash": HASH, "username": "admin",
            "userID": "08a8684b-db88-4b73-90a9-3cd1661f5466",
            "groups": ["wheel", "staff"]}],
        "connectors": [
            {"type": "mockCallback", "id": "mock", "name": "Mock"},
            {"type": "mockPassword", "id": "pw", "name": "apassword",
             "config": {"username": "foo", "password": "bar"}}],
        "staticClients": [
            {"id": "app", "secret": SECRET, "name": "The App",
             "redirectURIs": [CALLBACK, "http://127.0.0.1:9/cb?x=1"]},
            {"id": "other", "secret": "other-secret", "name": "Other",
             "redirectURIs": [CALLBACK], "trustedPeers": ["app"]},
            {"id": "cli", "name": "Command line", "public": True},
            {"id": "narrow", "secret": "narrow-secret", "name": "Narrow",
             "redirectURIs": [CALLBACK], "allowedConnectors": ["mock"]}],
    }


class Dexd:
    """One running dexd in a directory of its own."""

    def __init__(self, change=None, user="root", wait=True):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="dexd-flow-"))
        self.user = user
        self.port = free_port()
        self.db = self.dir / "db" / "dexd.db"
        self.run = self.dir / "run"
        self.log_path = self.dir / "log"
        self.config_path = self.dir / "dexd.yaml"
        (self.dir / "db").mkdir()
        self.run.mkdir()
        self.dir.chmod(0o755)
        self.config = base_config(self.port, self.db)
        if change:
            change(self.config)
        self.issuer = self.config["issuer"]
        self.write_config()
        self.own()
        self.proc = None
        if wait:
            self.start()

    def own(self):
        if os.getuid() != 0:
            return
        if self.user == "root":
            shutil.chown(self.dir / "db", "_dexdeng")
        else:
            for p in (self.dir, self.dir / "db", self.run):
                os.chown(p, NOBODY, NOBODY)

    def write_config(self, config=None):
        self.config_path.write_text(json.dumps(config or self.config, indent=1))

    def command(self, *args):
        cmd = [str(BUILD / "sbin" / "dexd"), *args]
        if os.getuid() == 0 and self.user != "root":
            cmd = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
                   "--clear-groups", *cmd]
        return WRAP + cmd

    def spawn(self, *extra, env=None):
        self.log = open(self.log_path, "ab")
        self.proc = subprocess.Popen(
            self.command("-d", "-f", str(self.config_path), "-r",
                         str(self.run), *extra),
            stdout=self.log, stderr=self.log, env={**os.environ, **(env or {})})
        return self.proc

    def start(self, seconds=60):
        """A busy machine makes its first key slowly."""
        self.spawn()
        deadline = time.time() + seconds
        while time.time() < deadline:
            if self.proc.poll() is not None:
                break
            try:
                if requests.get(self.issuer + "/keys", timeout=5,
                                verify=False).status_code == 200:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.02)
        raise AssertionError("dexd does not start:\n" + self.read_log())

    def read_log(self):
        return self.log_path.read_text(errors="replace")

    def ctl(self, *args):
        cmd = [str(BUILD / "sbin" / "dexctl"), "-r", str(self.run), *args]
        return subprocess.run(cmd, capture_output=True, text=True, timeout=60)

    def rooms(self):
        """Program → pids, from dexctl status; 0 waits to be started."""
        out = {}
        status = self.ctl("-j", "status")
        for room in json.loads(status.stdout)["rooms"]:
            out.setdefault(room["room"], []).append(room["pid"])
        return out

    def rows(self, table):
        return int(self.sql(f"select count(*) from {table}"))

    def sql(self, text):
        return subprocess.run(["sqlite3", "-cmd", ".timeout 5000", str(self.db),
                               text], check=True, capture_output=True,
                              text=True).stdout.strip()

    def stop(self):
        if self.proc and self.proc.poll() is None:
            self.proc.terminate()
            try:
                self.proc.wait(30)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()
        return self.proc.returncode if self.proc else None

    def close(self):
        self.stop()
        try:
            self.check_log()
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)

    def check_log(self):
        """A room that dies of a sanitizer's report is replaced, and one that
        is refused a system call goes on: only the log knows."""
        text = self.log_path.read_text(errors="replace") \
            if self.log_path.exists() else ""
        told = [line for line in text.splitlines() if TROUBLE.search(line)]
        assert not told, "\n".join(told[:20])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def trusted(dexd):
    """What its certificate is checked against, if that is a file of its own."""
    return getattr(dexd, "verify", True)


def rooms(d):
    """Dexd.rooms(), and none while nobody can be asked."""
    try:
        return d.rooms()
    except (json.JSONDecodeError, KeyError, subprocess.TimeoutExpired):
        return {}


class Browser:
    """A browser of one person: keeps cookies, follows nothing by itself."""

    def __init__(self, dexd):
        self.dexd = dexd
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = trusted(dexd)

    def url(self, target):
        return urllib.parse.urljoin(self.dexd.issuer + "/", target)

    def get(self, target, **kw):
        return self.session.get(self.url(target), allow_redirects=False,
                                timeout=20, **kw)

    def post(self, target, data, **kw):
        return self.session.post(self.url(target), data=data,
                                 allow_redirects=False, timeout=20, **kw)


class Flow:
    """One authorization code flow of a client with PKCE."""

    def __init__(self, dexd, browser=None, connector="mock", client="app",
                 scope="openid email profile groups", **params):
        self.dexd = dexd
        self.browser = browser or Browser(dexd)
        self.connector = connector
        self.verifier = secrets.token_urlsafe(48)
        self.params = {
            "client_id": client, "redirect_uri": CALLBACK,
            "response_type": "code", "scope": scope,
            "state": secrets.token_urlsafe(16), "nonce": secrets.token_urlsafe(16),
            "code_challenge": s256(self.verifier),
            "code_challenge_method": "S256"}
        self.params.update(params)
        self.params = {k: v for k, v in self.params.items() if v is not None}

    def start(self):
        return self.browser.get(f"auth/{self.connector}?" +
                                urllib.parse.urlencode(self.params))

    def authenticate(self, login="admin@example.com", password="password"):
        """Up to the page or redirect behind the connector."""
        r = self.start()
        assert r.status_code == 302, r.text
        target = r.headers["Location"]
        if "/login?" in target:
            assert self.browser.get(target).status_code == 200
            return self.browser.post(target, {"login": login,
                                              "password": password})
        return self.browser.get(target)

    def approve(self, r):
        """From the redirect to /approval to the redirect to the client."""
        assert r.status_code == 303, r.text
        if "/approval?" not in r.headers["Location"]:
            return r
        target = r.headers["Location"]
        assert self.browser.get(target).status_code == 200
        return self.browser.post(target, {"approval": "approve"})

    def code(self, **kw):
        r = self.approve(self.authenticate(**kw))
        assert r.status_code == 303, r.text
        back = params_of(r)
        assert back["state"] == self.params.get("state", "")
        return back["code"]

    def redeem(self, code, auth=("app", SECRET), **change):
        data = {"grant_type": "authorization_code", "code": code,
                "redirect_uri": self.params["redirect_uri"],
                "code_verifier": self.verifier}
        data.update(change)
        return token(self.dexd, auth, **data)


# What a log-in ends in while dexd is not whole.
FAILURES = (AssertionError, KeyError, requests.RequestException)


def new_flow(dexd, connector="mock"):
    """Over connections of its own, so that none outlives a frontend."""
    flow = Flow(dexd, connector=connector)
    flow.browser.session.headers["Connection"] = "close"
    return flow


def whole(dexd, connector="mock"):
    """Does a person log in, from the first page to the token?"""
    try:
        flow = new_flow(dexd, connector)
        return flow.redeem(flow.code()).status_code == 200
    except FAILURES:
        return False


def reload(dexd):
    """dexctl reload; while another generation drains it is busy (75)."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        r = dexd.ctl("reload")
        if r.returncode != 75:
            return r
        time.sleep(0.05)
    raise AssertionError("busy for a minute:\n" + dexd.read_log())


def served(dexd):
    """How many generations have served."""
    return dexd.read_log().count("serving with configuration")


def token(dexd, auth=("app", SECRET), **data):
    data = {k: v for k, v in data.items() if v is not None}
    headers = {}
    if auth:
        pair = ":".join(urllib.parse.quote_plus(p) for p in auth)
        headers["Authorization"] = "Basic " + \
            base64.b64encode(pair.encode()).decode()
    return requests.post(dexd.issuer + "/token", data=data, headers=headers,
                         timeout=20, verify=trusted(dexd))


def s256(verifier):
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def params_of(response):
    query = urllib.parse.urlsplit(response.headers["Location"]).query
    return dict(urllib.parse.parse_qsl(query, keep_blank_values=True))


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def is_oauth_error(r, status, code):
    """RFC 6749 section 5.2, in dex's bytes."""
    assert r.status_code == status, r.text
    assert r.headers["Content-Type"] == "application/json"
    body = r.json()
    assert body["error"] == code
    assert set(body) <= {"error", "error_description"}
    assert not r.content.endswith(b"\n")
    return True


def is_page(r, status):
    assert r.status_code == status, (r.status_code, r.text)
    assert r.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in r.headers["Content-Security-Policy"]
    assert r.headers["Cache-Control"] == "no-store"
    return True
