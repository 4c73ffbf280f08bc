"""An operator's template directory: dex's layout, language and file serving."""

import base64
import hashlib
import html
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

import pytest

from conftest import USERS
from dexd import Browser, Dexd, Flow, is_page, kill, reload, wait_for

THEMES = pathlib.Path(__file__).resolve().parent.parent / "theme"
EVIL = "\"><script>alert('x')</script>&{{ issuer }}"
FRONTEND = {
    "dex": {"issuer": "Tide & <Sons>"},
    "old": {"issuer": "Tide & <Sons>", "theme": "tide",
            "logoURL": "theme/img/wave.svg",
            "extra": {"banner": "<b>Maintenance</b> at noon", "lang": "fr",
                      "imprint": "javascript:alert(1)"}}}


def themed(name, edit=None, user=USERS[0], start=True):
    """A dexd whose frontend.dir is a copy of that directory of ours."""
    d = Dexd(user=user, wait=False)
    shutil.copytree(THEMES / name, d.dir / "web")
    d.web = d.dir / "web"
    d.config["frontend"] = dict(FRONTEND[name], dir=str(d.web))
    if edit:
        edit(d)
    d.write_config()
    if start:
        d.start()
    return d


@pytest.fixture(scope="module", params=[(n, u) for n in FRONTEND for u in USERS],
                ids=lambda p: "-".join(p))
def site(request):
    with themed(request.param[0], user=request.param[1]) as d:
        d.name = request.param[0]
        yield d


@pytest.fixture
def make():
    made = []

    def one(*args, **kw):
        made.append(themed(*args, **kw))
        return made[-1]
    yield one
    for d in made:
        d.close()


def check(d):
    """dexd -n: status and everything it says."""
    p = subprocess.run(d.command("-n", "-f", str(d.config_path)),
                       capture_output=True, text=True, timeout=60)
    return p.returncode, p.stdout + p.stderr


def has_literal_code_allowed(r):
    """CSP 3: every inline script and style of the page is allowed by hash."""
    policy = r.headers["Content-Security-Policy"]
    blocks = re.findall(r"<(?:script|style)(?: [^>]*)?>((?:(?!</s).)+)</s",
                        r.text, re.S)
    for block in blocks:
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest())
        assert f"'sha256-{digest.decode()}'" in policy, block
    assert "'unsafe-inline'" not in policy
    return len(blocks)


# ---- pages ----

def test_choice_of_connectors(site):
    r = Browser(site).get("auth?" + "&".join(
        f"{k}={v}" for k, v in Flow(site).params.items() if k != "connector_id"))
    assert is_page(r, 200)
    links = re.findall(r'<a href="([^"]*/auth/[^"]*)"', r.text)
    assert len(links) == 3      # mock, pw, local
    assert "Tide &amp; &lt;Sons&gt;" in r.text
    assert Browser(site).get(html.unescape(links[0])).status_code in (302, 303)
    if site.name == "old":
        assert re.search(r'class="known m-password">\s*\d/3:', r.text)
        assert 'title="apassword (&#34;mockPassword&#34;)"' in r.text


def test_login_through_the_pages(site):
    """Each page of a login is the operator's; the login itself works."""
    b = Browser(site)
    f = Flow(site, b, connector="pw")
    target = f.start().headers["Location"]
    r = b.get(target)
    assert is_page(r, 200)
    assert has_literal_code_allowed(r) >= (1 if site.name == "dex" else 2)
    action = html.unescape(re.search(r'<form method="post" action="([^"]*)"',
                                     r.text).group(1))
    r = b.post(target, {"login": EVIL, "password": "wrong"})
    assert r.status_code == 401
    assert "login-error" in r.text
    assert "<script>alert" not in r.text and "{{" not in html.unescape(
        r.text).replace(EVIL, "")
    assert 'value="&#34;&gt;&lt;script&gt;alert(&#39;x&#39;)' in r.text
    r = b.post(action, {"login": "foo", "password": "bar"})
    assert "/approval?" in r.headers["Location"]
    page = b.get(r.headers["Location"])
    assert is_page(page, 200)
    assert "The App" in page.text
    assert page.text.count('<input type="hidden" name="req" value="') == 2
    r = b.post(r.headers["Location"], {"approval": "approve"})
    code = re.search(r"[?&]code=([^&]+)", r.headers["Location"]).group(1)
    assert f.redeem(code).status_code == 200


