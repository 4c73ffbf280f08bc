"""dexctl(8): what an operator may ask, and who may ask it."""

import grp
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess

import pytest

from dexd import BUILD, NOBODY, Flow, kill, wait_for

ROOT = os.getuid() == 0
DENIED, BUSY, USAGE = 77, 75, 2
TREE = pathlib.Path(__file__).resolve().parents[2]
MAN = TREE / "man" / "dexctl.8"
MSG_DEF = TREE / "lib" / "msg.def"
STATUS = struct.pack(">IBI", 2, 0, 0)           # version, command, row


def show(d, what):
    r = d.ctl("-j", "show", what)
    assert r.returncode == 0 and r.stderr == "", r.stderr
    return json.loads(r.stdout)[what]


def as_reader(d, *args, groups=None):
    """dexctl run by nobody, who is in the socket's group."""
    gid = grp.getgrnam("_dexdctl").gr_gid if groups is None else groups
    return subprocess.run(
        ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
         f"--groups={gid}", str(BUILD / "sbin" / "dexctl"), "-r", str(d.run), *args],
        capture_output=True, text=True, timeout=60)


def connect(d):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(30)
    s.connect(str(d.run / "dexd.sock"))
    return s


# ---- what is shown ----

def test_lists(dexd):
    """dexctl(8) show: the configuration, without secrets and hashes."""
    clients = {c["id"]: c for c in show(dexd, "clients")}
    assert clients["cli"] == {"id": "cli", "name": "Command line", "public": True,
                              "redirect_uris": 0}
    assert clients["app"]["redirect_uris"] == 2 and len(clients) == 4
    assert show(dexd, "connectors") == [
        {"id": "mock", "type": "mockCallback", "name": "Mock"},
        {"id": "pw", "type": "mockPassword", "name": "apassword"},
        {"id": "local", "type": "local", "name": "Email"}]
    assert show(dexd, "users") == [
        {"email": "Admin@example.com", "username": "admin",
         "user_id": "08a8684b-db88-4b73-90a9-3cd1661f5466"}]
    for what in ("clients", "connectors", "users"):
        for option in ((), ("-j",)):
            out = dexd.ctl(*option, "show", what).stdout
            assert "$2" not in out and "secret:" not in out and "bar" not in out


def test_lists_in_text(dexd):
    lines = dexd.ctl("show", "users").stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["EMAIL", "NAME", "ID"],
        ["Admin@example.com", "admin", "08a8684b-db88-4b73-90a9-3cd1661f5466"]]
    assert "Command line" in dexd.ctl("show", "clients").stdout


def test_a_long_list_comes_in_pages(own_dexd):
    """Bounded answers: 2,000 clients are more than one message holds."""
    def many(config):
        config["staticClients"] = [
            {"id": f"client-{i}", "name": f"Nü {i} \u009b\n" + "x" * 100,
             "public": True} for i in range(2000)]
    d = own_dexd(many)
    clients = show(d, "clients")
    assert [c["id"] for c in clients] == [f"client-{i}" for i in range(2000)]
    assert clients[7]["name"] == "Nü 7 \u009b\n" + "x" * 100
    out = d.ctl("show", "clients").stdout
    assert len(out.splitlines()) == 2001          # a name cannot fake a line
    assert "\u009b" not in out and "Nü 7 ??" in out


