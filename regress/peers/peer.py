"""Clients that others wrote, each behind the same few functions.

A kind of client is made once for a running dexd and gives logins:
    login = kind.begin(token_endpoint)      .url: where the person is sent
    login.finish(url)                       the person came back with this
which returns {"claims": of the ID token, "userinfo": ..., "refreshed": claims
of the ID token after a refresh, "again": why the spent refresh token was refused
or None} or raises Refused.
"""

import html
import http.server
import json
import os
import pathlib
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.jose.errors import JoseError
from authlib.oauth2.rfc6749 import MismatchingStateException
from authlib.oidc.core import CodeIDToken

from dexd import BUILD, SECRET

HERE = pathlib.Path(__file__).resolve().parent
# Those that dexd.yaml(5) names.
ALGORITHMS = sorted(set(re.findall(
    r"\b(?:RS|ES)256\b|\bEdDSA\b",
    (HERE.parents[1] / "man" / "dexd.yaml.5").read_text())), reverse=True)
assert {"RS256", "ES256"} <= set(ALGORITHMS)
CALLBACK = "http://127.0.0.1:9/callback"
SCOPE = "openid email profile groups offline_access"
MADE = BUILD / "peers"


class Refused(Exception):
    """The client did not accept what it was given; why, in its words."""


def reserve_port():
    """A socket that keeps its port for a server that sets SO_REUSEADDR."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0))
    return s


def apache_callback(port):
    return f"http://127.0.0.1:{port}/app/back"


# ---- a person with a browser ----

def log_in(session, url, back, connector="mock"):
    """From the client's redirect to the URL that leads back to the client."""
    r = session.get(url, timeout=20, allow_redirects=False)
    for _ in range(12):
        if r.is_redirect or r.status_code == 303:
            url = urllib.parse.urljoin(r.url, r.headers["Location"])
            if url.split("?")[0] == back:
                return url
            r = session.get(url, timeout=20, allow_redirects=False)
            continue
        assert r.status_code == 200, r.text
        link = re.search(rf'href="([^"]*/auth/{connector}\?[^"]*)"', r.text)
        if link:
            r = session.get(urllib.parse.urljoin(r.url, html.unescape(
                link.group(1))), timeout=20, allow_redirects=False)
        elif 'name="password"' in r.text:
            r = session.post(r.url, timeout=20, allow_redirects=False, data={
                "login": "admin@example.com", "password": "password"})
        else:
            r = session.post(r.url, timeout=20, allow_redirects=False,
                             data={"approval": "approve"})
    raise AssertionError("the person gets nowhere: " + r.url)


# ---- a token endpoint that lies ----

class Liar:
    """Passes token requests on and changes what comes back."""

    def __init__(self, dexd):
        self.change = lambda answer: answer
        liar = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self, r, change=lambda x: x):
                body = json.dumps(change(r.json())).encode()
                self.send_response(r.status_code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):       # discovery, with our token endpoint
                self.answer(requests.get(
                    dexd.issuer + "/.well-known/openid-configuration",
                    timeout=20),
                    lambda d: {**d, "token_endpoint": liar.token_endpoint})

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {k: v for k, v in self.headers.items()
                           if k.lower() in ("authorization", "content-type")}
                self.answer(requests.post(dexd.issuer + "/token", data=body,
                                          headers=headers, timeout=20),
                            liar.change)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.token_endpoint = self.url + "/token"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


# ---- programs: openid-client, go-oidc ----

class ProgramLogin:
    callback = CALLBACK

    def __init__(self, command, env, conf):
        self.session = requests.Session()
        self.proc = subprocess.Popen([*command, json.dumps(conf)], env=env,
                                     stdin=subprocess.PIPE, text=True,
                                     stdout=subprocess.PIPE)
        self.url = self.line()["url"]

    def line(self):
        return json.loads(self.proc.stdout.readline())

    def finish(self, url):
        self.proc.stdin.write(url + "\n")
        self.proc.stdin.flush()
        answer = self.line()
        self.close()
        if "refused" in answer:
            raise Refused(answer["refused"])
        return answer

    def close(self):
        self.proc.stdin.close()
        self.proc.wait(20)
        self.proc.stdout.close()


class Program:
    env = None

    def __init__(self, dexd):
        self.dexd = dexd
        self.command = self.build()

    def begin(self, token_endpoint=None):
        return ProgramLogin(self.command, self.env, {
            "issuer": self.dexd.issuer, "token_endpoint": token_endpoint or "",
            "client_id": "app", "client_secret": SECRET, "scope": SCOPE,
            "redirect_uri": CALLBACK, "alg": self.dexd.alg})

    def close(self):
        pass