def test_out_of_band_page(site):
    f = Flow(site, client="cli", connector="mock", scope="openid",
             redirect_uri="urn:ietf:wg:oauth:2.0:oob")
    r = f.authenticate()
    while r.status_code in (302, 303):
        target = r.headers["Location"]
        r = f.browser.get(target)
        if 'value="approve"' in r.text:
            r = f.browser.post(target, {"approval": "approve"})
    assert is_page(r, 200)
    assert re.search(r'(?:value="|<code>)[a-z0-9]{20,}(?:"|</code>)', r.text)


def test_error_page_and_home(site):
    r = Browser(site).get("auth/nowhere?client_id=app")
    assert r.headers["Content-Type"].startswith("text/html")
    if site.name == "dex":
        assert 'class="theme-heading">' in r.text
        assert 'href="../static/main.css"' in r.text
    else:
        assert "<h1>BAD REQUEST</h1>" in r.text or "<h1>NOT FOUND</h1>" in r.text
    r = Browser(site).get(site.issuer)
    assert is_page(r, 200)
    assert "/.well-known/openid-configuration" in r.text


def test_old_theme_values(site):
    """extra, default, now, URLs whose scheme runs code."""
    if site.name != "old":
        pytest.skip("of the other directory")
    r = Browser(site).get("auth/nowhere?client_id=app")
    assert '<html lang="fr">' in r.text
    assert "&lt;b&gt;Maintenance&lt;/b&gt; at noon" in r.text
    assert 'href="#ZgotmplZ">imprint' in r.text
    assert re.search(r"&copy; 20\d\d Tide &amp; &lt;Sons&gt;, <a", r.text)
    assert 'src="../theme/img/wave.svg" alt="&#34;Tide &amp; ' in r.text
    assert 'class="theme-tide" style="margin: 0"' in r.text
    policy = r.headers["Content-Security-Policy"]
    assert "'unsafe-hashes'" in policy and "script-src 'self' 'sha256-" in policy


# ---- files ----

TYPES = {
    "dex": [("static/main.css", "text/css; charset=utf-8"),
            ("static/img/oidc-icon.svg", "image/svg+xml"),
            ("theme/styles.css", "text/css; charset=utf-8"),
            ("theme/logo.png", "image/png"), ("theme/favicon.png", "image/png"),
            ("robots.txt", "text/plain; charset=utf-8")],
    "old": [("static/js/theme.js", "text/javascript; charset=utf-8"),
            ("static/help.html", "text/html; charset=utf-8"),
            ("theme/img/wave.svg", "image/svg+xml"),
            ("robots.txt", "text/plain; charset=utf-8")]}


def test_files_and_their_types(site):
    theme = FRONTEND[site.name].get("theme", "light")
    for path, kind in TYPES[site.name]:
        r = Browser(site).get(path)
        assert (r.status_code, r.headers["Content-Type"]) == (200, kind), path
        assert r.headers["X-Content-Type-Options"] == "nosniff"
        file = site.web / re.sub("^theme/", f"themes/{theme}/", path)
        assert r.content == file.read_bytes()


@pytest.mark.parametrize("path", [
    "/static/../templates/login.html", "/static/%2e%2e/templates/login.html",
    "/static/..%2ftemplates/login.html", "/static/%2e%2e%2frobots.txt",
    "/static//main.css", "/static/./main.css", "/static/img/../main.css",
    "/static/", "/static", "/static/img", "/static/img/", "/static/main.css/",
    "/static/main.css%00", "/static/main.css%00.png", "/static/%ff",
    "/static/%c0%ae%c0%ae/robots.txt", "/static\\..\\robots.txt",
    "/theme/../../robots.txt", "/theme/../dark/styles.css", "/themes/dark/logo.png",
    "/templates/login.html", "/static/%zz", "/theme/..", "/static/.hidden"])
