import os
import pathlib
import subprocess
import sys
import time

import pytest
import requests

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "flow"))
sys.path.insert(0, str(HERE))

from browser import WAIT, Browser  # noqa: E402
from dexd import BUILD, Dexd, free_port  # noqa: E402

# Chromium reads no password prompts and no proxies of whoever runs the tests.
for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
    os.environ.pop(name, None)

RP_SECRET = "ZXhhbXBsZS1hcHAtc2VjcmV0"


class House:
    """dexd and, beside it, the sample application."""

    def __init__(self, change=None):
        self.rp = None
        self.rp_port = free_port()
        self.app = f"http://127.0.0.1:{self.rp_port}"

        def both(config):
            config["frontend"] = {"issuer": "Acme"}
            config["staticClients"].append({
                "id": "example-app", "secret": RP_SECRET, "name": "Example App",
                "redirectURIs": [self.app + "/callback"]})
            if change:
                change(config)
        self.dexd = Dexd(both)
        self.issuer = self.dexd.issuer
        try:
            self.start_rp()
        except BaseException:
            self.close()
            raise

    def start_rp(self):
        self.rp = subprocess.Popen([BUILD / "bin" / "example-rp", "-p",
                                    str(self.rp_port), "-i", self.issuer])
        deadline = time.monotonic() + WAIT
        while True:
            assert self.rp.poll() is None, "the sample application is gone"
            try:
                requests.get(self.app, timeout=WAIT)
                return
            except requests.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.02)

    def auth(self, connector=None, client="example-app", **more):
        """The URL of a request without the application behind it."""
        query = {"client_id": client, "response_type": "code",
                 "redirect_uri": self.app + "/callback", "state": "x",
                 "scope": "openid email profile groups", **more}
        path = "/auth" if connector is None else "/auth/" + connector
        return self.issuer + path + "?" + requests.compat.urlencode(query)

    def close(self):
        if self.rp:
            self.rp.kill()
            self.rp.wait()
        self.dexd.close()


@pytest.fixture(scope="session")
def house():
    h = House()
    yield h
    h.close()


@pytest.fixture(scope="module")
def make_house():
    """For tests that need a configuration of their own."""
    made = []

    def make(change=None):
        made.append(House(change))
        return made[-1]
    yield make
    for h in made:
        h.close()


@pytest.fixture(scope="session")
def chromium():
    b = Browser()
    yield b
    b.close()


@pytest.fixture
def b(chromium, request):
    """A fresh browser.  Every test leaves a picture, and a clean console."""
    chromium.fresh()
    yield chromium
    name = request.node.name.replace("[", "-").replace("]", "")
    chromium.shot(name.removeprefix("test_"))
    assert chromium.complaints() == []
