"""Every long-lived room and the parent under valgrind: no error and no leak after
100,000 requests.  What a room keeps for its life may be reachable at its end;
what nobody points to any more may not."""

import pathlib
import shutil
import tempfile

import pytest

import driven
from driven import AUTH_PAGE, BY_PASSWORD, ROOMS, Driver, harness

DOCUMENTS = 98800

# For setproctitle(3) libbsd copies the environment, which the parent then clears.
KNOWN = """{
   environment
   Memcheck:Leak
   ...
   fun:setproctitle_init
}
"""
WRAPPER = """#!/bin/sh
exec /usr/bin/valgrind --quiet --vgdb=no --leak-check=full \\
    --child-silent-after-fork=yes --suppressions={logs}/known \\
    --errors-for-leak-kinds=definite,indirect --log-file={logs}/{room}.%p \\
    {real} "$@"
"""


def wrap(logs):
    """The programs of this build, long-lived ones behind valgrind."""
    under = logs.parent / "valgrind"
    shutil.copytree(harness.BUILD / "sbin", under / "sbin")
    shutil.copytree(harness.BUILD / "libexec", under / "libexec")
    for room in (*ROOMS, "dexd"):
        program = under / ("sbin" if room == "dexd" else "libexec/dexd") / room
        real = program.with_suffix(".real")
        program.rename(real)
        program.write_text(WRAPPER.format(logs=logs, room=room, real=real))
        program.chmod(0o755)
    return under


@pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind")
def test_no_room_leaks_or_errs(monkeypatch):
    # pytest's own directories are closed to the user that the rooms run as.
    top = pathlib.Path(tempfile.mkdtemp(prefix="dexd-valgrind-"))
    try:
        top.chmod(0o755)
        look_for_leaks(top, monkeypatch)
    finally:
        shutil.rmtree(top, ignore_errors=True)


def look_for_leaks(top, monkeypatch):
    logs = top / "logs"
    logs.mkdir()
    logs.chmod(0o777)
    (logs / "known").write_text(KNOWN)
    monkeypatch.setattr(harness, "BUILD", wrap(logs))
    d = harness.Dexd(driven.every_room(top), user="nobody", wait=False)
    try:
        d.start(seconds=120)
        assert set(d.rooms()) >= set(ROOMS)
        monkeypatch.setattr(harness, "BUILD", driven.REAL_BUILD)
        asks = Driver(d)
        asks.load(8, DOCUMENTS // 8, "get", "/dex/keys")
        asks.load(2, 100, "login")
        asks.load(2, 3, *BY_PASSWORD, "login")
        asks.load(2, 50, "refresh")
        asks.load(2, 150, "userinfo")
        asks.load(4, 200, "get", AUTH_PAGE)
        asks.over_tls(4, 50, "handshake", "/dex/keys")
        asks.over_tls(2, 20, "login")
        asks.metrics(4, 25)
        asks.dexctl(60)
        assert asks.done >= 100000, asks.done
        # The parent forgets a whole generation, and a room that it replaces.
        assert d.ctl("reload").returncode == 0
        assert harness.wait_for(lambda: "telemetry" in harness.rooms(d))
        before = harness.rooms(d)["telemetry"]
        harness.kill(before)
        assert harness.wait_for(
            lambda: harness.rooms(d).get("telemetry", before) != before)
        asks.metrics(1, 1)
        assert d.stop() == 0
    finally:
        d.close()
    for room in (*ROOMS, "dexd"):
        found = list(logs.glob(f"{room}.[0-9]*"))
        assert found, f"{room} did not run under valgrind"
        for log in found:
            # The other lines are about valgrind, which knows no Landlock.
            told = [line for line in log.read_text().splitlines()
                    if line.startswith("==")]
            assert told == [], room + ":\n" + "\n".join(told[:60])
