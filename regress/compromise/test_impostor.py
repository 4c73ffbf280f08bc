"""A room that is broken, against the real parent and the real engine: the test
speaks in the name of a room of a running dexd (the table of threats in dexd(8))."""

import json
import os
import pathlib
import re
import socket
import struct
import threading
import time

import pytest
import requests

from dexd import Dexd, free_port, wait_for, whole
from impostor import TYPES, Impostor, hear, rest, tell
from keys import owners_of_keys

pytestmark = pytest.mark.skipif(os.getuid() != 0,
                                reason="only root takes others' descriptors")
STOP = bytes([2])                       # enum command
ES256 = bytes([1])                      # enum jwa


@pytest.fixture
def d():
    def change(config):
        config["telemetry"] = {"http": f"127.0.0.1:{free_port()}"}
    with Dexd(change) as dexd:
        yield dexd


def base(d):
    return "http://" + d.config["telemetry"]["http"]


def gathered(parent, rid):
    """All that the parent passes on for one question: program → bytes."""
    tell(parent, "ROOM_PA_GATHER", rid=rid)
    counts = {}
    while (heard := hear(parent))[0] != "PA_ROOM_GATHERED":
        name, asked, fields = heard
        if name == "PA_ROOM_COUNT":             # it is asked like everybody
            tell(parent, "ROOM_PA_COUNTS", struct.pack(">I", 0), asked)
            continue
        assert name == "PA_ROOM_COUNTED"
        (length,) = struct.unpack(">I", fields[1:5])
        counts[fields[5:5 + length].decode()] = fields[5 + length:]
    assert heard[1] == rid
    return counts


def answer(impostor, visit, answers):
    """Visitors get these from the impostor, one after the other."""
    visitor = threading.Thread(target=visit)
    visitor.start()
    [listener] = impostor.listeners
    for status, body in answers:
        c, _ = listener.accept()
        c.settimeout(20)
        assert c.recv(65536).startswith(b"GET /")
        c.sendall(b"HTTP/1.0 %s\r\n\r\n%s" % (status, body))
        c.close()
    visitor.join()


def test_a_frontend_lies_to_whoever_asks_it(d):
    """It is the only one whom browsers and clients hear, even about the keys:
    those who ask for them meanwhile take its own.  The next frontend has the
    signer's, which nobody has touched."""
    heard = []

    def ask():
        heard.append(requests.get(d.issuer + "/keys", timeout=20).json())

    true = requests.get(d.issuer + "/keys", timeout=20).json()
    lie = {"keys": [{"kty": "oct", "kid": "mine"}]}
    with Impostor(d, "frontend") as i:
        answer(i, ask, [(b"200 OK", json.dumps(lie).encode())])
        assert heard == [lie]
        assert "mine" not in d.ctl("-j", "show", "keys").stdout
    assert i.is_replaced()
    assert requests.get(d.issuer + "/keys", timeout=20).json() == true


def test_telemetry_lies_about_all_that_passes_through_it(d):
    """It has everybody's counts and the engine's health, and whoever asks it is
    told what it likes; nobody who asks another room is."""
    lie = b'dexd_logins_total{room="engine",process="1"} 1000000\n'
    shown = {}

    def scrape():
        shown["metrics"] = requests.get(base(d) + "/metrics", timeout=20).text
        shown["health"] = requests.get(base(d) + "/healthz", timeout=20).status_code

    with Impostor(d, "telemetry") as i:
        assert set(gathered(i.parent, 7)) == {"parent"} | set(i.before)
        tell(i.engine(), "TM_EN_HEALTH", rid=8)
        name, rid, health = hear(i.engine())
        assert (name, rid, health[0]) == ("EN_TM_HEALTH", 8, 1)
        answer(i, scrape, ((b"200 OK", lie), (b"503 Not well", b"")))
        assert shown == {"metrics": lie.decode(), "health": 503}
        assert whole(d)
        stats = json.loads(d.ctl("-j", "show", "stats").stdout)["stats"]
        assert sum(s["value"] for s in stats
                   if s["metric"] == "dexd_logins_total") == 1
    assert i.is_replaced()
    assert lie.decode() not in requests.get(base(d) + "/metrics", timeout=20).text
    assert requests.get(base(d) + "/healthz", timeout=20).status_code == 200


