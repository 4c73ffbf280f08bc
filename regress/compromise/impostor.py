"""Speaks in the name of a room of a running dexd.  The room is stopped
meanwhile, so that it neither says nor reads anything itself, and is killed
afterwards."""

import ctypes
import os
import pathlib
import re
import signal
import socket
import struct

import pytest

from dexd import wait_for, whole

PIDFD_GETFD = 438
PARENT = 3                              # a room's descriptor to its parent
MSG_DEF = pathlib.Path(__file__).resolve().parents[2] / "lib" / "msg.def"
TYPES = ["MSG_NONE"] + re.findall(r"^MSG\((\w+),", MSG_DEF.read_text(), re.M)


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


def is_stopped(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return stat.rsplit(")", 1)[1].split()[0] == "T"


def tell(wire, name, fields=b"", rid=0):
    wire.sendall(struct.pack(">IHHI", len(fields), TYPES.index(name), 0, rid) + fields)


def hear(wire):
    """The next message: its name, its id and its fields."""
    def read(n):
        data = b""
        while len(data) < n:
            some = wire.recv(n - len(data))
            assert some, "the wire has ended"
            data += some
        return data
    length, kind, _, rid = struct.unpack(">IHHI", read(12))
    return TYPES[kind], rid, read(length)


def rest(wire):
    """What is still said on a wire that the other side breaks off."""
    said = b""
    try:
        while some := wire.recv(65536):
            said += some
    except ConnectionResetError:
        pass
    return said


class Impostor:
    def __init__(self, d, room):
        self.d, self.room = d, room
        self.before = d.rooms()
        self.pid = self.before[room][0]
        self.parent, self.wires, self.listeners = None, [], []

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)
        assert wait_for(lambda: is_stopped(self.pid))
        for name in os.listdir(f"/proc/{self.pid}/fd"):
            if int(name) < PARENT or not os.readlink(
                    f"/proc/{self.pid}/fd/{name}").startswith("socket:"):
                continue
            s = socket.socket(fileno=take(self.pid, int(name)))
            s.settimeout(20)
            if int(name) == PARENT:
                self.parent = s
            elif s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                self.listeners.append(s)
            # The admin socket's callers have a name, pairs have none.
            elif s.family == socket.AF_UNIX and not s.getsockname():
                self.wires.append(s)
            else:
                s.close()
        return self

    def close(self):
        """A wire ends with the last copy of its descriptor."""
        for s in (self.parent, *self.wires, *self.listeners):
            s.close()

    def __exit__(self, *_):
        self.close()
        if self.is_there():
            os.kill(self.pid, signal.SIGKILL)

    def is_there(self):
        return os.path.exists(f"/proc/{self.pid}")

    def engine(self):
        """The only room beside the others, as DESIGN.md draws it."""
        [wire] = self.wires
        return wire

    def is_replaced(self):
        """By another process, after which people log in as before.  It alone:
        nobody else paid for that."""
        self.close()
        d, room = self.d, self.room
        # control has to be back before anybody can ask who is there.
        assert wait_for(lambda: not self.is_there())
        assert wait_for(lambda: d.ctl("status").returncode == 0)
        assert wait_for(lambda: len(d.rooms().get(room, [])) == len(self.before[room])
                        and 0 not in d.rooms()[room])
        after = d.rooms()
        assert self.pid not in after[room]
        assert wait_for(lambda: whole(d))
        return {**after, room: None} == {**self.before, room: None}