class OpenidClient(Program):
    name = "openid-client"
    spent = "invalid_request"
    algorithms = {"RS256", "ES256", "EdDSA"}

    def build(self):
        """npm's own check of the lock file; nothing of it runs a script."""
        home = MADE / "openid-client"
        home.mkdir(parents=True, exist_ok=True)
        lock = (HERE / "openid-client" / "package-lock.json").read_bytes()
        stamp = home / "installed"
        if not stamp.exists() or stamp.read_bytes() != lock:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / "openid-client" / name, home)
            subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit",
                            "--no-fund"], cwd=home, check=True, timeout=300)
            stamp.write_bytes(lock)
        self.env = {**os.environ, "NODE_PATH": str(home / "node_modules")}
        return ["node", str(HERE / "openid-client" / "rp.js")]


class GoOidc(Program):
    name = "go-oidc"
    spent = "invalid_request"
    algorithms = {"RS256", "ES256"}

    def build(self):
        """Debian's compiler and Debian's libraries, without a network."""
        program = MADE / "go-oidc"
        source = HERE / "go-oidc" / "main.go"
        MADE.mkdir(parents=True, exist_ok=True)
        if not program.exists() or \
                program.stat().st_mtime < source.stat().st_mtime:
            env = {k: v for k, v in os.environ.items()
                   if not k.startswith("GO")}
            env.update(GO111MODULE="off", GOPATH="/usr/share/gocode",
                       GOCACHE=str(MADE / "go-cache"), GOFLAGS="",
                       CGO_ENABLED="0")
            subprocess.run(["/usr/bin/go", "build", "-o", program, source],
                           env=env, check=True, timeout=300)
        return [str(program)]


# ---- Authlib ----

class AuthlibLogin:
    callback = CALLBACK

    def __init__(self, dexd, token_endpoint):
        self.session = requests.Session()
        self.dexd, self.token_endpoint = dexd, token_endpoint
        self.client = OAuth2Session(
            "other", "other-secret", scope=SCOPE, redirect_uri=CALLBACK,
            code_challenge_method="S256")
        self.meta = requests.get(
            dexd.issuer + "/.well-known/openid-configuration", timeout=20).json()
        self.verifier = secrets.token_urlsafe(48)
        self.nonce = secrets.token_urlsafe(24)
        self.url, self.state = self.client.create_authorization_url(
            self.meta["authorization_endpoint"], nonce=self.nonce,
            code_verifier=self.verifier)

    def finish(self, url):
        try:
            tokens = self.client.fetch_token(
                self.token_endpoint or self.meta["token_endpoint"],
                authorization_response=url, state=self.state,
                code_verifier=self.verifier)
        except MismatchingStateException as e:
            raise Refused(str(e)) from e
        claims = self.verify(tokens)
        userinfo = self.client.get(self.meta["userinfo_endpoint"],
                                   timeout=20).json()
        spent = tokens["refresh_token"]
        refreshed = self.verify(self.refresh(spent))
        try:
            again = self.refresh(spent) and None
        except OAuthError as e:
            again = e.error
        return {"claims": claims, "userinfo": userinfo,
                "refreshed": refreshed, "again": again}

    def refresh(self, token):
        return self.client.refresh_token(self.meta["token_endpoint"],
                                         refresh_token=token)

    def verify(self, tokens):
        keys = JsonWebKey.import_key_set(
            requests.get(self.meta["jwks_uri"], timeout=20).json())
        try:
            claims = JsonWebToken([self.dexd.alg]).decode(
                tokens["id_token"], keys, claims_cls=CodeIDToken,
                claims_options={
                    "iss": {"essential": True, "value": self.meta["issuer"]},
                    "aud": {"essential": True, "value": "other"}},
                claims_params={
                    "nonce": self.nonce, "client_id": "other",
                    # Authlib 1.2 has no at_hash for EdDSA; openid-client has.
                    "access_token": None if self.dexd.alg == "EdDSA" else
                    tokens["access_token"]})
            claims.validate()
        except JoseError as e:
            raise Refused(str(e)) from e
        return dict(claims)

    def close(self):
        self.client.close()


class Authlib:
    name = "Authlib"
    spent = "invalid_request"
    algorithms = {"RS256", "ES256", "EdDSA"}
    client = "other"

    def __init__(self, dexd):
        self.dexd = dexd

    def begin(self, token_endpoint=None):
        return AuthlibLogin(self.dexd, token_endpoint)

    def close(self):
        pass


# ---- mod_auth_openidc in an Apache of its own ----

