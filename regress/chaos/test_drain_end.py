"""DESIGN section 6: a drain ends.  A generation that was replaced finishes what
it began, for 30 seconds; what is left then is cut off, and if a frontend does
not do so its parent ends the generation ten seconds later."""

import os
import select
import signal
import socket
import time

import pytest
import requests

from dexd import kill, rooms, wait_for, whole
from ledger import PATIENCE

REQUESTS = b"GET /dex/static/main.css HTTP/1.1\r\nHost: x\r\n\r\n" * 100


def reads_nothing(d):
    """A client whose answers wait until it takes them, a minute at most."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(("127.0.0.1", d.port))
    s.setblocking(False)
    poll = select.poll()
    poll.register(s, select.POLLOUT)
    while poll.poll(2000):              # the frontend has stopped reading it
        try:
            s.send(REQUESTS)
        except BlockingIOError:
            pass
    s.settimeout(PATIENCE)
    return s


def lives(pid):
    return os.path.exists(f"/proc/{pid}")


def test_a_slow_reader_gets_its_answers(own_dexd):
    """To the last byte, though it begins to read when idle ones have left."""
    d = own_dexd()
    frontend = d.rooms()["frontend"][0]
    css = requests.get(d.issuer + "/static/main.css", timeout=PATIENCE).content
    s = reads_nothing(d)
    assert d.ctl("reload").returncode == 0
    time.sleep(6)
    assert lives(frontend)
    s.shutdown(socket.SHUT_WR)
    got = s.makefile("rb").read()
    assert got.endswith(css)
    assert got.count(b"\r\nConnection: close\r\n") == 1   # the last one
    assert wait_for(lambda: not lives(frontend))


@pytest.mark.parametrize("who", ["client", "frontend"])
def test_the_drain_has_an_end(own_dexd, who):
    d = own_dexd()
    old = [pid for pids in d.rooms().values() for pid in pids]
    frontend = d.rooms()["frontend"][0]
    s = reads_nothing(d)
    if who == "frontend":
        os.kill(frontend, signal.SIGSTOP)
    try:
        assert d.ctl("reload").returncode == 0
        began = time.monotonic()
        while lives(frontend) and time.monotonic() < began + 2 * PATIENCE:
            assert whole(d)             # newcomers notice nothing
            if time.monotonic() < began + 15:
                assert lives(frontend)  # it may finish, for its time
            time.sleep(0.5)
        took = time.monotonic() - began
        assert not lives(frontend)
    finally:
        kill([frontend], signal.SIGKILL)
    print(f"{who}: the drain ended after {took:.1f} s")
    assert took > 15
    # Sooner than the minute after which a frontend that serves gives it up.
    assert took < 55
    try:
        while s.recv(65536):            # cut off: the rest is never sent
            pass
    except ConnectionResetError:
        pass
    s.close()
    assert wait_for(lambda: not any(map(lives, old)))
    assert len(rooms(d)["engine"]) == 1
    assert ("did not finish in time" in d.read_log()) == (who == "frontend")
    assert d.ctl("reload").returncode == 0      # nothing drains any more
    assert whole(d)
