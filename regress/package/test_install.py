"""`make install`, the unit, the other files an operating system wants."""

import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys

import pytest

from dexd import BUILD, Dexd

TREE = pathlib.Path(__file__).resolve().parents[2]
UNIT = TREE / "etc" / "systemd" / "dexd.service"
SYSTEM_UNITS = pathlib.Path("/lib/systemd/system")


def install(dest, prefix="/usr"):
    subprocess.run(["sh", "regress/install.sh", str(BUILD), str(dest), prefix],
                   cwd=TREE, check=True)
    return {str(p.relative_to(dest)): p for p in dest.rglob("*")
            if not p.is_dir()}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    dest = tmp_path_factory.mktemp("root")
    dest.chmod(0o755)
    install(dest)
    return dest


def analyze(*args):
    return subprocess.run(["systemd-analyze", "--no-pager", *args],
                          capture_output=True, text=True, timeout=60)


def test_the_install_target_copies_everything(root):
    files = {str(p.relative_to(root)): p for p in root.rglob("*") if p.is_file()}
    rooms = {p.name for p in (BUILD / "libexec" / "dexd").iterdir()}
    assert {"config", "frontend", "frontend-tls", "engine", "signer", "keygen",
            "authn-local", "authn-mock", "control"} <= rooms
    pages = {p.name for p in (TREE / "man").iterdir()}
    assert {"dexd.8", "dexctl.8", "dexd.yaml.5"} <= pages
    expected = {f"usr/libexec/dexd/{r}" for r in rooms}
    expected |= {f"usr/share/man/man{p[-1]}/{p}" for p in pages}
    expected |= {f"usr/share/doc/dexd/{n}" for n in
                 ("README.md", "DESIGN.md", "LICENSE", "example.yaml")}
    expected |= {f"usr/lib/systemd/system/{p.name}"
                 for p in UNIT.parent.iterdir()}
    expected |= {"usr/sbin/dexd", "usr/sbin/dexctl",
                 "usr/lib/sysusers.d/dexd.conf", "usr/lib/tmpfiles.d/dexd.conf"}
    assert set(files) == expected
    for name, path in files.items():
        program = "/sbin/" in name or "/libexec/" in name
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if program else 0o644)


def test_what_was_installed_finds_its_rooms(root):
    """Programs are found beside the dexd that runs (DESIGN, Rooms)."""
    with Dexd(wait=False) as d:
        d.command = lambda *args: [str(root / "usr/sbin/dexd"), *args]
        for p in (root, *root.parents):     # rooms are other users
            if p != pathlib.Path("/tmp") and str(p).startswith("/tmp/"):
                p.chmod(0o755)
        d.start()
        exe = os.readlink(f"/proc/{d.rooms()['engine'][0]}/exe")
        assert exe == str(root / "usr/libexec/dexd/engine")


def test_units_follow_the_prefix(tmp_path):
    files = install(tmp_path, "/usr/local")
    unit = files["usr/local/lib/systemd/system/dexd.service"].read_text()
    assert "ExecStart=/usr/local/sbin/dexd -d" in unit
    assert "/usr/sbin" not in unit


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd")
def test_systemd_has_nothing_to_say_about_the_unit(root, tmp_path):
    """systemd-analyze verify, with what the unit refers to beside it."""
    system = tmp_path / "usr/lib/systemd/system"
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    for pattern in ("*.target", "*.slice", "*.socket"):
        for unit in SYSTEM_UNITS.glob(pattern):
            if not (system / unit.name).exists() and unit.exists():
                shutil.copy(unit, system / unit.name)
    r = analyze("verify", "--man=no", f"--root={tmp_path}", "dexd.service")
    assert r.returncode == 0 and r.stdout + r.stderr == ""
    # It would say so: a program that is not there is noticed.
    (tmp_path / "usr/sbin/dexd").unlink()
    r = analyze("verify", "--man=no", f"--root={tmp_path}", "dexd.service")
    assert r.returncode != 0 and "dexd" in r.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd")
def test_the_score_of_the_unit_is_the_one_the_manual_quotes():
    r = analyze("security", "--offline=true", str(UNIT))
    score = re.search(r"exposure level for dexd.service: ([\d.]+)", r.stdout)
    version = analyze("--version").stdout.split()[1]
    quoted = re.search(r"gives it ([\d.]+) in its version (\d+)", " ".join(
        (TREE / "DESIGN.md").read_text().split()))
    assert float(score.group(1)) <= 3.5
    if version == quoted.group(2):      # other versions weigh differently
        assert score.group(1) == quoted.group(1)


def test_the_unit_lets_the_rooms_make_their_sandbox():
    """Landlock and seccomp must be set up by the rooms, chroot by the parent."""
    text = UNIT.read_text()
    calls = re.search(r"^SystemCallFilter=(.*)$", text, re.M).group(1).split()
    assert {"chroot", "seccomp", "landlock_create_ruleset", "landlock_add_rule",
            "landlock_restrict_self"} <= set(calls)


def test_the_script_of_openbsd_parses():
    script = TREE / "etc" / "rc.d" / "dexd"
    subprocess.run(["sh", "-n", script], check=True)
    # What it looks for is the title that the parent gives itself.
    pexp = re.search(r'^pexp="(.*)"$', script.read_text(), re.M).group(1)
    with Dexd() as d:
        title = pathlib.Path(f"/proc/{d.proc.pid}/cmdline").read_bytes()
        assert re.fullmatch(pexp, title.strip(b"\0").decode()), title


def test_the_units_and_scripts_name_the_same_users():
    """sysusers, etc/users.sh and the parent's table agree."""
    parent = (TREE / "parent" / "checks.c").read_text()
    users = set(re.findall(r'"(_dexd\w*)"', parent))
    assert len(users) > 4
    sysusers = (TREE / "etc/sysusers.d/dexd.conf").read_text()
    assert set(re.findall(r"^u (\S+)", sysusers, re.M)) == users
    script = (TREE / "etc/users.sh").read_text()
    assert set(re.search(r"for user in (.*);", script).group(1).split()) == users


NOBODY_LEFT = """
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)     # orphans become ours
p = subprocess.run(sys.argv[1:], capture_output=True)
try:
    left = os.waitpid(-1, os.WNOHANG)
    print("somebody is left:", left)
except ChildProcessError:
    print("nobody is left", p.returncode)
"""


@pytest.mark.parametrize("text,status", [(None, 0), ("issuer: x\n", 1)])
def test_a_check_leaves_nobody_behind(text, status):
    """An init that counts a service's processes complains of those left over."""
    with Dexd(wait=False) as d:
        if text is not None:
            d.config_path.write_text(text)
        for _ in range(5):
            r = subprocess.run(
                [sys.executable, "-c", NOBODY_LEFT, *d.command(
                    "-n", "-f", str(d.config_path), "-r", str(d.run))],
                capture_output=True, text=True, timeout=60)
            assert r.stdout == f"nobody is left {status}\n", r.stdout + r.stderr