APACHE = """
ServerRoot {dir}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {dir}/pid
Mutex file:{dir}
ErrorLog {dir}/log
LogLevel warn auth_openidc:info
DocumentRoot {dir}/www
{user}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule headers_module {modules}/mod_headers.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so

OIDCProviderMetadataURL {metadata}
OIDCClientID app
OIDCClientSecret "{secret}"
OIDCRedirectURI {callback}
OIDCCryptoPassphrase {passphrase}
OIDCScope "{scope}"
OIDCResponseType code
OIDCPKCEMethod S256
OIDCIDTokenSignedResponseAlg {alg}
OIDCPassIDTokenAs payload
OIDCPassUserInfoAs json
OIDCPassClaimsAs environment

<Directory {dir}/www>
    Require all granted
</Directory>
<Location /app>
    AuthType openid-connect
    Require valid-user
    Header set X-Claims "%{{OIDC_id_token_payload}}e"
    Header set X-Userinfo "%{{OIDC_userinfo_json}}e"
    Header set X-Access-Token "%{{OIDC_access_token}}e"
</Location>
"""


class Httpd:
    """One Apache with its files in a directory of its own."""

    def __init__(self, dexd, port, metadata):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="dexd-apache-"))
        self.dir.chmod(0o755)
        (self.dir / "www" / "app").mkdir(parents=True)
        (self.dir / "www" / "app" / "index.html").write_text("inside\n")
        self.log = self.dir / "log"
        (self.dir / "conf").write_text(APACHE.format(
            dir=self.dir, port=port, metadata=metadata, scope=SCOPE,
            secret=SECRET, callback=apache_callback(port), alg=dexd.alg,
            passphrase=secrets.token_hex(16),
            modules="/usr/lib/apache2/modules",
            user="User www-data\nGroup www-data" if os.getuid() == 0 else ""))
        self.proc = subprocess.Popen(
            ["/usr/sbin/apache2", "-DFOREGROUND", "-f", str(self.dir / "conf")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "no_proxy": "127.0.0.1"})
        self.url = f"http://127.0.0.1:{port}/app/"
        deadline = time.time() + 30
        while self.proc.poll() is None and time.time() < deadline:
            try:
                requests.get(self.url, timeout=5, allow_redirects=False)
                return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError("Apache does not start:\n" + self.log.read_text())

    def close(self):
        self.proc.terminate()
        self.proc.wait(20)
        shutil.rmtree(self.dir)


class ApacheLogin:
    def __init__(self, httpd, callback):
        self.session = requests.Session()
        self.httpd, self.callback = httpd, callback
        r = self.session.get(httpd.url, timeout=20, allow_redirects=False)
        assert r.status_code == 302, r.text
        self.url = r.headers["Location"]

    def finish(self, url):
        before = len(self.httpd.log.read_text())
        r = self.session.get(url, timeout=20)
        if r.status_code != 200 or r.text != "inside\n":
            raise Refused(self.httpd.log.read_text()[before:])
        got = {"claims": json.loads(r.headers["X-Claims"]),
               "userinfo": json.loads(r.headers["X-Userinfo"])}
        return {**got, **self.refresh(r.headers["X-Access-Token"])}

    def refresh(self, old):
        """The module's own hook: it refreshes and sends the person back."""
        r = self.session.get(self.callback, timeout=20, params={
            "refresh": self.httpd.url, "access_token": old})
        assert r.url == self.httpd.url and r.text == "inside\n", (r.url, r.text)
        assert r.headers["X-Access-Token"] != old
        return {"refreshed": json.loads(r.headers["X-Claims"]), "again": None}

    def close(self):
        self.session.close()


class ModAuthOpenidc:
    name = "mod_auth_openidc"
    spent = None                # keeps its refresh token to itself
    algorithms = {"RS256", "ES256"}

    def __init__(self, dexd):
        self.dexd, self.httpd, self.metadata = dexd, None, None

    def begin(self, token_endpoint=None):
        """One Apache at a time, at the port that is registered with dexd."""
        metadata = self.dexd.issuer if token_endpoint is None else \
            token_endpoint.rsplit("/", 1)[0]
        metadata += "/.well-known/openid-configuration"
        if self.metadata != metadata:
            self.close()
            self.httpd = Httpd(self.dexd, self.dexd.apache_port, metadata)
            self.metadata = metadata
        return ApacheLogin(self.httpd, apache_callback(self.dexd.apache_port))

    def close(self):
        if self.httpd:
            self.httpd.close()
            self.httpd = self.metadata = None


PEERS = [OpenidClient, GoOidc, Authlib, ModAuthOpenidc]
