"""Reload (DESIGN section 6): nothing refused, nothing cut, nothing half done."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time
from datetime import datetime

import pytest
import requests

import dexd
from dexd import (BUILD, Flow, begun, free_port, keypair, kill, listens, reload,
                  rooms, served, wait_for, whole)
from load import Load

PATIENCE = 30                           # seconds for whatever must happen


def test_reload_under_load(own_dexd):
    """Twenty reloads: no connection refused, no answer cut, logins finish."""
    d = own_dexd()
    first = d.rooms()["engine"]
    with Load(d) as load:
        for _ in range(20):
            flow = Flow(d)
            r = flow.start()            # begun in one generation ...
            assert r.status_code == 302
            assert reload(d).returncode == 0
            flow.browser.session.headers["Connection"] = "close"
            r = flow.approve(flow.browser.get(r.headers["Location"]))
            code = re.search(r"code=([^&]+)", r.headers["Location"]).group(1)
            assert flow.redeem(code).status_code == 200     # ... ended in the next
    print(f"{load.answers} answers, {load.logins} logins")
    assert load.errors == []
    assert load.answers > 100 and load.logins > 0
    assert served(d) == 21
    assert wait_for(lambda: len(rooms(d).get("engine", [])) == 1)
    assert d.rooms()["engine"] != first


@pytest.mark.parametrize("change", [
    lambda c: c["staticClients"].pop(0),
    lambda c: c["staticClients"][0].update(redirectURIs=["http://127.0.0.1:9/b"]),
    lambda c: c["staticClients"][0].update(allowedConnectors=["pw"]),
    lambda c: c["connectors"].pop(0)])
def test_a_consent_ends_with_its_permission(own_dexd, change):
    """Nobody is sent, with a code, where the file does not allow it any more."""
    d = own_dexd()
    flow = Flow(d)
    flow.browser.session.headers["Connection"] = "close"
    r = flow.authenticate()
    target = r.headers["Location"]
    assert flow.browser.get(target).status_code == 200
    change(d.config)
    d.write_config()
    assert reload(d).returncode == 0
    for r in (flow.browser.get(target),
              flow.browser.post(target, {"approval": "approve"})):
        assert dexd.is_page(r, 400) and "not possible any more" in r.text
    assert d.rows("auth_code") == 0


def test_trust_between_clients_is_asked_at_each_signature(own_dexd):
    """dex 4.6: whom a client trusts no more gets no token for it, from a code
    or a refresh token of before; what it may still have it gets."""
    d = own_dexd()
    scope = "openid offline_access audience:server:client_id:other"

    def flow():
        f = Flow(d, scope=scope)
        f.browser.session.headers["Connection"] = "close"
        return f

    def refresh(**data):
        return dexd.token(d, grant_type="refresh_token", refresh_token=token, **data)
    first = flow()
    token = first.redeem(first.code()).json()["refresh_token"]
    second = flow()
    code = second.code()
    other = d.config["staticClients"][1]
    assert other.pop("trustedPeers") == ["app"]
    d.write_config()
    assert reload(d).returncode == 0
    assert dexd.is_oauth_error(second.redeem(code), 500, "server_error")
    assert dexd.is_oauth_error(refresh(), 500, "server_error")
    assert refresh(scope="openid offline_access").status_code == 200
    other["trustedPeers"] = ["app"]
    d.write_config()
    assert reload(d).returncode == 0
    assert second.redeem(code).status_code == 200       # it was not spent


def test_a_broken_file_changes_nothing(own_dexd):
    """DESIGN section 6: a bad file changes nothing; file:line: why."""
    d = own_dexd()
    pids = d.rooms()
    with Load(d) as load:
        for text, line in (("issuer: [\n", 2), ("bogus: 1\n", 1),
                           ("{}", None), ("issuer: http://x\nweb:\n", None)):
            d.config_path.write_text(text)
            r = d.ctl("reload")
            assert r.returncode == 1
            if line:
                assert f"{d.config_path}:{line}: " in r.stderr
        d.config_path.unlink()
        assert "No such file" in d.ctl("reload").stderr
    assert load.errors == []
    assert d.rooms() == pids
    assert served(d) == 1


def test_addresses_come_and_go(own_dexd):
    """A refused configuration leaves no socket behind, an accepted one moves."""
    d = own_dexd()
    other, taken = free_port(), socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    old = dict(d.config["web"])
    d.config["web"] = {"http": f"127.0.0.1:{other}",
                       "https": f"127.0.0.1:{taken.getsockname()[1]}",
                       "tlsCert": "/dev/null", "tlsKey": "/dev/null"}
    d.write_config()
    assert reload(d).returncode == 1    # an empty certificate
    d.config["web"]["tlsCert"], d.config["web"]["tlsKey"] = keypair(d.dir, "a")
    d.write_config()
    r = reload(d)
    assert r.returncode == 1 and "Address already in use" in r.stderr
    assert not listens(other) and listens(d.port)
    d.config["web"] = {"http": f"127.0.0.1:{other}"}
    d.write_config()
    assert reload(d).returncode == 0
    assert requests.get(f"http://127.0.0.1:{other}/dex/healthz",
                        timeout=20).status_code == 200
    assert wait_for(lambda: not listens(d.port))
    d.config["web"] = old
    d.write_config()
    assert reload(d).returncode == 0
    assert whole(d)
    taken.close()


def held_request(d):
    """A request whose body is still to come: it holds its generation."""
    s = begun(d.port, "/dex/token", 3)
    s.sendall(b"a")
    return s


def served_since(d):
    """When the newest generation began to serve and told the old one to leave."""
    line = [x for x in d.read_log().splitlines() if "serving with conf" in x][-1]
    stamp = re.match(r"time=([0-9T:.-]+)Z ", line)[1]
    return datetime.fromisoformat(stamp + "+00:00").timestamp()


class Closed(threading.Thread):
    """Reads a connection to its end, and looks at the clock then."""

    def __init__(self, s):
        super().__init__(daemon=True)
        self.s, self.rest, self.at = s, None, None
        self.start()

    def run(self):
        self.rest = self.s.makefile("rb").read()
        self.at = time.time()


def test_drain(own_dexd):
    """Old frontends answer Connection: close, idle ones go after 2 s, a reload
    meanwhile is busy, and a SIGHUP meanwhile is remembered once."""
    d = own_dexd()
    idle = socket.create_connection(("127.0.0.1", d.port), timeout=PATIENCE)
    idle.sendall(b"GET /dex/keys HTTP/1.1\r\nHost: x\r\n\r\n")
    assert idle.recv(65536).startswith(b"HTTP/1.1 200")
    closed = Closed(idle)
    held = held_request(d)
    assert reload(d).returncode == 0
    closed.join(PATIENCE)
    took = closed.at - served_since(d)
    print(f"idle connection closed after {took:.1f} s")
    assert took > 1.5 and b"HTTP/1.1 4" not in closed.rest
    assert d.ctl("reload").returncode == 75
    for _ in range(3):
        d.proc.send_signal(signal.SIGHUP)
        time.sleep(0.05)
    assert served(d) == 2
    held.sendall(b"=b")
    answer = held.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 4") and b"Connection: close" in answer
    assert wait_for(lambda: served(d) == 3)
    assert wait_for(lambda: len(rooms(d).get("engine", [])) == 1)
    time.sleep(0.5)
    assert served(d) == 3               # three signals, one reload
    assert whole(d)


def test_after_a_reload_nobody_meets_the_old(own_dexd):
    """dexctl(8), reload: whoever connects after the answer, the next dexctl too,
    meets the new configuration."""
    d = own_dexd()
    for n in range(10):
        d.config["frontend"] = {"issuer": f"Issuer number {n}"}
        d.config["staticClients"][0]["name"] = f"Application {n}"
        d.write_config()
        assert reload(d).returncode == 0
        page = requests.get(d.issuer + "/auth?client_id=bogus", timeout=PATIENCE)
        assert f"Issuer number {n}" in page.text
        assert f"Application {n}" in d.ctl("show", "clients").stdout


@pytest.mark.parametrize("how", ["for a while", "for ever"])
def test_a_reload_waits_for_old_doors(own_dexd, how):
    """An old frontend that hangs may still accept, so that the reload is not
    over; but nobody waits for it for ever."""
    d = own_dexd()
    old = d.rooms()["frontend"]
    kill(old, signal.SIGSTOP)
    later = threading.Timer(2, kill, (old, signal.SIGCONT))
    if how == "for a while":
        later.start()
    began = time.monotonic()
    r = d.ctl("reload")
    took = time.monotonic() - began
    print(f"reloaded after {took:.1f} s")
    assert r.returncode == 0 and "reloaded" in r.stdout
    assert took > (2 if how == "for a while" else 4)
    kill(old)
    assert whole(d)


def test_an_engine_dies_before_the_old_doors_are_closed(own_dexd):
    """What takes its place serves the same new configuration: whoever waits for
    the reload hears of it, and the next one is not told to wait."""
    d = own_dexd()
    old = d.rooms()["frontend"]
    kill(old, signal.SIGSTOP)
    ctl = subprocess.Popen([BUILD / "sbin/dexctl", "-r", d.run, "reload"],
                           stdout=subprocess.PIPE, text=True)
    assert wait_for(lambda: served(d) == 2)
    kill([r["pid"] for r in json.loads(d.ctl("-j", "status").stdout)["rooms"]
          if r["room"] == "engine" and r["state"] == "serving"])
    assert wait_for(lambda: served(d) == 3)
    kill(old)
    assert ctl.communicate(timeout=PATIENCE)[0] == "reloaded\n"
    assert reload(d).returncode == 0


def test_sighup_during_the_start(own_dexd):
    """It is remembered until there is something to reload."""
    d = own_dexd(wait=False)
    d.spawn()
    assert wait_for(lambda: "listening on" in d.read_log())
    d.proc.send_signal(signal.SIGHUP)
    assert wait_for(lambda: served(d) == 2)
    assert wait_for(lambda: whole(d))


def children(pid):
    try:
        return [int(p) for p in pathlib.Path(
            f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def catch(d, program, late):
    """Stops the next process of that program as soon as it is there; None when
    it is too late for that."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not late():
        for pid in children(d.proc.pid):
            try:
                comm = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
                if comm == program:
                    os.kill(pid, signal.SIGSTOP)
                    return pid
            except OSError:
                pass
    return None


