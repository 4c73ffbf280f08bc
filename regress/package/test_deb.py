"""The Debian package: what is in it, and its life on a clean machine."""

import hashlib
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tarfile
import tempfile
import time

import pytest
import requests

from dexd import BUILD, CALLBACK, HASH, Flow, free_port

TREE = pathlib.Path(__file__).resolve().parents[2]
USERS = ("_dexd", "_dexdcfg", "_dexdeng", "_dexdsig", "_dexdauth", "_dexdctl")
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
               "DEBIAN_FRONTEND": "noninteractive"}
# What dpkg and the tools for users remember of everything they ever did.
MEMORY = re.compile(r"(var/(lib/dpkg|log|cache)|proc|dev|tmp)(/|$)|"
                    r"etc/((passwd|shadow|group|gshadow|subuid|subgid)-|"
                    r"\.pwd\.lock)$")


def build():
    subprocess.run(["sh", "etc/debian/build.sh", os.path.relpath(BUILD, TREE)],
                   cwd=TREE, check=True, capture_output=True, text=True)
    made = list(BUILD.glob("dexd_*.deb"))
    assert len(made) == 1
    return made[0]


@pytest.fixture(scope="module")
def deb():
    for old in BUILD.glob("dexd_*.deb"):
        old.unlink()
    return build()


def field(deb, name):
    return subprocess.run(["dpkg-deb", "-f", deb, name], check=True,
                          capture_output=True, text=True).stdout.strip()


def test_what_is_in_the_package(deb):
    assert {"libsodium23", "libtls26", "libseccomp2", "libsqlite3-0"} <= set(
        re.findall(r"^(\S+)", field(deb, "Depends").replace(", ", "\n"), re.M))
    data = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], check=True,
                          capture_output=True).stdout
    with tempfile.TemporaryFile() as f:
        f.write(data)
        f.seek(0)
        members = {m.name[2:]: m for m in tarfile.open(fileobj=f)}
    programs = {n for n, m in members.items()
                if m.isfile() and m.mode & stat.S_IXUSR}
    assert {"usr/sbin/dexd", "usr/sbin/dexctl"} < programs
    assert all(n.startswith(("usr/sbin/", "usr/libexec/dexd/")) for n in programs)
    for name, m in members.items():
        assert (m.uid, m.gid) == (0, 0) and not m.mode & 0o7022, name
        assert m.isdir() or m.isfile(), name
    assert members["etc/dexd/dexd.yaml"].mode == 0o600      # it holds secrets
    for page in (TREE / "man").iterdir():
        assert f"usr/share/man/man{page.name[-1]}/{page.name}.gz" in members
    conffiles = subprocess.run(["dpkg-deb", "-I", deb, "conffiles"], check=True,
                               capture_output=True, text=True).stdout
    assert conffiles.split() == ["/etc/dexd/dexd.yaml"]


def test_the_package_is_reproducible(deb):
    first = deb.read_bytes()
    assert build().read_bytes() == first


def test_purge_knows_every_user():
    text = (TREE / "etc/debian/postrm").read_text()
    assert set(re.search(r"for user in (.*);", text).group(1).split()) == set(USERS)
    sysusers = (TREE / "etc/sysusers.d/dexd.conf").read_text()
    assert set(re.findall(r"^u (\S+)", sysusers, re.M)) == set(USERS)


# ---- a clean machine ----

def minimal_root(deb):
    """A tar of Debian's essential packages and of what ours depends on."""
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', pathlib.Path(
        "/etc/os-release").read_text(), re.M))["VERSION_CODENAME"]
    wanted = [d.split()[0] for d in field(deb, "Depends").split(", ")]
    # A machine without systemd: its tools for users and directories alone.
    wanted = sorted({d for d in wanted if d != "systemd"} | {
        "passwd", "systemd-standalone-sysusers", "systemd-standalone-tmpfiles"})
    key = hashlib.sha256(" ".join([release, *wanted]).encode()).hexdigest()[:12]
    tar = BUILD / "package" / f"root-{key}.tar"
    if not tar.exists():
        tar.parent.mkdir(exist_ok=True)
        new = tar.with_suffix(".new.tar")
        subprocess.run(["mmdebstrap", "--quiet", "--variant=essential",
                        "--dpkgopt=force-unsafe-io",
                        '--aptopt=Acquire::Languages "none"',
                        "--include=" + ",".join(wanted), release, new],
                       check=True, stdin=subprocess.DEVNULL)
        new.rename(tar)
    return tar


class Machine:
    """A root of its own with its own processes; the loopback is shared."""

    def __init__(self, tar):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="dexd-machine-",
                                                  dir="/var/tmp"))
        self.root.chmod(0o755)
        subprocess.run(["tar", "-C", self.root, "-xf", tar], check=True)
        self.procs = []

    def command(self, *args):
        return ["unshare", "--pid", "--fork", "--kill-child",
                f"--mount-proc={self.root}/proc", "chroot", str(self.root), *args]

    def run(self, *args, status=0):
        r = subprocess.run(
            self.command(*args), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=120, cwd="/",
            stdin=subprocess.DEVNULL, env=ENVIRONMENT)
        assert r.returncode == status, f"{args}: {r.returncode}\n{r.stdout}"
        return r.stdout

    def start(self, issuer, *args):
        log = self.root / "tmp" / "dexd.log"
        with open(log, "ab") as f:
            proc = subprocess.Popen(self.command("/usr/sbin/dexd", "-d", *args),
                                    stdout=f, stderr=f, cwd="/",
                                    env=ENVIRONMENT)
        self.procs.append(proc)
        deadline = time.time() + 60
        while time.time() < deadline and proc.poll() is None:
            try:
                if requests.get(issuer + "/keys", timeout=5).status_code == 200:
                    return proc
            except requests.RequestException:
                pass
            time.sleep(0.05)
        raise AssertionError("dexd does not start:\n" +
                             log.read_text(errors="replace"))

    def listing(self):
        """Everything that is there, but for what is only remembered."""
        seen = {}
        for directory, names, files in os.walk(self.root):
            for name in names + files:
                path = pathlib.Path(directory, name)
                short = str(path.relative_to(self.root))
                if MEMORY.match(short):
                    continue
                st = path.lstat()
                what = ""
                if stat.S_ISLNK(st.st_mode):
                    what = os.readlink(path)
                elif stat.S_ISREG(st.st_mode):
                    what = hashlib.sha256(path.read_bytes()).hexdigest()
                seen[short] = (oct(st.st_mode), st.st_uid, st.st_gid, what)
        return seen

    def close(self):
        for proc in self.procs:
            if proc.poll() is None:
                proc.kill()         # --kill-child takes the others along
            proc.wait()
        shutil.rmtree(self.root)


