"""The telemetry listener: dex's metrics and health endpoints, and ours."""

import os
import pathlib
import re
import signal
import socket
import time

import pytest
import requests

from dexd import SANDBOXED, SECRET, Flow, free_port, token, wait_for

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\} (\S+)$')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


def with_telemetry(config):
    config["telemetry"] = {"http": f"127.0.0.1:{free_port()}"}


def base(d):
    return "http://" + d.config["telemetry"]["http"]


@pytest.fixture(scope="module")
def watched():
    from dexd import Dexd
    user = "root" if os.getuid() == 0 else "self"
    with Dexd(with_telemetry, user=user) as d:
        yield d


class Metrics:
    """Prometheus' text format 0.0.4, parsed strictly."""

    def __init__(self, d):
        r = requests.get(base(d) + "/metrics", timeout=30)
        assert r.status_code == 200, r.text
        assert r.headers["Content-Type"] == \
            "text/plain; version=0.0.4; charset=utf-8"
        assert r.text.endswith("\n")
        self.text, self.samples, self.types = r.text, [], {}
        for line in r.text.splitlines():
            if line.startswith("# TYPE "):
                name, kind = line.split()[2:]
                assert name not in self.types, "a family in two places"
                self.types[name] = kind
            elif not line.startswith("# HELP "):
                m = SAMPLE.match(line)
                assert m, line
                labels = dict(LABEL.findall(m[2]))
                assert len(labels) == m[2].count('="'), line
                self.samples.append((m[1], labels, float(m[3])))
        keys = [(n, tuple(sorted(l.items()))) for n, l, _ in self.samples]
        assert len(keys) == len(set(keys)), "a series twice"

    def sum(self, name, **labels):
        return sum(v for n, have, v in self.samples if n == name and
                   labels.items() <= have.items())

    def names(self):
        return {n for n, _, _ in self.samples}


# ---- metrics ----

def test_requests_are_counted_as_dex_does(watched):
    """Names, labels and values of dex: code, lower-case method, route pattern."""
    before = Metrics(watched)
    requests.get(watched.issuer + "/keys")
    requests.head(watched.issuer + "/keys")
    requests.post(watched.issuer + "/token", data={"grant_type": "no such"})
    requests.get(watched.issuer + "/auth/mock?client_id=unknown")
    requests.get(watched.issuer + "/no-such-page")
    requests.get(watched.issuer + "/static/no-such-file")
    after = Metrics(watched)

    def grew(name, **labels):
        return after.sum(name, **labels) - before.sum(name, **labels)
    n = "http_requests_total"
    assert grew(n, code="200", method="get", handler="/keys") == 1
    assert grew(n, code="200", method="head", handler="/keys") == 1
    assert grew(n, code="400", method="post", handler="/token") == 1
    assert grew(n, method="get", handler="/auth/{connector}") == 1
    assert grew(n) == 4, "static files and unknown pages are not counted"
    assert grew("request_duration_seconds_count") == 4
    assert grew("response_size_bytes_count") == 4
    assert grew("response_size_bytes_sum", handler="/keys", method="head") == 0
    assert grew("response_size_bytes_sum", handler="/keys", method="get") > 100
    assert after.types[n] == "counter"
    assert after.types["request_duration_seconds"] == "histogram"
    le = {l["le"] for name, l, _ in after.samples
          if name == "request_duration_seconds_bucket"}
    assert le == {"0.25", "0.5", "1", "2.5", "5", "10", "+Inf"}
    le = {l["le"] for name, l, _ in after.samples
          if name == "response_size_bytes_bucket"}
    assert le == {"200", "500", "900", "1500", "+Inf"}


def test_visitors_cannot_fill_the_table(own_dexd):
    """They choose route, method and how they fail; what else a frontend counts
    has its room, and what was not counted is told."""
    d = own_dexd(with_telemetry)
    paths = ["/.well-known/openid-configuration", "/keys", "/token", "/auth",
             "/auth/mock", "/auth/pw/login", "/callback", "/callback/mock",
             "/approval", "/userinfo", "/healthz", "/robots.txt", ""]
    with requests.Session() as s:
        for method in ("GET", "HEAD", "POST", "OPTIONS", "PUT"):
            for path in paths:
                for query in ("", "?%zz", "?x=1", "?client_id=app",
                              "?" + "a&" * 5000):
                    s.request(method, d.issuer + path + query, timeout=30,
                              allow_redirects=False)
    with socket.create_connection(("127.0.0.1", d.port)) as c:
        c.sendall(b"GET / HTTP/2.0\r\n\r\n")
        assert c.recv(100).startswith(b"HTTP/1.1 505 ")
    m = Metrics(d)
    print(len({tuple(sorted(l.items())) for n, l, _ in m.samples
               if n == "http_requests_total"}), "kinds of request")
    assert m.sum("dexd_http_refused_total", room="frontend", code="505") == 1
    assert m.sum("dexd_uncounted_total", room="frontend") > 0


