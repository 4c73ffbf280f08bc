"""Every row of the table, over plain TCP and over TLS."""

import pytest

from table import CLOSES, PROBE, ROBOTS, ROWS
from wire import connect, exchange, parse, read_all

NAMES = [r.rule for r in ROWS]


def test_the_table_says_each_thing_once():
    assert len(set(r.bytes for r in ROWS)) == len(ROWS)
    assert len(set(NAMES)) == len(NAMES)


def check(answers, row):
    want = row.statuses + ([] if row.closes is CLOSES else [200])
    assert [a.status for a in answers] == want, (row.rule, answers)
    for a in answers[:-1]:
        assert a.get("Connection") in (None, "keep-alive")
    assert answers[-1].get("Connection") == "close"
    if row.closes is CLOSES:
        assert not answers[-1].body.startswith(b"User-agent"), "probe answered"
    else:
        assert answers[-1].body.startswith(b"User-agent")


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_row(dexd, row, tls):
    port = dexd.tls if tls else dexd.port
    check(exchange(port, row.bytes + PROBE, tls, row.heads), row)


@pytest.mark.parametrize("row", ROWS[::3], ids=NAMES[::3])
def test_row_in_pieces(dexd, row):
    """The same bytes in many small writes are the same request (but 100)."""
    data = row.bytes + PROBE
    step = max(1, len(data) // 60)
    with connect(dexd.port) as s:
        try:
            for i in range(0, len(data), step):
                s.sendall(data[i:i + step])
        except (BrokenPipeError, ConnectionResetError):
            pass
        got = read_all(s)
        # A reset may take the answer with it; what came must still be right.
        if got:
            check([a for a in parse(got, row.heads) if a.status != 100], row)


@pytest.mark.parametrize("data", [
    b"", b"G", b"GET /dex/keys HTTP/1.1\r\nHost: x\r\n",
    b"POST /dex/token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcd",
    b"POST /dex/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nabcde\r\n0\r\n",
], ids=["nothing", "a letter", "a head", "a body", "a chunked body"])
def test_what_is_cut_short_is_not_served(dexd, data):
    """RFC 9112 section 8: an incomplete request is none."""
    assert exchange(dexd.port, data, shut=True) == []
    answers = exchange(dexd.port, ROBOTS + data, shut=True)
    assert [a.status for a in answers] == [200]
