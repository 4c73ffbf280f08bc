"""The parent when things go wrong one after the other."""

import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest
import requests

from dexd import (BUILD, SANDBOXED, Dexd, copy_programs, kill, put_program,
                  wait_for)

PATIENCE = 30                           # seconds for whatever must happen
MSG_DEF = pathlib.Path(__file__).parents[2] / "lib" / "msg.def"


def children(pid, program):
    """The processes of that program whose parent is pid."""
    out = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            name, fields = stat.read_text().rsplit(")", 1)
        except OSError:
            continue
        if name.split("(", 1)[1] == program and int(fields.split()[1]) == pid:
            out.append(int(stat.parent.name))
    return out


def kill_child(d, program):
    os.kill(children(d.proc.pid, program)[0], signal.SIGKILL)


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Programs of our own copy, to be replaced by others."""
    copy = copy_programs(tmp_path)
    monkeypatch.setattr("dexd.BUILD", copy)
    return copy


def put_back(tree, name):
    path = tree / "libexec/dexd" / name
    path.unlink()
    shutil.copy2(BUILD / "libexec/dexd" / name, path)


def test_starts_that_fail_leave_nobody_behind(tree):
    """While nobody serves one control room hears dexctl, and never more."""
    with Dexd() as d:
        put_program(tree, "signer", "#!/bin/sh\nexit 1\n")
        kill_child(d, "engine")
        assert wait_for(lambda: d.read_log().count(
            "a room died while starting") >= 5)
        # One of them may belong to a start that is still to fail.
        assert wait_for(lambda: len(children(d.proc.pid, "control")) == 1)
        assert d.ctl("status").returncode == 0
        put_back(tree, "signer")
        assert wait_for(lambda: d.ctl("reload").returncode == 0)
        assert requests.get(d.issuer + "/healthz", timeout=PATIENCE,
                            headers={"Connection": "close"}).status_code == 200
        assert wait_for(lambda: len(children(d.proc.pid, "control")) == 1)


def test_a_control_room_that_hangs_is_ended(tree):
    """The one that heard dexctl while nobody served has a time to leave, too."""
    with Dexd() as d:
        put_program(tree, "signer", "#!/bin/sh\nexit 1\n")
        kill_child(d, "engine")
        assert wait_for(lambda: "did not finish in time" in d.read_log())
        assert wait_for(lambda: len(children(d.proc.pid, "control")) == 1)
        hangs = children(d.proc.pid, "control")[0]
        os.kill(hangs, signal.SIGSTOP)
        put_back(tree, "signer")
        assert wait_for(lambda: d.read_log().count("serving with") == 2, 60)
        assert wait_for(lambda: hangs not in children(d.proc.pid, "control"))
        assert d.ctl("status").returncode == 0


def test_a_replaced_room_that_never_gets_ready_is_replaced(tree):
    """Whoever takes a place has a time to fill it; its generation goes on."""
    with Dexd() as d:
        put_program(tree, "authn-mock", "#!/bin/sh\nexec sleep 600\n")
        kill_child(d, "authn-mock")
        assert wait_for(lambda: "a room does not get ready" in d.read_log(),
                        PATIENCE + 60)
        assert requests.get(d.issuer + "/keys").status_code == 200
        put_back(tree, "authn-mock")
        assert wait_for(lambda: all(r["ready"] for r in json.loads(
            d.ctl("-j", "status").stdout)["rooms"]), PATIENCE + 60)
        assert d.read_log().count("serving with") == 1


WORKER = """#!/usr/bin/python3
import os, struct, threading
def say(kind, fields):
    frame = struct.pack(">IHHI", len(fields), kind, 0, 0) + fields
    while frame:
        frame = frame[os.write(3, frame):]
def read():
    while os.read(3, 65536):
        pass
    os._exit(0)
threading.Thread(target=read).start()
key = struct.pack(">I", 32) + bytes([9]) + bytes(31)
say(%d, key)
say(%d, b"")
while True:
    say(%d, key)
