"""The clock jumps a day forward, then two days back, while people log in
(DESIGN section 6; the table of threats: time).

The clock is dexd's alone: each program is started with clock.c before its own
libraries, its sandbox on.  The tests' own clock and the machine's stay right.
"""

import base64
import json
import struct
import subprocess
import time

import pytest
import requests

import dexd
from dexd import new_flow, rooms, wait_for, whole
from ledger import PATIENCE, Ledger

DAY = 24 * 3600
A_LOOK = 35             # seconds in which every signer has looked at the clock
CLOCK_C = dexd.pathlib.Path(__file__).with_name("clock.c")
PROGRAM = """#!/bin/sh
CLOCK_FILE=%s LD_PRELOAD=%s exec %s "$@"
"""


class Clock:
    """That of one dexd, some seconds from ours."""

    def __init__(self, directory):
        self.file = directory / "offset"
        self.shim = directory / "clock.so"
        self.offset = 0
        self.file.write_bytes(bytes(8))
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "-Wall",
                        "-Wextra", "-o", self.shim, CLOCK_C], check=True)
        self.shim.chmod(0o755)
        self.file.chmod(0o644)

    def jump(self, seconds):
        """So many seconds from what is right: one store, seen by all at once."""
        with open(self.file, "r+b", buffering=0) as f:
            f.write(struct.pack("q", seconds))
        self.offset = seconds

    def now(self):
        return time.time() + self.offset


@pytest.fixture
def clock(tmp_path, monkeypatch):
    """Every program of this dexd has this clock, and is what it was else."""
    tree = dexd.copy_programs(tmp_path)
    clock = Clock(tmp_path)
    for d in ("sbin", "libexec/dexd"):
        for p in sorted((tree / d).iterdir()):
            if p.name == "dexctl":
                continue
            real = tree / "real" / p.name
            real.parent.mkdir(exist_ok=True)
            real.parent.chmod(0o755)
            p.rename(real)
            p.write_text(PROGRAM % (clock.file, clock.shim, real))
            p.chmod(0o755)
    monkeypatch.setattr("dexd.BUILD", tree)
    return clock


def part(token, n):
    text = token.split(".")[n]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def public_kids(d):
    keys = requests.get(d.issuer + "/keys", timeout=PATIENCE,
                        headers={"Connection": "close"}).json()["keys"]
    return sorted(k["kid"] for k in keys)


def signed_by(d, clock):
    """The key that signs a token now, which is dated by the clock there is."""
    flow = new_flow(d)
    before = int(clock.now())
    r = flow.redeem(flow.code())
    assert r.status_code == 200, r.text
    token = r.json()["id_token"]
    claims = part(token, 1)
    assert before - 1 <= claims["iat"] <= clock.now() + 1
    assert claims["exp"] > claims["iat"]
    kid = part(token, 0)["kid"]
    assert kid in public_kids(d)
    return kid


def spent(d, flow, code):
    """Redeems it twice; the status of the first, and never a second 200."""
    first = flow.redeem(code)
    assert first.status_code in (200, 400), first.text
    assert flow.redeem(code).status_code == 400
    if first.status_code == 400:
        assert first.json()["error"] == "invalid_grant"
    return first.status_code


def test_the_clock_jumps(clock, own_dexd):
    def change(c):
        c["expiry"] = {"signingKeys": "6h", "idTokens": "1h"}
    d = own_dexd(change)
    assert wait_for(lambda: whole(d))
    pids = rooms(d)
    first = signed_by(d, clock)
    assert public_kids(d) == [first]
    with Ledger(d, keep=False) as ledger:
        old = new_flow(d)
        old_code = old.code()

        clock.jump(DAY)
        assert wait_for(lambda: whole(d))
        assert spent(d, old, old_code) == 400       # its time is over
        # The key's six hours are over, too: the next one is made, but signs
        # only when it was public for twice the life of a cached /keys.
        assert wait_for(lambda: len(public_kids(d)) == 2, A_LOOK + PATIENCE)
        kids = public_kids(d)
        assert signed_by(d, clock) == first
        ahead = new_flow(d)
        ahead_code = ahead.code()

        clock.jump(-DAY)
        assert wait_for(lambda: whole(d))
        began = time.monotonic()
        while time.monotonic() < began + A_LOOK:
            assert signed_by(d, clock) == first            # no key before its time,
            assert public_kids(d) == kids           # and none dropped
            time.sleep(1)
        print("a code from two days ahead:", spent(d, ahead, ahead_code))
        flow = new_flow(d)
        assert spent(d, flow, flow.code()) == 200
        late = new_flow(d)
        late_code = late.code()

        clock.jump(0)
        assert wait_for(lambda: whole(d))
        assert spent(d, late, late_code) == 400     # from yesterday, it says
        assert signed_by(d, clock) == first
        assert public_kids(d) == kids
        assert rooms(d) == pids                     # nobody died of it
        assert d.proc.poll() is None
    # What was kept for later has expired on one of those days.
    ledger.kept.clear()
    ledger.check()
    assert len(ledger.answers) > 0
    assert "a room died" not in d.read_log()
