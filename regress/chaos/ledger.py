"""People who log in meanwhile, and what was promised to them."""

import functools
import time

import requests

from dexd import CALLBACK, FAILURES, SECRET, Flow, new_flow, params_of, token
from load import Threads

PATIENCE = 60               # seconds for whatever must happen
THREADS = 3
KEEPERS = 2 * THREADS       # of which each thread has one that only waits
OFFLINE = "openid email offline_access"


def keepers(config):
    """A person has one refresh token for each connector and client, so those
    that must not replace each other's need clients of their own."""
    config["staticClients"] += [
        {"id": f"keeper-{n}", "secret": SECRET, "name": f"Keeper {n}",
         "redirectURIs": [CALLBACK]} for n in range(KEEPERS)]


class OverTls:
    """The same dexd through its other door, its certificate looked at."""

    def __init__(self, d):
        self.issuer = "https://" + d.config["web"]["https"] + "/dex"
        self.verify = d.config["web"]["tlsCert"]


def asked(call):
    """The answer, or None: nobody heard what became of it."""
    try:
        return call()
    except requests.RequestException:
        return None


class Keeper:
    """A client with one refresh token, and what it was told about it."""

    def __init__(self, d, n):
        self.d = d
        self.auth = (f"keeper-{n}", SECRET)
        self.connector = "local" if n % THREADS == 0 else "mock"
        self.waits = n >= THREADS       # uses its token when all is over
        self.token = None               # the last one it heard of,
        self.sure = True                # which nothing can have replaced
        self.spent = []
        self.lost = []                  # good tokens that were refused

    def log_in(self):
        flow = Flow(self.d, connector=self.connector, client=self.auth[0],
                    scope=OFFLINE)
        flow.browser.session.headers["Connection"] = "close"
        r = flow.redeem(flow.code(), auth=self.auth)
        assert r.status_code == 200, r.text
        self.token, self.sure = r.json()["refresh_token"], True

    def refresh(self, text):
        return asked(lambda: token(self.d, self.auth, refresh_token=text,
                                   grant_type="refresh_token"))

    def use(self):
        if self.token is None:
            self.log_in()
        elif not self.waits:
            self.rotate()

    def rotate(self):
        """An answer that says 'later', and none at all, tell nothing about the
        commit; after that the token is good or, at worst, was taken."""
        r = self.refresh(self.token)
        if r is None or r.status_code in (500, 503):
            self.sure = False
            return
        if r.status_code == 200:
            self.spent.append(self.token)
            self.token, self.sure = r.json()["refresh_token"], True
            return
        if self.sure or r.status_code != 400:
            self.lost.append((self.auth[0], r.status_code, r.text))
        self.token = None

    def check(self):
        """When all is quiet: the last one is good, once, and no other is."""
        assert self.lost == []
        if self.token is not None:
            self.rotate()
            assert self.lost == []
        if self.token is None:          # taken by an answer that nobody heard
            self.log_in()
        assert self.sure
        for text in self.spent[-3:]:
            assert self.refresh(text).status_code == 400
        assert self.refresh(self.token).status_code == 200


class Ledger(Threads):
    """People log in, now and then with a password, through every door that
    there is; what was promised to each of them is written down."""

    PATIENCE = 3 * PATIENCE             # a turn is three steps at most

    def __init__(self, d, keep=True):
        self.d = d
        self.doors = [d]
        if "https" in d.config["web"]:
            self.doors.append(OverTls(d))
        self.kept = []          # (flow, code): issued and not shown to anybody
        self.answers = {}       # code -> statuses of its redemptions
        self.wrong = []         # what no crash excuses
        self.looks = 0          # at the counts
        self.keepers = [Keeper(d, n) for n in range(KEEPERS if keep else 0)]
        functions = [functools.partial(self.run, i) for i in range(THREADS)]
        if "telemetry" in d.config:
            functions.append(self.look)
        super().__init__(functions)

    def __enter__(self):
        for k in self.keepers:
            k.use()
        self.take_turn(0, "local")
        return super().__enter__()

    def run(self, n):
        mine = self.keepers[n::THREADS]
        turn = n
        while not self.done.is_set():
            turn += 1
            try:
                # A password costs eighty milliseconds of bcrypt.
                self.take_turn(turn, "local" if turn % 16 == 7 else "mock")
                if mine and turn % 3 == 0:
                    mine[turn // 3 % len(mine)].use()
            except FAILURES as e:
                self.note(e)
                time.sleep(0.02)

    def note(self, e):
        """The listening sockets outlive whoever accepts on them."""
        if "refused" in repr(e):
            self.wrong.append(repr(e))

    def take_turn(self, turn, connector):
        flow = new_flow(self.doors[turn // 2 % len(self.doors)], connector)
        r = flow.authenticate()
        if r.status_code == 401:
            self.wrong.append("a good password was refused")
        code = params_of(flow.approve(r))["code"]
        if turn % 4 == 0:
            with self.lock:
                self.kept.append((flow, code))
            return
        for _ in range(2):              # the second must never win, too
            self.redeem(flow, code)

    def redeem(self, flow, code):
        r = asked(lambda: flow.redeem(code))
        status = r if r is None else r.status_code
        with self.lock:
            self.answers.setdefault(code, []).append(status)
        return status

    def look(self):
        url = "http://" + self.d.config["telemetry"]["http"] + "/metrics"
        while not self.done.is_set():
            try:
                r = requests.get(url, timeout=PATIENCE)
                if r.status_code == 200:
                    self.looks += 1
                elif r.status_code != 503:
                    self.wrong.append((r.status_code, r.text))
            except requests.RequestException as e:
                self.note(e)
            time.sleep(0.1)

    def check(self):
        """When all is quiet again."""
        assert self.wrong == []
        twice = {c: a for c, a in self.answers.items() if a.count(200) > 1}
        assert twice == {}
        for flow, code in self.kept:    # committed grants survive ...
            assert self.redeem(flow, code) == 200
            assert self.redeem(flow, code) == 400   # ... and work once
        for k in self.keepers:
            k.check()
        assert self.d.sql("pragma integrity_check") == "ok"
        rotations = sum(len(k.spent) for k in self.keepers)
        print(f"{len(self.answers)} codes, {len(self.kept)} of them kept, "
              f"{rotations} rotations, {self.looks} looks")
