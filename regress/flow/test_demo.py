"""`make run` as a newcomer meets it: the sample application and the demo."""

import html
import os
import pathlib
import re
import signal
import socket
import subprocess
import urllib.parse

import requests

from dexd import BUILD, free_port, wait_for

TREE = pathlib.Path(__file__).resolve().parents[2]


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def up(port, path="/"):
    """Listens, and answers: the first key may take its time."""
    assert wait_for(lambda: listens(port)), f"nobody listens on {port}"
    return requests.get(f"http://127.0.0.1:{port}{path}", timeout=60)


def log_in(session, app):
    """What a person does: follow links, fill in the form, agree."""
    r = session.get(app + "/login")             # → the choice of connectors
    link = re.search(r'href="([^"]*/auth/local\?[^"]*)"', r.text).group(1)
    r = session.get(urllib.parse.urljoin(r.url, html.unescape(link)))
    action = html.unescape(re.search(r'action="([^"]*)"', r.text).group(1))
    r = session.post(urllib.parse.urljoin(r.url, action),
                     data={"login": "admin@example.com", "password": "password"})
    assert "Grant access" in r.text
    return session.post(r.url, data={"approval": "approve"})


def test_the_demo():
    proc = subprocess.Popen(["sh", "etc/demo.sh", os.path.relpath(BUILD, TREE)],
                            cwd=TREE, start_new_session=True,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert wait_for(lambda: up(5556, "/dexd/keys").status_code == 200)
        app = "http://127.0.0.1:5555"
        assert "not logged in" in up(5555).text
        with requests.Session() as s:
            r = log_in(s, app)
            assert "You are logged in" in r.text
            assert "admin@example.com" in r.text
            # The answer is good once, and in this browser only.
            answer = next(h.url for h in r.history if "/callback?" in h.url)
            assert requests.get(answer).status_code == 400
            assert s.get(answer).status_code == 400
            assert "not logged in" in requests.get(app).text
            assert "not logged in" in s.post(app + "/logout").text
        os.killpg(proc.pid, signal.SIGINT)      # ^C
        proc.wait(60)
        for port in (5556, 5555):
            assert wait_for(lambda: not listens(port)), f"still there: {port}"
    finally:
        if proc.poll() is None:
            os.killpg(proc.pid, signal.SIGKILL)
            proc.wait()


def test_the_sample_application_refuses_a_forged_state():
    port = free_port()
    rp = subprocess.Popen([BUILD / "bin" / "example-rp", "-p", str(port)])
    try:
        up(port)
        r = requests.get(f"http://127.0.0.1:{port}/callback?code=x&state=y")
        assert r.status_code == 400
    finally:
        rp.kill()
        rp.wait()