def test_telemetry_is_told_no_key(d):
    """Whatever it asks of the parent and the engine: no key is in what they
    say, and for what is not its to ask it is replaced."""
    keys = list(owners_of_keys(d))
    with Impostor(d, "telemetry") as i:
        said = b""
        for rid in (1, 2, 3):
            said += b"".join(gathered(i.parent, rid).values())
            tell(i.engine(), "TM_EN_HEALTH", rid=rid)
            said += hear(i.engine())[2]
        tell(i.engine(), "FE_EN_HTTP")          # as if it were the frontend
        said += rest(i.engine())
        assert len(said) > 1000
        assert not [k for k in keys if k in said]
        assert i.is_replaced()


# What another room may say to the parent, and what would come of it.
FOREIGN = [
    ("telemetry", "CT_PA_COMMAND", STOP),
    ("telemetry", "SG_PA_KEYGEN", ES256),
    ("telemetry", "EN_PA_LOST", bytes([4]) + struct.pack(">I", 1)),
    ("telemetry", "AU_PA_SEALKEY", struct.pack(">I", 32) + b"\x09" * 32),
    ("telemetry", "CF_PA_DONE", b"\x01"),
    ("telemetry", "ROOM_PA_COUNTS", struct.pack(">I", 0)),  # nobody asked
    ("telemetry", "ROOM_PA_READY", b""),        # twice
    ("control", "SG_PA_KEYGEN", ES256),
    ("control", "EN_PA_LOST", bytes([4]) + struct.pack(">I", 1)),
    ("control", "CF_PA_DONE", b"\x01"),
    ("frontend", "CT_PA_COMMAND", STOP),
    ("frontend", "ROOM_PA_GATHER", b""),
    ("authn-mock", "CT_PA_COMMAND", STOP),
    ("authn-mock", "SG_PA_KEYGEN", ES256),
    ("signer", "CT_PA_COMMAND", STOP),
    ("signer", "AU_PA_SEALKEY", struct.pack(">I", 32) + b"\x09" * 32),
]


@pytest.mark.parametrize("room,name,fields", FOREIGN,
                         ids=[f"{r}-{n}" for r, n, _ in FOREIGN])
def test_the_parent_takes_from_a_room_what_is_its_own(d, room, name, fields):
    """msg.def, who may say what: it is replaced for that and nothing else
    happens, not even to its neighbours."""
    with Impostor(d, room) as i:
        tell(i.parent, name, fields, rid=9)
        rest(i.parent)
        assert i.is_replaced()
    log = d.read_log()
    assert re.search(r"peer broke the rules", log)
    assert d.proc.poll() is None and "keygen" not in d.rooms()


def resident(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+)", text, re.M)[1]) / 1024


def test_telemetry_that_only_asks_keeps_nobody_busy(d):
    """A flood of questions whose answers nobody reads: the parent holds so many
    and no more, and dexd serves meanwhile."""
    before = resident(d.proc.pid)
    question = struct.pack(">IHHI", 0, TYPES.index("ROOM_PA_GATHER"), 0, 1) * 200
    with Impostor(d, "telemetry") as i:
        i.parent.setblocking(False)
        deadline, most = time.monotonic() + 8, 0
        while time.monotonic() < deadline and i.is_there():
            try:
                i.parent.send(question, socket.MSG_NOSIGNAL)
            except BlockingIOError:
                time.sleep(0.01)
            except (BrokenPipeError, ConnectionResetError):
                break
            most = max(most, resident(d.proc.pid))
        assert most - before < 64
        assert whole(d)
        assert d.ctl("status").returncode == 0
        print(f"parent: {before:.0f} MiB, then {most:.0f} MiB")
    assert wait_for(lambda: not i.is_there()) and i.is_replaced()
