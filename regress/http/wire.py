"""HTTP by hand: bytes out, answers in, parsed as strictly as we ask of others."""

import re
import socket
import ssl
import time

PATIENCE = 30           # seconds until something that must come is missed


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def __repr__(self):
        return f"<{self.status} {self.body[:60]!r}>"

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        assert len(values) <= 1, f"{name} twice: {values}"
        return values[0] if values else None


def connect(port, tls=False, source=None, host="127.0.0.1"):
    s = socket.create_connection((host, port), timeout=PATIENCE,
                                 source_address=(source, 0) if source else None)
    if not tls:
        return s
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(s, server_hostname="localhost")


def read_all(s):
    """Everything until the other side closes, which it must."""
    out = b""
    deadline = time.monotonic() + PATIENCE
    s.settimeout(PATIENCE)
    while time.monotonic() < deadline:
        try:
            piece = s.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            return out
        if not piece:
            return out
        out += piece
    raise AssertionError(f"not closed; came so far: {out[:2000]!r}")


STATUS = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [A-Za-z -]+")
FIELD = re.compile(rb"([A-Za-z0-9-]+): ([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)")


def parse(data, heads=(), ours=True):
    """
    The answers in the bytes.  RFC 9112 sections 4 to 6: every line ends in CR
    LF, no field is folded, Content-Length says where the body ends.  heads:
    which of them answer a HEAD and have no body.  ours: all have a date, which
    haproxy's own have not.
    """
    answers = []
    while data:
        head, sep, data = data.partition(b"\r\n\r\n")
        assert sep, f"an answer without end: {head[:200]!r}"
        first, *lines = head.split(b"\r\n")
        status = STATUS.fullmatch(first)
        assert status, first
        fields = []
        for line in lines:
            m = FIELD.fullmatch(line)
            assert m, f"not a field: {line!r}"
            fields.append((m[1].decode(), m[2].decode()))
        a = Answer(int(status[1]), fields, b"")
        if a.status >= 200:
            assert a.get("Date") or not ours
            assert a.get("Content-Length") is not None
            assert a.get("Transfer-Encoding") is None
            n = 0 if len(answers) in heads else int(a.get("Content-Length"))
            assert len(data) >= n, f"cut short: {a}"
            a.body, data = data[:n], data[n:]
        answers.append(a)
    return answers


def exchange(port, data, tls=False, heads=(), shut=False, source=None,
             ours=True):
    """Sends the bytes, returns what was answered until the close."""
    with connect(port, tls, source) as s:
        try:
            s.sendall(data)
            if shut:
                s.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass        # it closed before it had everything: that is allowed
        return parse(read_all(s), heads, ours)