@pytest.mark.parametrize("how", ["SIGHUP", "SIGTERM", "killed"])
def test_who_asked_for_a_key_leaves(own_dexd, how):
    """Its keygen goes with it, and the next signer need not ask twice."""
    keygen = None
    while keygen is None:               # on a bad day it is faster than we are
        d = own_dexd(wait=False)
        d.spawn()
        keygen = catch(d, "keygen", late=lambda:
                       "signing keys stored" in d.read_log())
    assert wait_for(lambda: served(d) == 1)
    began = time.monotonic()
    if how == "SIGTERM":
        d.proc.terminate()
        assert d.proc.wait(PATIENCE) == 0
    elif how == "SIGHUP":
        d.proc.send_signal(signal.SIGHUP)
        assert wait_for(lambda: served(d) == 2)
        assert wait_for(lambda: whole(d), 20)
    else:
        kill(rooms(d)["signer"])
        assert wait_for(lambda: whole(d), 20)
    print(f"{how}: {time.monotonic() - began:.2f} s")
    assert wait_for(lambda: not pathlib.Path(f"/proc/{keygen}").exists())
    # An operator who asked for it must hear that it will not come.
    assert how == "SIGTERM" or "being made is given up" in d.read_log()


def slow_to_parse(config):
    config["staticClients"] += [
        {"id": f"client{i}", "secret": "s" * 40, "name": f"Client {i}",
         "redirectURIs": [f"http://127.0.0.1:9/{n}" for n in range(20)]}
        for i in range(1000)]