"""


def test_a_worker_has_one_key(tree):
    """Each key is told to every frontend: a broken worker must not flood them."""
    names = re.findall(r"^MSG\((\w+),", MSG_DEF.read_text(), re.M)
    key = names.index("AU_PA_SEALKEY") + 1
    with Dexd() as d:
        frontend = children(d.proc.pid, "frontend")
        worker = children(d.proc.pid, "authn-mock")[0]
        put_program(tree, "authn-mock", WORKER % (
            key, names.index("ROOM_PA_READY") + 1, key))
        os.kill(worker, signal.SIGKILL)
        assert wait_for(lambda: "a seal key twice" in d.read_log())
        assert requests.get(d.issuer + "/healthz",
                            timeout=PATIENCE).status_code == 200
        assert children(d.proc.pid, "frontend") == frontend


def test_a_signal_during_the_first_start_is_remembered(own_dexd):
    """A SIGHUP that comes before we serve is a reload as soon as we do."""
    d = own_dexd(wait=False)
    d.spawn()
    assert wait_for(lambda: "listening on" in d.read_log())
    d.proc.send_signal(signal.SIGHUP)
    assert wait_for(lambda: d.read_log().count("serving with") == 2)


def test_long_problems_are_told_in_any_script(own_dexd):
    """A text that must be cut is cut between characters, and is told."""
    d = own_dexd()
    for shift in "", "x":
        d.config_path.write_text("".join(
            f"{shift}{'ж' * 60}{i}: 1\n" for i in range(60)))
        r = d.ctl("reload")
        assert r.returncode == 1 and "жжж" in r.stderr, r.stderr


def test_http_and_https_need_two_addresses(own_dexd):
    """One socket for both would answer every second visitor in clear."""
    d = own_dexd(wait=False)
    d.config["web"].update(https=f"127.0.0.1:{d.port}", tlsCert="c", tlsKey="k")
    d.write_config()
    assert d.spawn("-n").wait(PATIENCE) == 1
    assert re.search(r"dexd.yaml:\d+: web.https needs an address of its own",
                     d.read_log())


def test_a_key_that_is_never_made(tree):
    """A keygen that hangs is given up, and the next one makes the key."""
    put_program(tree, "keygen", "#!/bin/sh\nexec sleep 1000\n")
    with Dexd(wait=False) as d:
        d.spawn()
        assert wait_for(lambda: children(d.proc.pid, "sleep"))
        put_back(tree, "keygen")
        assert wait_for(lambda: not children(d.proc.pid, "sleep"),
                        60 if SANDBOXED else 120)
        assert "a signing key takes too long to make" in d.read_log()

        def has_keys():
            try:
                return requests.get(d.issuer + "/keys", timeout=5).status_code == 200
            except requests.RequestException:
                return False
        assert wait_for(has_keys)


PIDFD_GETFD = 438


def take_wire(pid):
    """A copy of a room's wire to its parent: while it is held the wire is open."""
    pidfd = os.pidfd_open(pid)
    try:
        fd = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, pidfd, 3, 0)
    finally:
        os.close(pidfd)
    if fd == -1:
        pytest.skip("this machine gives nobody others' descriptors")
    return fd


def test_who_asked_for_a_reload_is_dead_before_it_is_done():
    """It died with words of its own still on the wire, and is put away with its
    generation before the parent has read them: nobody is answered then."""
    with Dexd() as d:
        [control] = d.rooms()["control"]
        wire = take_wire(control)
        old = d.rooms()["frontend"]
        kill(old, signal.SIGSTOP)       # the reload is answered later
        ctl = subprocess.Popen([BUILD / "sbin/dexctl", "-r", d.run, "reload"],
                               stderr=subprocess.DEVNULL)
        assert wait_for(lambda: "reloading" in d.read_log())
        kill([control])
        assert ctl.wait(PATIENCE) == 1
        assert wait_for(lambda: d.read_log().count("serving with") == 2)
        kill(old)
        os.close(wire)
        assert wait_for(lambda: d.ctl("reload").returncode == 0)