def test_keys_and_rotation(own_dexd):
    """A new next is published at once and says when it takes over."""
    d = own_dexd()
    (key,) = show(d, "keys")
    assert (key["state"], key["alg"], key["leaves_at"]) == ("current", "RS256", 0)
    r = d.ctl("-j", "rotate", "keys")
    assert r.returncode == 0, r.stderr
    said = json.loads(r.stdout)
    assert said["new"] is True
    assert wait_for(lambda: len(show(d, "keys")) == 2)
    keys = {k["state"]: k for k in show(d, "keys")}
    assert keys["current"]["kid"] == key["kid"]
    assert abs(keys["next"]["used_from"] - said["takes_over_at"]) <= 20
    assert keys["next"]["used_from"] - keys["next"]["published_at"] == 1200
    again = json.loads(d.ctl("-j", "rotate", "keys").stdout)
    assert again == {"new": False, "takes_over_at": keys["next"]["used_from"]}
    text = d.ctl("rotate", "keys").stdout
    assert re.search(r"it takes over at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text), text
    assert len(show(d, "keys")) == 2
    assert keys["next"]["kid"] in d.ctl("show", "keys").stdout


def test_stats_follow_what_is_done(own_dexd):
    """DESIGN, Counters: every program counts what it did."""
    d = own_dexd()

    def count(metric, program, name="", **labels):
        return sum(s["value"] for s in show(d, "stats")
                   if (s["metric"], s["program"], s["name"]) ==
                   (metric, program, name) and s["labels"] == labels)

    f = Flow(d)
    assert f.redeem(f.code()).status_code == 200
    assert Flow(d, connector="pw").authenticate("foo", "wrong").status_code \
        == 401
    assert count("dexd_signatures_total", "signer", result="ok") == 1
    assert count("dexd_identities_total", "authn-mock", "mock", result="ok") == 1
    assert count("dexd_identities_total", "authn-mock", "pw",
                 result="bad credentials") == 1
    programs = {s["program"] for s in show(d, "stats")}
    assert {"parent", "frontend", "engine", "signer", "authn-local", "authn-mock",
            "control"} <= programs
    assert re.search(r"^signer +- +\d+ dexd_signatures_total\{result=ok\} 1$",
                     d.ctl("show", "stats").stdout, re.M)


def test_log_level_of_the_running_programs(own_dexd):
    """log verbose is for all programs and those to come; log brief ends it."""
    d = own_dexd()
    assert d.ctl("log", "verbose").stdout == "logging everything\n"
    assert d.ctl("rotate", "keys").returncode == 0     # keygen's end is for debugging
    assert wait_for(lambda: "level=DEBUG" in d.read_log())
    (pid,) = d.rooms()["authn-mock"][:1]
    assert wait_for(lambda: len(show(d, "keys")) == 2)
    assert json.loads(d.ctl("-j", "log", "brief").stdout) == {"verbose": False}
    show(d, "stats")        # each program is asked for them behind that order
    mark = len(d.read_log())
    os.kill(pid, 9)
    assert wait_for(lambda: pid not in d.rooms()["authn-mock"])
    assert wait_for(lambda: "level=WARN" in d.read_log()[mark:])
    assert "level=DEBUG" not in d.read_log()[mark:]


def test_a_command_that_meets_a_reload(own_dexd):
    """Who was let in by the control room that leaves is answered by it."""
    d = own_dexd()
    control = d.rooms()["control"]
    names = ["MSG_NONE"] + re.findall(r"^MSG\((\w+),", MSG_DEF.read_text(), re.M)
    with connect(d) as s:
        assert d.ctl("status").returncode == 0      # behind us in the queue
        kill(control, signal.SIGSTOP)
        d.proc.send_signal(signal.SIGHUP)           # it will read of that first
        assert wait_for(lambda: d.read_log().count("serving with") == 2)
        s.sendall(frame(names.index("CL_CT_COMMAND"), STATUS))
        kill(control, signal.SIGCONT)
        answer = s.recv(12)
        assert len(answer) == 12, "it left without a word"
        assert struct.unpack(">IHHI", answer)[1] == names.index("CT_CL_RESULT")
    # It leaves as soon as nobody is there.
    assert wait_for(lambda: not pathlib.Path(f"/proc/{control[0]}").exists())
    assert d.ctl("status").returncode == 0


# ---- the command line ----

def test_help_is_the_man_page(dexd):
    """Every command of the table is in help, as JSON too, and in dexctl(8)."""
    commands = {c["command"] for c in json.loads(dexd.ctl("-j", "help").stdout)["commands"]}
    text = dexd.ctl("help").stdout
    assert {re.sub("  .*", "", line.strip()) for line in text.splitlines()[1:]} == commands
    man = MAN.read_text()
    for c in commands:
        assert f".It Cm {c}" in man, c
    assert len(commands) == 13


@pytest.mark.parametrize("words, why", [
    (["s"], "s is ambiguous: show status stop"),
    (["sh", "c"], "c is ambiguous: clients connectors"),
    (["show"], "show what? clients connectors keys stats users"),
    (["bogus"], "bogus is not a command"),
    (["stop", "now"], "now is not a command"),
    (["status", "-j"], "options come before the command"),
    ([], "a command is missing"),
])
def test_wrong_words(dexd, words, why):
    """A word is a prefix of one command or the command line is wrong."""
    r = dexd.ctl(*words)
    assert (r.returncode, r.stdout) == (USAGE, "")
    assert r.stderr.startswith(f"dexctl: {why}\n"), r.stderr


def test_prefixes_and_json(dexd):
    """Every command that reads answers in JSON, by its shortest words."""
    for words in (["sta"], ["sh", "cl"], ["sh", "co"], ["sh", "k"], ["sh", "s"],
                  ["sh", "u"], ["hel"]):
        r = dexd.ctl("-j", *words)
        assert r.returncode == 0 and r.stderr == "", (words, r.stderr)
        assert len(json.loads(r.stdout)) >= 1
        assert dexd.ctl(*words).returncode == 0


def test_no_dexd(tmp_path):
    for path in (str(tmp_path), str(tmp_path / ("x" * 200))):
        r = subprocess.run([str(BUILD / "sbin" / "dexctl"), "-r", path, "status"],
                           capture_output=True, text=True, timeout=20)
        assert (r.returncode, r.stdout) == (1, "") and path in r.stderr


def test_hash_password():
    def hash_of(text, *args):
        return subprocess.run([str(BUILD / "sbin" / "dexctl"), *args], input=text,
                              capture_output=True, text=True, timeout=60)
    assert re.fullmatch(r"\$2b\$10\$.{53}\n", hash_of("pass\n", "hash-password").stdout)
    r = hash_of("pass\n", "-j", "hash", "-c", "11")
    assert json.loads(r.stdout)["hash"].startswith("$2b$11$")
    for bad in (["-c", "9"], ["-c", "17"], ["-c", "x"], ["-x"], ["word"]):
        r = hash_of("pass\n", "hash-password", *bad)
        assert (r.returncode, r.stdout) == (USAGE, ""), bad
    for text in ("", "\n", "x" * 73 + "\n", "pass\0word\n"):
        r = hash_of(text, "hash-password")
        assert (r.returncode, r.stdout) == (1, "")


# ---- who may ----

CHANGES = (["stop"], ["reload"], ["rotate", "keys"], ["log", "verbose"], ["log", "brief"])


@pytest.mark.skipif(not ROOT, reason="needs two users")
def test_a_reader_changes_nothing(own_dexd):
    """dexctl(8): the socket's group reads; root and the owner change."""
    d = own_dexd()
    assert oct(os.stat(d.run / "dexd.sock").st_mode & 0o777) == "0o660"
    before = d.rooms()
    for words in (["status"], ["show", "clients"], ["show", "keys"], ["show", "stats"]):
        assert as_reader(d, *words).returncode == 0, words
    for words in CHANGES:
        for option in ([], ["-j"]):
            r = as_reader(d, *option, *words)
            assert (r.returncode, r.stdout) == (DENIED, ""), words
            assert "only root and the user that runs dexd" in r.stderr
    assert d.rooms() == before and len(show(d, "keys")) == 1
    assert d.read_log().count('msg="command denied"') == 2 * len(CHANGES)
    # who is not in the group does not even get in
    r = as_reader(d, "status", groups=NOBODY)
    assert r.returncode == 1 and "Permission denied" in r.stderr


@pytest.mark.skipif(not ROOT, reason="needs two users")
def test_the_socket_is_checked_again(own_dexd):
    """A socket made writable for all by mistake: the credentials still count."""
    d = own_dexd()
    (d.run / "dexd.sock").chmod(0o666)
    r = as_reader(d, "stop", groups=NOBODY)
    assert r.returncode == DENIED
    assert d.ctl("status").returncode == 0


@pytest.mark.skipif(not ROOT, reason="needs two users")
def test_the_owner_is_an_admin():
    """Without root the user that runs dexd may do everything."""
    from dexd import Dexd
    with Dexd(user="nobody") as d:
        r = as_reader(d, "log", "brief", groups=NOBODY)
        assert r.returncode == 0, r.stderr
        assert oct(os.stat(d.run / "dexd.sock").st_mode & 0o777) == "0o600"


# ---- floods and nonsense ----

def frame(kind, fields, rid=1, flags=0):
    return struct.pack(">IHHI", len(fields), kind, flags, rid) + fields


def closed(s):
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True


def test_nonsense_on_the_socket(own_dexd):
    """msg.def: what is no command closes that connection and nothing else."""
    d = own_dexd()
    before = d.rooms()
    for nonsense in (b"GET / HTTP/1.0\r\n\r\n", b"\xff" * 64, os.urandom(4096),
                     frame(0, b""), frame(65535, b"x"), frame(1, b"", flags=1),
                     struct.pack(">IHHI", 0xffffffff, 1, 0, 1)):
        s = connect(d)
        s.sendall(nonsense)
        if len(nonsense) >= 12:
            assert closed(s), nonsense[:16]
        s.close()
    for n in range(0, 200):         # every type, most are not dexctl's to send
        s = connect(d)
        s.sendall(frame(n, b"\0" * 9))
        s.close()
    assert d.ctl("status").returncode == 0
    assert d.rooms() == before


def test_idle_connections_give_way(own_dexd):
    """A full socket: who has asked nothing gives way to an administrator."""
    d = own_dexd()
    held = [connect(d) for _ in range(40)]
    assert d.ctl("status").returncode == 0
    for s in held:
        s.close()
    assert d.ctl("status").returncode == 0


@pytest.mark.skipif(not ROOT, reason="needs two users")
def test_readers_cannot_lock_the_administrator_out(own_dexd):
    """A flood by readers: bounded for them, and root is served meanwhile."""
    d = own_dexd()
    flood = """
import socket, struct, sys, time
end = time.time() + 6
while time.time() < end:
    held = []
    for _ in range(30):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(5)
        try:
            s.connect(sys.argv[1])
            s.sendall(b"\\0" * 11)
            held.append(s)
        except OSError:
            pass
"""
    gid = grp.getgrnam("_dexdctl").gr_gid
    procs = [subprocess.Popen(
        ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", f"--groups={gid}",
         "/usr/bin/python3", "-c", flood, str(d.run / "dexd.sock")])]
    try:
        n = 0
        while procs[0].poll() is None:
            assert d.ctl("-j", "status").returncode == 0
            n += 1
        assert n > 0
    finally:
        for p in procs:
            p.kill()
            p.wait()
    assert as_reader(d, "status").returncode == 0
