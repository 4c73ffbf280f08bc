"""nginx and haproxy of Debian in front of a running dexd, and what they ask it."""

import shutil
import socket
import subprocess
import threading
import time

from dexd import free_port
from wire import connect, parse

PATIENCE = 30

NGINX = """
daemon off;
worker_processes 1;
error_log {dir}/error.log;
pid {dir}/nginx.pid;
events {{ worker_connections 256; }}
http {{
    log_format seen '$upstream_addr $status $request_length';
    access_log {dir}/access.log seen;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    client_max_body_size 64k;
    client_body_buffer_size 64k;        # its worker may write no file here
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    upstream dexd {{ server 127.0.0.1:{tap}; keepalive 8; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://dexd;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_next_upstream off;
        }}
    }}
}}
"""

HAPROXY = """
global
    log stdout format raw local0
    maxconn 256
defaults
    mode http
    log global
    log-format "%s %ST"
    option forwardfor
    retries 0
    timeout connect 20s
    timeout client 20s
    timeout server 20s
frontend in
    bind 127.0.0.1:{port}
    default_backend dexd
backend dexd
    server dexd 127.0.0.1:{tap}
"""


class Tap:
    """Stands between a proxy and dexd, and keeps what dexd answered."""

    def __init__(self, port):
        self.target = port
        self.answers = []           # one bytearray for each connection
        self.counted = {}           # its length when counted, and the count
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            kept = bytearray()
            self.answers.append(kept)
            for a, b, keep in ((client, server, None), (server, client, kept)):
                threading.Thread(target=self.pump, args=(a, b, keep), daemon=True).start()

    @staticmethod
    def pump(a, b, keep):
        while True:
            try:
                data = a.recv(65536)
            except OSError:
                data = b""
            if keep is not None:
                keep += data
            try:
                if data:
                    b.sendall(data)
                else:
                    b.shutdown(socket.SHUT_WR)
            except OSError:
                if keep is None:
                    return          # go on hearing what dexd says
            if not data:
                return

    def count(self):
        """Whole answers so far, without 100 Continue."""
        for i, kept in enumerate(self.answers):
            known, _ = self.counted.get(i, (0, 0))
            if known != len(kept):
                data = bytes(kept)
                n = sum(a.status >= 200 for a in parse(data))
                self.counted[i] = len(data), n
        return sum(n for _, n in self.counted.values())


class Proxy:
    def __init__(self, kind, where, dexd):
        assert shutil.which(kind, path="/usr/sbin"), "see regress/packages"
        self.kind, self.dir = kind, where
        self.tap = Tap(dexd.port)
        self.port = free_port()
        self.access = where / "access.log"
        conf = where / "conf"
        text = NGINX if kind == "nginx" else HAPROXY
        conf.write_text(text.format(dir=where, tap=self.tap.port, port=self.port))
        where.chmod(0o755)
        cmd = ["/usr/sbin/nginx", "-p", str(where), "-c", str(conf), "-e",
               str(where / "error.log")] if kind == "nginx" else \
              ["/usr/sbin/haproxy", "-db", "-f", str(conf)]
        self.log = open(self.access, "ab")
        self.proc = subprocess.Popen(cmd, stdout=self.log, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                connect(self.port).close()
                break
            except OSError:
                assert time.monotonic() < deadline and self.proc.poll() is None, kind
                time.sleep(0.05)

    def seen(self):
        """Requests that the proxy knows to have passed on."""
        lines = self.access.read_text(errors="replace").splitlines()
        if self.kind == "nginx":
            return sum(not line.startswith("- ") for line in lines)
        return sum(line.startswith("dexd ") for line in lines)

    def settled(self, broken_off=0):
        """
        Both counts, when they agree; or as they are after long.  What a visitor
        broke off in its body was asked and may have no answer.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            counts = self.seen(), self.tap.count()
            if 0 <= counts[0] - counts[1] <= broken_off or \
                    time.monotonic() > deadline:
                return counts
            time.sleep(0.01)

    def close(self):
        self.proc.terminate()
        self.proc.wait(PATIENCE)
        self.tap.listener.close()
        self.log.close()

    def is_own(self, answer):
        """The proxy itself refused it; dexd's pages look otherwise."""
        own = b"<center>nginx/" if self.kind == "nginx" else \
            b"<h1>400 Bad request</h1>"
        return answer.status == 400 and own in answer.body