def test_nothing_else_is_served(site, path):
    """Threat: path traversal.  A request names a file of the list or nothing."""
    c = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    c.request("GET", "/dex" + path)
    r = c.getresponse()
    body = r.read()
    assert r.status in (400, 404), body
    assert b"Disallow" not in body and b"{{" not in body
    c.close()


def test_names_hidden_files_and_head(make):
    def edit(d):
        (d.web / "static" / "a b+c%.css").write_text("p{}")
        (d.web / "static" / ".hidden").write_text("no")
        (d.web / "static" / "n\u00e4me.txt").write_text("yes")
        (d.web / "templates" / "sub").mkdir()
        (d.web / "templates" / "sub" / "x.html").write_text("{{ bogus }}")
    d = make("dex", edit)
    b = Browser(d)
    assert b.get("static/a%20b+c%25.css").text == "p{}"
    assert b.get("static/n%C3%A4me.txt").text == "yes"
    assert b.get("static/.hidden").status_code == 404
    r = b.session.head(d.issuer + "/static/main.css", timeout=20)
    assert r.status_code == 200 and int(r.headers["Content-Length"]) > 20
    assert b.post("static/main.css", {}).status_code == 404


def test_large_files(make):
    """Written from where they lie: whole, also pipelined and read slowly."""
    big = os.urandom(1000 * 1000)

    def edit(d):
        (d.web / "static" / "big.png").write_bytes(big)
        (d.web / "static" / "empty.css").write_bytes(b"")
        (d.web / "static" / "chunk.png").write_bytes(big[:61440])
    d = make("dex", edit)
    b = Browser(d)
    assert b.get("static/chunk.png").content == big[:61440]
    assert b.get("static/empty.css").content == b""
    req = b"GET /dex/static/%s HTTP/1.1\r\nHost: x\r\n%s\r\n"
    with socket.create_connection(("127.0.0.1", d.port), 20) as s:
        s.sendall(req % (b"big.png", b"") + req % (b"main.css", b"") +
                  req % (b"big.png", b"Connection: close\r\n"))
        got = b""
        while True:
            part = s.recv(16384)
            if not part:
                break
            got += part
    css = (d.web / "static" / "main.css").read_bytes()
    assert got.count(b"HTTP/1.1 200") == 3
    assert got.count(big) == 2
    assert got.index(big) < got.index(css) < got.rindex(big)
    assert got.endswith(big)


# ---- what is wrong is said with its place ----

def put(file, text):
    return lambda d: (d.web / "templates" / file).write_text(text)


BAD = [
    (put("login.html", "\n\n{{ if .X }}"), "templates/login.html:3: a block has no end"),
    (put("login.html", "a\n<script>var x = {{ .X }};</script>"),
     "templates/login.html:2: no action may stand in a script"),
    (put("header.html", "<p>\n<p\n{{ .X }}>"),
     "templates/header.html:3: no value may stand here"),
    (put("footer.html", "\n<a href=\"java{{ .X }}\">"),
     "templates/footer.html:2: a value would be part of the scheme"),
    (put("error.html", "{{ env \"HOME\" }}"),
     "templates/error.html:1: there is no function env"),
    (put("oob.html", "\n{{ template \"nothing.html\" . }}"),
     "templates/oob.html:2: there is no template nothing.html"),
    (put("home.html", "<p class='"), "templates/home.html:1: the page ends inside"),
    (lambda d: (d.web / "templates" / "password.html").unlink(),
     "templates/password.html: missing"),
    (lambda d: (d.web / "robots.txt").unlink(),
     "web/robots.txt: No such file or directory"),
    (lambda d: shutil.rmtree(d.web / "themes" / "light"),
     "web/themes/light: No such file or directory"),
    (lambda d: shutil.rmtree(d.web / "static"), "web/static: No such file"),
    (lambda d: shutil.rmtree(d.web), "web: No such file or directory"),
    (lambda d: (d.web / "static" / "big").write_bytes(b"x" * (1024 * 1024 + 1)),
     "web/static/big: too large"),
    (lambda d: os.mkfifo(d.web / "static" / "pipe"), "web/static/pipe: not a file"),
    (lambda d: (d.web / "static" / "out.css").symlink_to("/etc/passwd"),
     "web/static/out.css: a symbolic link leads out of the directory"),
    (lambda d: (d.web / "static" / "out.css").symlink_to("../../dexd.yaml"),
     "web/static/out.css: a symbolic link leads out of the directory"),
    (lambda d: (d.web / "templates" / "x.html").symlink_to("x.html"),
     "web/templates/x.html: a symbolic link that cannot be followed"),
    (lambda d: (d.web / "static" / "up").symlink_to(".."),
     "directories are nested too deeply"),
    (lambda d: d.config["frontend"].update(theme="../themes/light"),
     "a theme is the name of a directory"),
    (lambda d: d.config["frontend"].update(dir="", theme="tide"), "frontend.dir"),
]


