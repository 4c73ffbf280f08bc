"""A dexd with every long-lived room, and bench/load, which drives it."""

import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "flow"))

import dexd as harness  # noqa: E402

REAL_BUILD = harness.BUILD
ROOMS = ("frontend", "frontend-tls", "telemetry", "engine", "signer",
         "authn-local", "authn-mock", "control")
CLIENTS = 8
AUTH_PAGE = ("/dex/auth?client_id=bench-0&response_type=code"
             "&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcb&scope=openid")
BY_PASSWORD = ("-c", "local", "-u", "admin%40example.com", "-w", "password")


def every_room(directory):
    cert, key = harness.keypair(directory, "localhost")
    if os.getuid() == 0:
        os.chown(key, harness.NOBODY, harness.NOBODY)

    def change(config):
        config["oauth2"] = {"skipApprovalScreen": True}
        # An RSA signature takes half a second under valgrind.
        config["signer"] = {"type": "local", "config": {
            "keysRotationPeriod": "6h", "algorithm": "ES256"}}
        config["web"].update(https=f"127.0.0.1:{harness.free_port()}",
                             tlsCert=cert, tlsKey=key)
        config["telemetry"] = {"http": f"127.0.0.1:{harness.free_port()}"}
        config["staticClients"] += [
            {"id": f"bench-{i}", "secret": "bench-secret-of-a-test",
             "name": f"Bench {i}", "redirectURIs": ["http://127.0.0.1:9/cb"]}
            for i in range(CLIENTS)]
    return change


def port_of(address):
    return address.rsplit(":", 1)[1]


class Driver:
    """Counts what it asked; whatever is answered wrongly fails the test."""

    def __init__(self, d):
        self.d = d
        self.done = 0

    def load(self, workers, each, *args, port=None):
        out = subprocess.run(
            [str(REAL_BUILD / "bench" / "load"), "-p", str(port or self.d.port),
             "-n", str(workers), "-m", str(each), *args], check=True,
            capture_output=True, text=True, timeout=900).stdout
        result = {k: float(v) for k, v in re.findall(r"(\w+)=([\d.]+)", out)}
        print(args, out.strip())
        assert result["errors"] == 0, (args, self.d.read_log()[-3000:])
        assert result["count"] == workers * each
        self.done += workers * each

    def over_tls(self, workers, each, *args):
        self.load(workers, each, "-T", *args,
                  port=port_of(self.d.config["web"]["https"]))

    def metrics(self, workers, each):
        self.load(workers, each, "get", "/metrics",
                  port=port_of(self.d.config["telemetry"]["http"]))

    def dexctl(self, times):
        for n in range(times):
            what = (["status"], ["show", "stats"], ["show", "clients"],
                    ["show", "keys"])[n % 4]
            r = self.d.ctl(*what)
            assert r.returncode == 0, (what, r.stderr)
            self.done += 1
