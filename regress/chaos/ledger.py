"""People who log in meanwhile, and what was promised to them."""

import json
import subprocess
import threading
import time

import requests

from dexd import FAILURES, new_flow

PATIENCE = 60


def rooms(d):
    try:
        return d.rooms()
    except (json.JSONDecodeError, KeyError, subprocess.TimeoutExpired):
        return {}


class Ledger:
    """People log in; what was promised to each of them is written down."""

    def __init__(self, d, threads=3):
        self.d = d
        self.kept = []          # (flow, code): issued and not shown to anybody
        self.answers = {}       # code -> statuses of its redemptions
        self.lock = threading.Lock()
        self.done = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(i,), daemon=True)
                        for i in range(threads)]

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for t in self.threads:
            t.join(PATIENCE * 3)

    def run(self, n):
        turn = n
        while not self.done.is_set():
            turn += 1
            try:
                flow = new_flow(self.d)
                code = flow.code()
            except FAILURES:
                time.sleep(0.02)
                continue
            if turn % 4 == 0:
                with self.lock:
                    self.kept.append((flow, code))
                continue
            for _ in range(2):          # the second must never win, too
                self.redeem(flow, code)

    def redeem(self, flow, code):
        try:
            status = flow.redeem(code).status_code
        except requests.RequestException:
            status = None               # nobody heard whether it was spent
        with self.lock:
            self.answers.setdefault(code, []).append(status)
        return status

    def check(self):
        """When all is quiet again."""
        twice = {c: a for c, a in self.answers.items() if a.count(200) > 1}
        assert twice == {}
        for flow, code in self.kept:    # committed grants survive ...
            assert self.redeem(flow, code) == 200
            assert self.redeem(flow, code) == 400   # ... and work once
        assert self.d.sql("pragma integrity_check") == "ok"
        print(f"{len(self.answers)} codes, {len(self.kept)} of them kept")