def test_labels_are_never_from_a_request(watched):
    """Bounded cardinality: whatever strangers send makes no new label value."""
    mark = "strangersayswhat"
    for path in (f"/auth/{mark}?client_id={mark}", f"/{mark}", f"/callback/{mark}"):
        requests.get(watched.issuer + path)
    requests.request(mark.upper(), watched.issuer + "/keys")
    Flow(watched, connector="pw").authenticate(login=mark, password=mark)
    m = Metrics(watched)
    assert mark not in m.text.lower()
    assert m.sum("http_requests_total", method="unknown") >= 1


def test_logins_signatures_and_commits(watched):
    before = Metrics(watched)
    flow = Flow(watched)
    assert flow.redeem(flow.code()).status_code == 200
    assert Flow(watched, connector="pw").authenticate(
        login="foo", password="wrong").status_code == 401
    after = Metrics(watched)

    def grew(name, **labels):
        return after.sum(name, **labels) - before.sum(name, **labels)
    assert grew("dexd_logins_total", connector="mock", result="ok") == 1
    assert grew("dexd_logins_total", connector="pw",
                result="bad credentials") == 1
    assert grew("dexd_signatures_total", room="signer", result="ok") == 1
    assert grew("dexd_identities_total", room="authn-mock", connector="pw",
                result="bad credentials") == 1
    assert grew("dexd_store_commits_total", result="ok") >= 3
    assert grew("dexd_store_flushes_total") >= 3
    assert grew("dexd_messages_total", room="engine", peer="frontend",
                direction="in") >= 5
    assert after.sum("dexd_store_healthy") == 1


def test_every_room_counts(watched):
    m = Metrics(watched)
    rooms = {l["room"] for _, l, _ in m.samples if "room" in l}
    assert rooms == {"parent", *watched.rooms()}
    for room in rooms:
        assert m.sum("process_cpu_seconds_total", room=room) > 0
        starts = [v for n, l, v in m.samples if l.get("room") == room and
                  n == "process_start_time_seconds"]
        assert starts and all(1.7e9 < s <= time.time() for s in starts)
        assert m.sum("dexd_uncounted_total", room=room) == 0
    assert m.sum("dex_build_info") == 1
    for kind, n in watched.rooms().items():
        cpus = [l for name, l, _ in m.samples if l.get("room") == kind and
                name == "process_cpu_seconds_total"]
        assert len(cpus) == len(n)


def test_restarts_are_counted(own_dexd):
    d = own_dexd(with_telemetry)
    before = d.rooms()["signer"]
    os.kill(before[0], signal.SIGKILL)
    assert wait_for(lambda: Metrics(d).sum("dexd_room_restarts_total",
                                           program="signer") == 1)
    assert wait_for(lambda: Metrics(d).sum("process_start_time_seconds",
                                           room="signer") > 0)


def test_a_stalled_room_hides_nobody_else(own_dexd):
    d = own_dexd(with_telemetry)
    signer = d.rooms()["signer"][0]
    os.kill(signer, signal.SIGSTOP)
    try:
        m = Metrics(d)
        assert m.sum("process_start_time_seconds", room="signer") == 0
        assert m.sum("process_start_time_seconds", room="engine") > 0
    finally:
        os.kill(signer, signal.SIGCONT)
    assert wait_for(lambda: Metrics(d).sum("process_start_time_seconds",
                                           room="signer") > 0)


def test_many_scrapes_at_once(watched):
    """They share answers, and none is left out."""
    host, port = watched.config["telemetry"]["http"].split(":")
    socks = [socket.create_connection((host, int(port))) for _ in range(40)]
    for s in socks:
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    for s in socks:
        s.settimeout(30)
        data = b""
        while part := s.recv(65536):
            data += part
        assert data.startswith(b"HTTP/1.1 200 ") and b"http_requests_total" in data
        s.close()


# ---- health ----

def test_health_endpoints(watched):
    for path in ("/healthz", "/healthz/ready"):
        r = requests.get(base(watched) + path)
        assert r.status_code == 200
        assert r.headers["Content-Type"] == "application/json"
        check = r.json()["storage"]
        assert set(r.json()) == {"storage"} and "error" not in check
        assert check["contiguousFailures"] == 0
        assert check["timeOfFirstFailure"] is None
        assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z$", check["timestamp"])
        assert r.text.startswith('{\n\t"storage": {\n')
        r = requests.get(base(watched) + path + "?type=short")
        assert r.json() == {"storage": "PASS"}
    r = requests.get(base(watched) + "/healthz/live")
    assert (r.status_code, r.text) == (200, "ok")
    r = requests.get(watched.issuer + "/healthz")
    assert (r.status_code, r.text) == (200, "Health check passed")
    assert r.headers["Content-Type"].startswith("text/plain")


