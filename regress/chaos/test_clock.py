"""The machine's clock jumps a day forward, then two days back, while people log
in (DESIGN section 6; the table of threats: time).

The clock is that of the whole machine, so this runs only when asked for, alone,
as root, and takes about two minutes:

    CHAOS_CLOCK=1 DEXD_BUILD=build python3 -m pytest -s regress/chaos/test_clock.py

What the clock said before, plus what CLOCK_MONOTONIC has counted since, is set
again at the end: by the test, and by a process that waits for the end of the
test's, however that ends.  Stop an NTP daemon first; it would fight with this.
"""

import base64
import json
import os
import subprocess
import sys
import time

import pytest
import requests

from ledger import PATIENCE, Ledger, new_flow, rooms, wait_for, whole

pytestmark = [
    pytest.mark.skipif(os.environ.get("CHAOS_CLOCK") != "1",
                       reason="it sets the machine's clock: CHAOS_CLOCK=1"),
    pytest.mark.skipif(os.getuid() != 0, reason="only root sets the clock"),
]
DAY = 24 * 3600
A_LOOK = 35             # seconds in which every signer has looked at the clock
RESTORE = """
import sys, time
sys.stdin.read()
time.clock_settime_ns(time.CLOCK_REALTIME, time.monotonic_ns() + int(sys.argv[1]))
"""


class Clock:
    """The machine's; right again afterwards, whatever happens."""

    def __init__(self):
        self.offset = time.time_ns() - time.monotonic_ns()

    def jump(self, seconds):
        """So many seconds from what is right."""
        time.clock_settime_ns(time.CLOCK_REALTIME, time.monotonic_ns() +
                              self.offset + seconds * 10**9)

    def __enter__(self):
        try:
            self.jump(0)
        except PermissionError:
            pytest.skip("this machine's clock cannot be set")
        self.guard = subprocess.Popen(
            [sys.executable, "-c", RESTORE, str(self.offset)],
            stdin=subprocess.PIPE, start_new_session=True)
        return self

    def __exit__(self, *_):
        try:
            self.jump(0)
        finally:
            self.guard.stdin.close()
            self.guard.wait(PATIENCE)


def part(token, n):
    text = token.split(".")[n]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def public_kids(d):
    keys = requests.get(d.issuer + "/keys", timeout=PATIENCE,
                        headers={"Connection": "close"}).json()["keys"]
    return sorted(k["kid"] for k in keys)


def signed_by(d):
    """The key that signs a token now, which is dated by the clock there is."""
    flow = new_flow(d)
    before = int(time.time())
    r = flow.redeem(flow.code())
    assert r.status_code == 200, r.text
    token = r.json()["id_token"]
    claims = part(token, 1)
    assert before - 1 <= claims["iat"] <= time.time() + 1
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


def test_the_clock_jumps(own_dexd):
    def change(c):
        c["expiry"] = {"signingKeys": "6h", "idTokens": "1h"}
    d = own_dexd(change)
    assert wait_for(lambda: whole(d))
    pids = rooms(d)
    first = signed_by(d)
    assert public_kids(d) == [first]
    with Ledger(d) as ledger, Clock() as clock:
        old = new_flow(d)
        old_code = old.code()

        clock.jump(DAY)
        assert wait_for(lambda: whole(d))
        assert spent(d, old, old_code) == 400       # its time is over
        # The key's six hours are over, too: the next one is made, but signs
        # only when it was public for twice the life of a cached /keys.
        assert wait_for(lambda: len(public_kids(d)) == 2, A_LOOK + PATIENCE)
        kids = public_kids(d)
        assert signed_by(d) == first
        ahead = new_flow(d)
        ahead_code = ahead.code()

        clock.jump(-DAY)
        assert wait_for(lambda: whole(d))
        began = time.monotonic()
        while time.monotonic() < began + A_LOOK:
            assert signed_by(d) == first            # no key before its time,
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
        assert signed_by(d) == first
        assert public_kids(d) == kids
        assert rooms(d) == pids                     # nobody died of it
        assert d.proc.poll() is None
    # What was kept for later has expired on one of those days.
    ledger.kept.clear()
    ledger.check()
    assert len(ledger.answers) > 0
    assert "a room died" not in d.read_log()
