"""A room that breaks the rules loses its wire to the engine, and nobody but the
parent can give it another: EN_PA_LOST (lib/msg.def).  dexd is whole here, and
the room is stopped while somebody speaks in its name, so that neither its own
end nor anything but that message can have it replaced."""

import ctypes
import os
import pathlib
import signal
import socket
import time

import pytest
import requests

from dexd import Dexd, Flow

pytestmark = pytest.mark.skipif(os.getuid() != 0,
                                reason="only root takes others' descriptors")
PATIENCE = 30
PIDFD_GETFD = 438
JUNK = b"\xff" * 64                     # a frame of 4 GiB
PARENT = 3                              # a room's descriptor to its parent


def wait_for(what):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.05)
    return False


def take(pid, fd):
    """A copy of another process's descriptor."""
    pidfd = os.pidfd_open(pid)
    try:
        copy = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, pidfd, fd, 0)
        if copy == -1:
            pytest.skip("this machine gives nobody others' descriptors")
        return copy
    finally:
        os.close(pidfd)


def wires(pid):
    """Its wires to rooms beside it."""
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        if int(name) <= PARENT or not os.readlink(
                f"/proc/{pid}/fd/{name}").startswith("socket:"):
            continue
        s = socket.socket(fileno=take(pid, int(name)))
        # The admin socket and who has called it have a name, pairs have none.
        if s.family == socket.AF_UNIX and not s.getsockname():
            found.append(s)
        else:
            s.close()
    return found


def is_stopped(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


def logs_in(d):
    try:
        flow = Flow(d)
        flow.browser.session.headers["Connection"] = "close"
        return flow.redeem(flow.code()).status_code == 200
    except (AssertionError, KeyError, requests.RequestException):
        return False


@pytest.mark.parametrize("room", ["authn-mock", "authn-local", "signer",
                                  "frontend", "control"])
def test_a_room_that_the_engine_breaks_off_is_replaced(room):
    with Dexd() as d:
        breaks_off(d, room)


def breaks_off(d, room):
    before = d.rooms()
    pid = before[room][0]
    os.kill(pid, signal.SIGSTOP)
    try:
        assert wait_for(lambda: is_stopped(pid))
        [wire] = wires(pid)             # to the engine, as DESIGN.md draws it
        with wire:
            wire.send(JUNK, socket.MSG_DONTWAIT)
        assert wait_for(lambda: not os.path.exists(f"/proc/{pid}"))
    finally:
        if os.path.exists(f"/proc/{pid}"):
            os.kill(pid, signal.SIGKILL)
    assert "the engine has lost a room" in d.read_log()
    # control has to be back before anybody can ask who is there.
    assert wait_for(lambda: d.ctl("status").returncode == 0)
    assert wait_for(lambda: len(d.rooms().get(room, [])) == len(before[room]) and
                    0 not in d.rooms()[room])
    after = d.rooms()
    assert pid not in after[room]
    assert wait_for(lambda: logs_in(d))
    # It alone: nobody else paid for that.
    del before[room], after[room]
    assert after == before
