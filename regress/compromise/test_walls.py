"""Who can speak to whom, and who has the database: what the processes of a
running dexd hold open (the table of threats in dexd(8), DESIGN.md, Rooms)."""

import os
import pathlib
import pwd
import re
import subprocess

import pytest

from dexd import Flow, free_port
from procs import processes

pytestmark = pytest.mark.skipif(os.getuid() != 0,
                                reason="only root sees others' descriptors")
USERS = {"config": "_dexdcfg", "frontend": "_dexd", "telemetry": "_dexd",
         "engine": "_dexdeng", "signer": "_dexdsig", "authn": "_dexdauth",
         "control": "_dexdctl"}


def room_of(program):
    return "authn" if program.startswith("authn-") else program


def descriptors(pid):
    """What each open descriptor is, as the kernel names it."""
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            yield os.readlink(entry)
        except FileNotFoundError:
            pass                        # closed meanwhile


def peers():
    """Inode → inode of the other end, of every connected local socket."""
    lines = subprocess.run(["ss", "-xaHn"], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    for line in lines:
        ends = re.findall(r" (\d+) +\S+ (\d+) *$", line)
        if ends and ends[0][1] != "0":
            yield ends[0]


def everything(make):
    """All rooms that a dexd can have for long, in use."""
    d = make(signers=2, frontends=2, telemetry={"http": f"127.0.0.1:{free_port()}"})
    f = Flow(d)
    assert f.redeem(f.code()).status_code == 200
    return d


def test_only_these_rooms_can_speak(make):
    """No wire but to the parent and to the engine: a room can neither make a
    socket nor be given one by another."""
    d = everything(make)
    owner = {}
    for pid, program in processes(d).items():
        for what in descriptors(pid):
            if m := re.fullmatch(r"socket:\[(\d+)\]", what):
                owner.setdefault(m[1], set()).add(program)
    wires = set()
    for ends in peers():
        for a in owner.get(ends[0], ()):
            for b in owner.get(ends[1], ()):
                wires.add(frozenset((a, b)))
    rooms = set(d.rooms())
    assert {"frontend", "engine", "signer", "authn-mock", "authn-local", "control",
            "telemetry"} <= rooms
    assert wires == {frozenset(("parent", r)) for r in rooms} | \
        {frozenset(("engine", r)) for r in rooms - {"engine"}}


def test_only_the_engine_has_the_database(make):
    """The engine has it open; no other room does.  Of root's dexd, the others
    are in an empty directory and are users who may not read it."""
    d = everything(make)
    for pid, program in processes(d).items():
        files = [x for x in descriptors(pid) if x.startswith(str(d.db.parent))]
        assert bool(files) == (program == "engine"), (program, files)
        if d.user != "root" or program == "parent":
            continue
        jail = os.readlink(f"/proc/{pid}/root")
        assert jail == str(d.db.parent if program == "engine" else d.run / "empty")
        user = pwd.getpwnam(USERS[room_of(program)])
        uids = pathlib.Path(f"/proc/{pid}/status").read_text()
        assert re.search(rf"^Uid:(\t{user.pw_uid}){{4}}$", uids, re.M), program
        read = subprocess.run(["setpriv", f"--reuid={user.pw_uid}",
                               f"--regid={user.pw_gid}", "--clear-groups", "cat",
                               d.db], capture_output=True)
        assert (read.returncode == 0) == (program == "engine"), program
        assert program == "engine" or b"Permission denied" in read.stderr
    assert list((d.run / "empty").iterdir()) == []


def test_each_kind_of_room_is_somebody_else():
    """A room that gets out of its sandbox is still not its neighbour."""
    uids = {name: pwd.getpwnam(name).pw_uid for name in set(USERS.values())}
    assert len(set(uids.values())) == len(uids) and 0 not in uids.values()
