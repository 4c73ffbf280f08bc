"""What a list holds for ever is no leak to valgrind, so here is nothing between us
and the rooms, sandbox and all: after a warm-up, 100,000 requests of all kinds,
good and bad, leave every process as large as it was."""

import os
import pathlib
import tempfile

import pytest
import requests

from driven import AUTH_PAGE, BY_PASSWORD, ROOMS, Driver, every_room, harness

BOUND = 512             # KiB: what 4,000 logins leave if each leaves 128 bytes


def refused(asks, times):
    """What nobody should ask, on one connection."""
    session = requests.Session()
    issuer = asks.d.issuer
    for n in range(times // 6):
        for url, data, status in (
                (f"/token?{n}", {"grant_type": "authorization_code",
                                 "code": f"none{n}", "client_id": "bench-1",
                                 "client_secret": "bench-secret-of-a-test"}, 400),
                ("/token", {"grant_type": "refresh_token", "refresh_token": "x",
                            "client_id": f"nobody{n}"}, 401),
                (f"/auth?client_id=nobody{n}&response_type=code", None, 400),
                (f"/callback?state=none{n}", None, 400),
                (f"/nowhere/{n}", None, 404),
                (f"/userinfo?{n}", None, 401)):
            r = session.request("GET" if data is None else "POST", issuer + url,
                                data=data, allow_redirects=False, timeout=60)
            assert r.status_code == status, (url, r.text)
            asks.done += 1


def ask_everything(asks, part):
    """At 1, a hundred thousand."""
    asks.load(8, int(6000 * part), "get", "/dex/keys")
    asks.load(8, int(2000 * part), "get", "/dex/.well-known/openid-configuration")
    asks.load(4, int(1500 * part), "get", AUTH_PAGE)
    asks.load(8, int(500 * part), "login")
    asks.load(4, int(5 * part), *BY_PASSWORD, "login")
    asks.load(8, int(400 * part), "refresh")
    asks.load(8, int(2500 * part), "userinfo")
    asks.over_tls(8, int(200 * part), "handshake", "/dex/keys")
    asks.over_tls(8, int(500 * part), "get", "/dex/keys")
    asks.metrics(20, int(25 * part))    # those who ask at once share a look
    asks.dexctl(int(100 * part))
    refused(asks, int(2400 * part))


def sizes(d):
    pids = {room: pid for room, pids in d.rooms().items() for pid in pids}
    assert set(pids) >= set(ROOMS)
    pids["dexd"] = d.proc.pid
    return {room: (pid, harness.memory(pid)) for room, pid in pids.items()}


@pytest.mark.skipif(os.getuid() != 0, reason="the memory of rooms is root's to see")
def test_no_process_grows():
    with tempfile.TemporaryDirectory(prefix="dexd-growth-") as top:
        os.chmod(top, 0o755)
        with harness.Dexd(every_room(pathlib.Path(top))) as d:
            ask_everything(Driver(d), 0.2)
            pids = d.rooms()
            before = sizes(d)
            asks = Driver(d)
            ask_everything(asks, 1)
            assert asks.done >= 100000
            for room, (pid, _) in before.items():
                print(f"{room}: {before[room][1]} KiB, {harness.memory(pid)} after")
            for room, (pid, small) in before.items():
                assert harness.wait_for(
                    lambda: harness.memory(pid) < small + BOUND, 5), room
            assert d.rooms() == pids
