"""Every long-lived room under valgrind: no error and no leak after 100,000
requests.  What a room keeps for its life may be reachable at its end; what
nobody points to any more may not."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "flow"))

import dexd as harness  # noqa: E402

ROOMS = ("frontend", "engine", "signer", "authn-local", "authn-mock")
DOCUMENTS = 98800
CLIENTS = 8

WRAPPER = """#!/bin/sh
exec /usr/bin/valgrind --quiet --vgdb=no --leak-check=full \\
    --errors-for-leak-kinds=definite,indirect --log-file={logs}/{room}.%p \\
    {real} "$@"
"""


def wrap(logs):
    """The programs of this build, long-lived rooms behind valgrind."""
    under = logs.parent / "valgrind"
    shutil.copytree(harness.BUILD / "sbin", under / "sbin")
    shutil.copytree(harness.BUILD / "libexec", under / "libexec")
    for room in ROOMS:
        program = under / "libexec" / "dexd" / room
        real = program.with_suffix(".real")
        program.rename(real)
        program.write_text(WRAPPER.format(logs=logs, room=room, real=real))
        program.chmod(0o755)
    return under


def clients(config):
    config["oauth2"] = {"skipApprovalScreen": True}
    # An RSA signature takes half a second under valgrind.
    config["signer"] = {"type": "local", "config": {
        "keysRotationPeriod": "6h", "algorithm": "ES256"}}
    config["staticClients"] += [
        {"id": f"bench-{i}", "secret": "bench-secret-of-a-test",
         "name": f"Bench {i}", "redirectURIs": ["http://127.0.0.1:9/cb"]}
        for i in range(CLIENTS)]


def drive(port, *args):
    out = subprocess.run(
        [str(harness.BUILD / "bench" / "load"), "-p", str(port),
         *args], check=True, capture_output=True, text=True,
        timeout=900).stdout
    result = {k: float(v) for k, v in re.findall(r"(\w+)=([\d.]+)", out)}
    print(args, out.strip())
    return int(result["count"]), int(result["errors"])


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
    monkeypatch.setattr(harness, "BUILD", wrap(logs))
    real_build = pathlib.Path(os.environ.get("DEXD_BUILD", "build")).resolve()
    d = harness.Dexd(clients, user="nobody", wait=False)
    try:
        d.start(seconds=120)
        monkeypatch.setattr(harness, "BUILD", real_build)
        done = 0
        for args in (("-n", "8", "-m", str(DOCUMENTS // 8), "get", "/dex/keys"),
                     ("-n", "2", "-m", "100", "login"),
                     ("-n", "2", "-m", "3", "-c", "local", "-u",
                      "admin%40example.com", "-w", "password", "login"),
                     ("-n", "2", "-m", "50", "refresh"),
                     ("-n", "2", "-m", "150", "userinfo"),
                     ("-n", "4", "-m", "200", "get",
                      "/dex/auth?client_id=bench-0&response_type=code"
                      "&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcb"
                      "&scope=openid")):
            count, errors = drive(d.port, *args)
            done += count
            assert errors == 0, (args, d.read_log()[-3000:])
        assert done >= 100000, done
        assert d.stop() == 0
    finally:
        d.close()
    for room in ROOMS:
        found = list(logs.glob(f"{room}.[0-9]*"))
        assert found, f"{room} did not run under valgrind"
        for log in found:
            assert log.read_text() == "", f"{room}:\n{log.read_text()[:4000]}"