@pytest.mark.parametrize("edit,why", BAD, ids=[w[-40:] for _, w in BAD])
def test_check_names_the_place(make, edit, why):
    d = make("dex", edit, start=False)
    status, text = check(d)
    assert status == 1, text
    assert why in text
    assert "configuration OK" not in text


def test_check_of_what_is_right(make):
    """Only pages that dexd shows are compiled: dex's others hold what we refuse."""
    d = make("dex", start=False)
    assert "{{ .Mode }};" in (d.web / "templates/webauthn_verify.html").read_text()
    status, text = check(d)
    assert status == 0 and text.startswith("configuration OK\n"), text


def test_links_that_stay_inside(make):
    """A ConfigMap of Kubernetes: files are links through ..data."""
    def edit(d):
        t = d.web / "templates"
        (t / "..2026").mkdir()
        for f in list(t.glob("*.html")):
            f.rename(t / "..2026" / f.name)
            f.symlink_to(f"..data/{f.name}")
        (t / "..data").symlink_to("..2026")
        (d.web / "static" / "again.css").symlink_to("main.css")
    d = make("dex", edit)
    assert Browser(d).get("static/again.css").status_code == 200
    assert "theme-heading" in Browser(d).get("auth/nowhere?client_id=app").text


def test_start_with_a_bad_template(make):
    d = make("dex", put("login.html", "{{ bogus }}"), start=False)
    p = d.spawn()
    assert p.wait(30) == 1
    assert "templates/login.html:1: there is no function bogus" in d.read_log()


def test_reload_changes_all_or_nothing(make):
    d = make("dex")
    page = d.web / "templates" / "error.html"
    before = d.rooms()
    good = page.read_text()
    page.write_text("{{ .ErrType }}\n{{ .ErrMsg | bogus }}")
    p = reload(d)
    assert p.returncode != 0
    assert "templates/error.html:2: there is no function bogus" in p.stdout + p.stderr
    assert d.rooms() == before
    assert "theme-heading" in Browser(d).get("auth/nowhere?client_id=app").text
    page.write_text(good.replace("theme-heading", "new-heading"))
    p = reload(d)
    assert p.returncode == 0, p.stdout + p.stderr
    assert "new-heading" in Browser(d).get("auth/nowhere?client_id=app").text
    # By signal, the same: said in the log, and nothing changes.
    page.write_text("{{")
    d.proc.send_signal(signal.SIGHUP)
    deadline = time.time() + 30
    while "an action does not end" not in d.read_log():
        assert time.time() < deadline, d.read_log()
        d.proc.send_signal(signal.SIGHUP)
        time.sleep(0.2)
    assert "new-heading" in Browser(d).get("auth/nowhere?client_id=app").text