@pytest.fixture(scope="module")
def tar(deb):
    if os.getuid() != 0:
        pytest.skip("a machine of its own needs root")
    return minimal_root(deb)


@pytest.fixture
def machine(tar):
    m = Machine(tar)
    yield m
    m.close()


class Issuer:
    def __init__(self, issuer):
        self.issuer = issuer


def log_in(issuer):
    """A person logs in; the id of the key that signed for her."""
    flow = Flow(Issuer(issuer), connector="local", client="app")
    r = flow.redeem(flow.code(), auth=("app", "app-secret"))
    assert r.status_code == 200 and r.json()["id_token"], r.text
    return [k["kid"] for k in requests.get(issuer + "/keys").json()["keys"]]


def configure(machine, port):
    """What an operator adds to the file that came with the package."""
    conf = machine.root / "etc/dexd/dexd.yaml"
    text = conf.read_text().replace("127.0.0.1:5556", f"127.0.0.1:{port}")
    conf.write_text(text + f"""
staticClients:
- {{id: app, secret: app-secret, name: App, redirectURIs: ["{CALLBACK}"]}}
staticPasswords:
- {{email: admin@example.com, hash: "{HASH}", username: admin, userID: u1}}
""")


def test_install_start_remove_purge(deb, machine):
    before = machine.listing()
    assert not any("dexd" in name for name in before)
    shutil.copy(deb, machine.root / "tmp" / "dexd.deb")
    install = ("dpkg", "-i", "/tmp/dexd.deb")

    # Installed: users, directories, a unit that would start at boot.
    machine.run(*install)
    assert "\nii " in "\n" + machine.run("dpkg-query", "-W", "-f",
                                         "${db:Status-Abbrev} ${Package}", "dexd")
    passwd = (machine.root / "etc/passwd").read_text()
    uids = dict(re.findall(r"^(_dexd\w*):[^:]*:(\d+):", passwd, re.M))
    assert set(uids) == set(USERS) and len(set(uids.values())) == len(USERS)
    db = (machine.root / "var/lib/dexd/db").stat()
    assert (stat.S_IMODE(db.st_mode), db.st_uid) == (0o700, int(uids["_dexdeng"]))
    wants = machine.root / "etc/systemd/system/multi-user.target.wants"
    assert os.readlink(wants / "dexd.service").endswith(
        "/lib/systemd/system/dexd.service")

    # It starts by hand with the file it came with; then it has people.
    assert "configuration OK" in machine.run("dexd", "-n")
    port = free_port()
    issuer = f"http://127.0.0.1:{port}/dexd"
    configure(machine, port)
    proc = machine.start(issuer)
    keys = log_in(issuer)
    assert "engine" in machine.run("dexctl", "status")

    # The same package over itself, as an upgrade: says what it cannot do.
    assert "still running" in machine.run(*install)
    log_in(issuer)

    # Removed: it has stopped, and what is the operator's is still there.
    machine.run("dpkg", "-r", "dexd")
    assert proc.wait(30) == 0
    left = machine.listing()
    assert not any(n.startswith(("usr/sbin/dex", "usr/libexec/dexd"))
                   for n in left)
    assert {"etc/dexd/dexd.yaml", "var/lib/dexd/db/dexd.db",
            "var/lib/dexd/seal.keys"} <= set(left)
    with pytest.raises(requests.ConnectionError):
        requests.get(issuer, timeout=5)

    # Installed again: the file, the database and the keys are those of before.
    machine.run(*install)
    proc = machine.start(issuer)
    assert set(keys) <= set(log_in(issuer))

    # Purged while it runs: nothing is left.
    machine.run("dpkg", "-P", "dexd")
    assert proc.wait(30) == 0
    after = machine.listing()
    assert {n: v for n, v in after.items() if before.get(n) != v} == {}
    assert set(before) == set(after)


def test_purge_leaves_what_an_operator_put_beside_it(deb, machine):
    """dpkg removes conffiles; a certificate in /etc/dexd is not ours."""
    shutil.copy(deb, machine.root / "tmp" / "dexd.deb")
    machine.run("dpkg", "-i", "/tmp/dexd.deb")
    (machine.root / "etc/dexd/sso.key").write_text("a key")
    machine.run("dpkg", "-P", "dexd")
    assert [p.name for p in (machine.root / "etc/dexd").iterdir()] == ["sso.key"]
    assert not (machine.root / "var/lib/dexd").exists()
    assert "_dexd" not in (machine.root / "etc/passwd").read_text()