def test_readiness_reaches_the_disk(watched):
    """A probe is a committed write, at most a second old, not a memory."""
    assert requests.get(base(watched) + "/healthz/ready").status_code == 200
    assert watched.rows("dexd_probe") == 1
    before = Metrics(watched).sum("dexd_store_flushes_total")
    time.sleep(1.2)
    stamp = requests.get(base(watched) + "/healthz/ready").json()
    assert Metrics(watched).sum("dexd_store_flushes_total") > before
    for _ in range(20):
        requests.get(base(watched) + "/healthz/ready")
        requests.get(watched.issuer + "/healthz")
    assert stamp["storage"]["timestamp"]


def test_a_store_that_takes_no_writes(own_dexd):
    d = own_dexd(with_telemetry)
    assert requests.get(base(d) + "/healthz/ready").status_code == 200
    d.sql("alter table dexd_probe rename to dexd_was_probe")
    try:
        assert wait_for(lambda: requests.get(base(d) + "/healthz/ready")
                        .status_code == 503)
        r = requests.get(base(d) + "/healthz")
        check = r.json()["storage"]
        assert check["error"]["message"] and check["contiguousFailures"] >= 1
        assert check["timeOfFirstFailure"] is not None
        r = requests.get(d.issuer + "/healthz")
        assert r.status_code == 500 and "Health check failed." in r.text
        assert requests.get(base(d) + "/healthz/live").status_code == 200
    finally:
        d.sql("alter table dexd_was_probe rename to dexd_probe")
    assert wait_for(lambda: requests.get(base(d) + "/healthz/ready")
                    .status_code == 200)


def test_a_stalled_engine_is_not_ready(own_dexd):
    d = own_dexd(with_telemetry)
    engine = d.rooms()["engine"][0]
    time.sleep(1.1)
    os.kill(engine, signal.SIGSTOP)
    try:
        assert requests.get(base(d) + "/healthz/ready", timeout=30) \
            .status_code == 503
        assert requests.get(base(d) + "/healthz/live").text == "ok"
    finally:
        os.kill(engine, signal.SIGCONT)
    assert wait_for(lambda: requests.get(base(d) + "/healthz/ready")
                    .status_code == 200)


# ---- what must not be there ----

def test_nothing_else_is_served(watched):
    for path in ("/", "/debug/pprof/", "/debug/pprof/profile", "/keys", "/token",
                 "/dex/keys", "/dex/auth/mock", "/metrics/", "/healthz/x"):
        r = requests.get(base(watched) + path)
        assert r.status_code == 404, path
    assert requests.get(watched.issuer + "/metrics").status_code == 404


def test_the_telemetry_room_is_sandboxed(watched):
    """It may do no more than a frontend, and has no wire but two."""
    pid = watched.rooms()["telemetry"][0]
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status or not SANDBOXED
    if os.getuid() == 0:
        assert "CapEff:\t0000000000000000" in status
        assert os.readlink(f"/proc/{pid}/root") == str(watched.run / "empty")


def test_profiling_is_ignored_with_a_word(own_dexd):
    def change(config):
        with_telemetry(config)
        config["telemetry"]["enableProfiling"] = True
    d = own_dexd(change)
    assert "enableProfiling is ignored" in d.read_log()
    line = next(i for i, l in enumerate(d.config_path.read_text().splitlines(), 1)
                if "enableProfiling" in l)
    assert f"dexd.yaml:{line}: " in d.read_log()
    assert requests.get(base(d) + "/debug/pprof/").status_code == 404


def test_reload_moves_the_listener(own_dexd):
    d = own_dexd(with_telemetry)
    old = base(d)
    assert Metrics(d).sum("dexd_reloads_total", result="ok") == 0
    with_telemetry(d.config)
    d.write_config()

    def reload():
        return d.ctl("reload").returncode == 0
    assert wait_for(reload)
    assert wait_for(lambda: requests.get(base(d) + "/healthz/ready")
                    .status_code == 200)
    assert Metrics(d).sum("dexd_reloads_total", result="ok") >= 1

    def closed():
        try:
            requests.get(old + "/healthz/live", timeout=5)
            return False
        except requests.RequestException:
            return True
    assert wait_for(closed)
    del d.config["telemetry"]
    d.write_config()
    assert wait_for(reload)
    assert wait_for(lambda: "telemetry" not in d.rooms())


def test_secrets_are_in_no_metric(watched):
    flow = Flow(watched)
    code = flow.code()
    tokens = flow.redeem(code).json()
    token(watched, ("app", "wrongsecretwrong"), grant_type="authorization_code",
          code=code)
    text = Metrics(watched).text
    for secret in (code, SECRET, "wrongsecretwrong", flow.params["state"],
                   flow.params["nonce"], tokens["id_token"], flow.verifier):
        assert secret not in text