def test_new_frontend_has_the_files_in_force(make):
    """A room that is replaced gets what was checked, not what lies there now."""
    d = make("dex")
    (d.web / "templates" / "error.html").write_text("{{ bogus")
    (d.web / "static" / "main.css").write_text("p{}")
    pids = d.rooms()["frontend"]
    os.kill(pids[0], signal.SIGKILL)
    deadline = time.time() + 30
    while True:
        try:
            r = Browser(d).get("static/main.css")
            if d.rooms().get("frontend", pids) != pids:
                break
        except (OSError, ValueError):
            pass
        assert time.time() < deadline, d.read_log()
        time.sleep(0.05)
    r = Browser(d).get("static/main.css")
    assert "box-sizing" in r.text
    assert "theme-heading" in Browser(d).get("auth/nowhere?client_id=app").text


def test_a_page_that_fails_is_said(make):
    """Bounds while a page is made: the browser gets a 500, the log the place."""
    d = make("dex", put("error.html", "\n{{ range 100000000 }}{{ end }}"))
    r = Browser(d).get("auth/nowhere?client_id=app")
    assert r.status_code == 500
    assert "error.html:2: the page takes too many steps" in d.read_log()
    assert Browser(d).get("healthz").status_code == 200


def test_manual_lists_every_function():
    """dexd.yaml(5) and the tables of the compiler name the same functions."""
    root = THEMES.parent.parent
    have = set()
    for f in root.glob("frontend/tmpl_*.c"):
        have |= set(re.findall(r'^\t\t?\{ "([A-Za-z0-9]+)", \w+, \w+, \w+ \},$',
                               f.read_text(), re.M))
    manual = (root / "man" / "dexd.yaml.5").read_text()
    part = manual[manual.index(".It Functions of Go"):
                  manual.index("Letters are those")]
    named = set()
    for line in part.splitlines():
        if line.startswith(".Ic"):
            named |= set(line[3:].replace(",", " ").replace(" .", " ").split())
    assert len(have) > 80
    assert have == named


def test_directory_from_the_environment(make):
    """dex: DEX_FRONTEND_DIR counts when frontend.dir is empty."""
    d = make("dex", lambda d: d.config["frontend"].update(dir=""), start=False)
    d.spawn(env={"DEX_FRONTEND_DIR": str(d.web)})
    deadline = time.time() + 30
    while True:
        try:
            if "box-sizing" in Browser(d).get("static/main.css").text:
                break
        except OSError:
            pass
        assert time.time() < deadline and d.proc.poll() is None, d.read_log()
        time.sleep(0.05)


SO_TIMESTAMPNS = 35                     # of linux/socket.h; Python has no name for it


def came(s, n):
    """When the last of n answers came, by the kernel's clock and not by when we
    had time to look; None when it did not look at its clock."""
    head, _, _ = s.recv(4096, socket.MSG_PEEK).partition(b"\r\n\r\n")
    left = n * (len(head) + 4 + int(re.search(rb"Content-Length: (\d+)", head)[1]))
    while left > 0:
        data, notes, _, _ = s.recvmsg(min(left, 65536), 128)
        assert data, "closed"
        left -= len(data)
    return struct.unpack("qq", notes[0][2][:16]) if notes else None


def state_of(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def test_who_pipelines_large_files_lets_others_in(make):
    """One is sent in each turn of the loop: who asks meanwhile is not served when
    all of them have been."""
    d = make("dex", lambda d: (d.web / "static/large").write_bytes(b"x" * 20000))
    [frontend] = d.rooms()["frontend"]
    request = b"GET /dex/static/large HTTP/1.1\r\nHost: x\r\n\r\n"

    def asked(s):
        s.sendall(request)
        return came(s, 1)
    for _ in range(9):
        with socket.socket() as many, socket.socket() as one:
            many.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            for s in (many, one):
                s.settimeout(60)
                s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
                s.connect(("127.0.0.1", d.port))
                # The kernel begins to stamp a moment after it was told to.
                assert wait_for(lambda: asked(s))
            assert wait_for(lambda: state_of(frontend) == "S")
            kill([frontend], signal.SIGSTOP)
            assert wait_for(lambda: state_of(frontend) == "T")
            many.sendall(request * 20)
            one.sendall(request)
            kill([frontend], signal.SIGCONT)
            assert came(one, 1) < came(many, 20)