@pytest.mark.parametrize("how", ["dexctl", "SIGTERM"])
def test_stop_during_a_parse(own_dexd, how):
    d = own_dexd(slow_to_parse)
    config = None
    while config is None:               # on a bad day it is faster than we are
        n = served(d)
        d.proc.send_signal(signal.SIGHUP)
        config = catch(d, "config", late=lambda: served(d) > n)
    if how == "dexctl":
        r = d.ctl("reload")
        assert r.returncode == 75
        assert d.ctl("stop").returncode == 0
    else:
        d.proc.terminate()
    assert d.proc.wait(PATIENCE) == 0
    assert not (d.run / "dexd.sock").exists()


def test_a_killed_parse_changes_nothing(own_dexd):
    d = own_dexd(slow_to_parse)
    config = None
    while config is None:               # on a bad day it is faster than we are
        assert wait_for(lambda: {r["state"] for r in json.loads(
            d.ctl("-j", "status").stdout)["rooms"]} == {"serving"})
        pids = d.rooms()
        ctl = subprocess.Popen([BUILD / "sbin/dexctl", "-r", d.run, "reload"],
                               stderr=subprocess.PIPE, text=True)
        config = catch(d, "config", late=lambda: ctl.poll() is not None)
    os.kill(config, signal.SIGKILL)
    assert "could not be parsed" in ctl.communicate(timeout=PATIENCE)[1]
    assert ctl.returncode == 1
    assert d.rooms() == pids
    assert reload(d).returncode == 0
