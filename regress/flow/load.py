"""Load that notices everything: refused connections, cut or wrong answers."""

import http.client
import socket
import threading
import time

import requests

from dexd import Flow

STALE = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)


class Threads:
    """Functions that go on, each in a thread, until .done is set: for as long as
    the block lasts."""

    PATIENCE = 60                       # seconds for each to end

    def __init__(self, functions):
        self.done = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=f, daemon=True) for f in functions]

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for t in self.threads:
            t.join(self.PATIENCE)


class Load(Threads):
    """Threads that ask for as long as the block lasts; .errors says what went wrong."""

    def __init__(self, dexd, keeping=2, fresh=1, logins=1, allow=()):
        self.dexd = dexd
        self.base = dexd.issuer.split("/", 3)[3]
        self.allow = set(allow)         # statuses that are no error beside 200
        self.errors = []
        self.answers = 0
        self.logins = 0
        super().__init__([self.keep] * keeping + [self.fresh] * fresh +
                         [self.login] * logins)

    def error(self, *what):
        with self.lock:
            self.errors.append(what)

    def count(self):
        with self.lock:
            self.answers += 1

    def check(self, r, body, path):
        if r.status != 200 and r.status not in self.allow:
            self.error("status", path, r.status, body[:200])
        elif r.status == 200 and path != "healthz" and not body.endswith(b"}"):
            self.error("cut", path, body[-100:])
        self.count()

    def ask(self, conn, path):
        conn.request("GET", f"/{self.base}/{path}")
        r = conn.getresponse()
        body = r.read()                 # raises IncompleteRead when it is cut
        self.check(r, body, path)
        return r.getheader("Connection") == "close"

    PATHS = ("keys", ".well-known/openid-configuration", "healthz")

    def keep(self):
        """Keep-alive: only an idle connection may be closed without an answer."""
        conn, used = None, 0
        n = 0
        while not self.done.is_set():
            n += 1
            try:
                if conn is None:
                    conn, used = http.client.HTTPConnection(
                        "127.0.0.1", self.dexd.port, timeout=60), 0
                closes = self.ask(conn, self.PATHS[n % 3])
                used += 1
                if closes:
                    conn.close()
                    conn = None
            except STALE as e:
                if not used:
                    self.error("fresh connection", repr(e))
                conn.close()
                conn = None
            except (OSError, http.client.HTTPException) as e:
                self.error("keep", repr(e))
                conn = None

    def fresh(self):
        """A connection for each request: each has its answer."""
        n = 0
        while not self.done.is_set():
            n += 1
            began = time.monotonic()
            conn = http.client.HTTPConnection("127.0.0.1", self.dexd.port,
                                              timeout=60)
            try:
                self.ask(conn, self.PATHS[n % 3])
            except (OSError, http.client.HTTPException) as e:
                # A starved client may be idle for longer than the drain allows.
                if time.monotonic() - began < 1.5 or isinstance(e, socket.timeout):
                    self.error("fresh", repr(e))
            finally:
                conn.close()

    def login(self):
        while not self.done.is_set():
            flow = Flow(self.dexd)
            flow.browser.session.headers["Connection"] = "close"
            try:
                r = flow.redeem(flow.code())
                if r.status_code != 200:
                    self.error("login", r.status_code, r.text[:200])
                with self.lock:
                    self.logins += 1
            except (AssertionError, KeyError, requests.RequestException) as e:
                self.error("login", repr(e)[:300])
