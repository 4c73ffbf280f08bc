"""
What dexd says to each shape of HTTP, byte for byte.

A row: the rule (RFC 9110 or 9112 and its section, or ours), the bytes, the
statuses answered, and whether the connection is closed behind them.  Behind the
bytes every test sends one more request, PROBE: where the connection stays open
it must be answered as itself, where it is closed it must not be answered.
"""

from collections import namedtuple

Row = namedtuple("Row", "rule bytes statuses closes heads")

CLOSES, STAYS = True, False
H = b"Host: x\r\n"
KEYS = b"GET /dex/keys HTTP/1.1\r\n" + H
TOKEN = b"POST /dex/token HTTP/1.1\r\n" + H
ROBOTS = b"GET /dex/robots.txt HTTP/1.1\r\n" + H + b"\r\n"
PROBE = b"GET /dex/robots.txt HTTP/1.1\r\n" + H + b"Connection: close\r\n\r\n"
CHUNKED = TOKEN + b"Transfer-Encoding: chunked\r\n\r\n"

ROWS = []


def row(rule, data, statuses, closes=STAYS, heads=()):
    if isinstance(statuses, int):
        statuses = [statuses]
    ROWS.append(Row(rule, data, list(statuses), closes, tuple(heads)))


def refuse(rule, data, status=400):
    row(rule, data, [status], CLOSES)


def line(text, more=b""):
    """A request line with Host."""
    return text + b"\r\n" + H + more + b"\r\n"


def field(text):
    """A GET with one more field line."""
    return KEYS + text + b"\r\n\r\n"


# ---- RFC 9112 section 2.2: lines ----

row("9112 2.2 every line ends in CR LF", KEYS + b"\r\n", 200)
refuse("9112 2.2 bare LF behind the request line",
       b"GET /dex/keys HTTP/1.1\nHost: x\r\n\r\n")
refuse("9112 2.2 bare LF behind a field",
       b"GET /dex/keys HTTP/1.1\r\nHost: x\n\r\n")
refuse("9112 2.2 bare LF as the empty line", KEYS + b"\n")
refuse("9112 2.2 bare LF everywhere", b"GET /dex/keys HTTP/1.1\nHost: x\n\n")
refuse("9112 2.2 bare CR in a value", field(b"A: b\rc"))
refuse("9112 2.2 bare CR in a name", field(b"A\rB: c"))
refuse("9112 2.2 bare CR in the target", line(b"GET /dex/\rkeys HTTP/1.1"))
refuse("9112 2.2 CR CR LF", b"GET /dex/keys HTTP/1.1\r\r\nHost: x\r\n\r\n")
refuse("9112 2.2 CR alone ends nothing", b"GET /dex/keys HTTP/1.1\rHost: x\r\r")
refuse("9112 2.2 an empty line first (may be ignored; we do not)",
       b"\r\n" + KEYS + b"\r\n")
refuse("9112 2.2 an LF first", b"\n" + KEYS + b"\r\n")
refuse("9112 2.2 space before the first field",
       b"GET /dex/keys HTTP/1.1\r\n Host: x\r\n\r\n")
refuse("9112 2.2 tab before the first field",
       b"GET /dex/keys HTTP/1.1\r\n\tHost: x\r\n\r\n")
refuse("9112 2.2 NUL in the request line", line(b"GET /dex/k\0eys HTTP/1.1"))
refuse("9112 2.2 TLS on the port",
       b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 40 + b"\r\n\r\n")
refuse("9112 2.2 HTTP/2 preface (RFC 9113 3.4)",
       b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505)

# ---- RFC 9112 section 2.3, 3: request line ----

row("9112 2.3 HTTP/1.0 closes", line(b"GET /dex/keys HTTP/1.0"), 200, CLOSES)
row("9112 2.3 HTTP/1.0 without Host", b"GET /dex/keys HTTP/1.0\r\n\r\n", 200,
    CLOSES)
for version, status in ((b"HTTP/1.2", 505), (b"HTTP/2.0", 505),
                        (b"HTTP/0.9", 505), (b"HTTP/9.9", 505),
                        (b"http/1.1", 400), (b"HTTP/1.1 ", 400),
                        (b"HTTP/11", 400), (b"HTTP/1.10", 400),
                        (b"HTTP/x.y", 400), (b"HTTP/1,1", 400),
                        (b"HTP/1.1", 400), (b"", 400)):
    refuse(f"9112 2.3 version {version.decode()!r}",
           line(b"GET /dex/keys " + version), status)
refuse("9112 3 HTTP/0.9: no version at all", b"GET /dex/keys\r\n\r\n")
refuse("9112 3 two spaces before the target", line(b"GET  /dex/keys HTTP/1.1"))
refuse("9112 3 two spaces behind the target", line(b"GET /dex/keys  HTTP/1.1"))
refuse("9112 3 tab for space", line(b"GET\t/dex/keys\tHTTP/1.1"))
refuse("9112 3 space inside the target", line(b"GET /dex/ke ys HTTP/1.1"))
refuse("9112 3 space first", line(b" GET /dex/keys HTTP/1.1"))
refuse("9112 3 vertical tab for space", line(b"GET\x0b/dex/keys HTTP/1.1"))
refuse("9112 3.1 no method", line(b"/dex/keys HTTP/1.1"))
refuse("9112 3.1 a method that is no token", line(b"G(T /dex/keys HTTP/1.1"))
refuse("9112 3.1 a method with NUL", line(b"GET\0 /dex/keys HTTP/1.1"))
refuse("9112 3.1 a method of 8-bit bytes", line(b"G\xc9T /dex/keys HTTP/1.1"))
refuse("9112 3.1 a method of 33 bytes", line(b"A" * 33 + b" /dex/keys HTTP/1.1"))
row("9110 9.1 methods are case-sensitive: get is unknown, a page of dex",
    line(b"get /dex/auth HTTP/1.1"), 400)
row("9110 9.1 an unknown method of an endpoint, a page of dex",
    line(b"BREW /dex/auth HTTP/1.1"), 400)
row("9110 9.3.2 HEAD has no body", line(b"HEAD /dex/keys HTTP/1.1"), 200,
    heads=[0])
refuse("9110 9.3.6 CONNECT, authority form", line(b"CONNECT x:443 HTTP/1.1"), 501)
refuse("9110 9.3.6 CONNECT to a path is no 200",
       line(b"CONNECT /dex/keys HTTP/1.1"), 501)
refuse("9110 9.3.8 TRACE", line(b"TRACE /dex/keys HTTP/1.1"), 501)
row("9110 9.3.7 OPTIONS *", line(b"OPTIONS * HTTP/1.1"), 404)

# ---- RFC 9112 section 3.2: targets ----

row("9112 3.2.2 absolute form", line(b"GET http://x/dex/keys HTTP/1.1"), 200)
row("9112 3.2.2 absolute form, https", line(b"GET https://x/dex/keys HTTP/1.1"),
    200)
row("9112 3.2.2 absolute form, scheme in capitals",
    line(b"GET HTTP://x/dex/keys HTTP/1.1"), 200)
row("9112 3.2.2 absolute form beats Host",
    line(b"GET http://evil.example:1/dex/keys HTTP/1.1"), 200)
row("9112 3.2.2 absolute form without a path is /",
    line(b"GET http://x HTTP/1.1"), 404)
refuse("9110 4.2.1 absolute form, empty host", line(b"GET http:///dex/keys HTTP/1.1"))
refuse("9110 4.2.4 absolute form with user information",
       line(b"GET http://u:p@x/dex/keys HTTP/1.1"))
refuse("9112 3.2.2 absolute form, no path but a query",
       line(b"GET http://x?a=b HTTP/1.1"))
refuse("9112 3.2.2 absolute form, backslash in the host",
       line(b"GET http://x\\y/dex/keys HTTP/1.1"))
refuse("9112 3.2.2 another scheme", line(b"GET ftp://x/dex/keys HTTP/1.1"))
refuse("9112 3.2.3 authority form without CONNECT", line(b"GET x:443 HTTP/1.1"))
refuse("9112 3.2.4 asterisk form without OPTIONS", line(b"GET * HTTP/1.1"))
refuse("9112 3.2.1 a path without slash", line(b"GET dex/keys HTTP/1.1"))
refuse("9112 3.2 a fragment", line(b"GET /dex/keys#a HTTP/1.1"))
refuse("9112 3.2 8-bit bytes in the target", line(b"GET /dex/k\xc3\xa9ys HTTP/1.1"))
refuse("9112 3.2 DEL in the target", line(b"GET /dex/keys\x7f HTTP/1.1"))
row("9112 3.2.1 two slashes are another path",
    line(b"GET //dex/keys HTTP/1.1"), 404)
row("9112 3.2.1 nothing is cleaned: /./", line(b"GET /dex/./keys HTTP/1.1"), 404)
row("9112 3.2.1 nothing is cleaned: /../",
    line(b"GET /dex/x/../keys HTTP/1.1"), 404)
row("9112 3.2.1 nothing is cleaned: %2e%2e",
    line(b"GET /dex/static/%2e%2e/main.css HTTP/1.1"), 404)
row("3986 2.4 %2f is no separator", line(b"GET /dex%2fkeys HTTP/1.1"), 404)
row("3986 2.1 NUL in a connector", line(b"GET /dex/auth/mock%00 HTTP/1.1"), 404)
row("3629 3 overlong UTF-8 in a connector",
    line(b"GET /dex/auth/%c0%ae%c0%ae HTTP/1.1"), 404)
row("3986 2.1 a broken escape in a connector",
    line(b"GET /dex/auth/mo%zzck HTTP/1.1"), 404)
row("3986 2.1 a broken escape at the end",
    line(b"GET /dex/auth/mock% HTTP/1.1"), 404)
row("ours: a path of 2048 bytes", line(b"GET /" + b"a" * 2047 + b" HTTP/1.1"), 404)
refuse("9112 3 a path of 2049 bytes",
       line(b"GET /" + b"a" * 2048 + b" HTTP/1.1"), 414)
row("ours: a query of 16384 bytes",
    line(b"GET /dex/keys?" + b"a" * 16384 + b" HTTP/1.1"), 200)
refuse("9112 3 a query of 16385 bytes",
       line(b"GET /dex/keys?" + b"a" * 16385 + b" HTTP/1.1"), 414)

# ---- RFC 9112 section 3.2, RFC 9110 section 7.2: Host ----

refuse("9112 3.2 no Host", b"GET /dex/keys HTTP/1.1\r\n\r\n")
refuse("9112 3.2 two Hosts", KEYS + b"Host: y\r\n\r\n")
refuse("9112 3.2 two Hosts, the same", KEYS + H + b"\r\n")
refuse("9112 3.2 two Hosts, HTTP/1.0", line(b"GET /dex/keys HTTP/1.0", H))
row("9112 3.2 an empty Host", b"GET /dex/keys HTTP/1.1\r\nHost:\r\n\r\n", 200)
for bad in (b"a/b", b"a@b", b"a b", b"a,b", b"a?b", b"a#b", b"a\\b", b"<a>",
            b"\"a\"", b"a\xc3\xa9"):
    refuse(f"9110 7.2 Host {bad!r}",
           b"GET /dex/keys HTTP/1.1\r\nHost: " + bad + b"\r\n\r\n")

# ---- RFC 9112 section 5: fields ----

row("9112 5.1 no space around a value", field(b"A:b"), 200)
row("9112 5.1 spaces and tabs around a value", field(b"A: \t b \t "), 200)
row("9112 5.1 an empty value", field(b"A:"), 200)
refuse("9112 5.1 space before the colon", field(b"A : b"))
refuse("9112 5.1 tab before the colon", field(b"A\t: b"))
refuse("9112 5.1 space inside a name", field(b"A B: c"))
refuse("9112 5.1 Content-Length with a space before the colon",
       TOKEN + b"Content-Length : 5\r\n\r\nabcde")
refuse("9112 5.1 Transfer-Encoding with a space before the colon",
       TOKEN + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n")
refuse("9112 5.1 no name", field(b": b"))
refuse("9112 5.1 no colon", field(b"abc"))
refuse("9112 5.2 a folded value", field(b"A: b\r\n c"))
refuse("9112 5.2 a value folded with a tab", field(b"A: b\r\n\tc"))
refuse("9112 5.2 a folded Transfer-Encoding",
       TOKEN + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n")
for c in (b"\0", b"\x01", b"\x08", b"\x0b", b"\x0c", b"\x1b", b"\x7f"):
    refuse(f"9110 5.5 a control character {c!r} in a value",
           field(b"A: b" + c + b"c"))
for c in (b"(", b")", b",", b"/", b";", b"<", b"=", b">", b"?", b"@", b"[",
          b"\\", b"]", b"{", b"}", b"\"", b"\x80", b"\0"):
    refuse(f"9110 5.6.2 {c!r} in a name", field(b"A" + c + b"B: c"))
row("9110 5.5 obs-text in a value", field(b"A: \xe4\xff"), 200)
row("9110 5.4 a hundred fields", KEYS + b"A: b\r\n" * 99 + b"\r\n", 200)
refuse("6585 5 a hundred and one", KEYS + b"A: b\r\n" * 100 + b"\r\n", 431)
row("ours: a head just below 32 KiB", KEYS + b"A: " + b"b" * 32000 + b"\r\n\r\n", 200)
refuse("6585 5 a value larger than the head may be",
       KEYS + b"A: " + b"b" * 33000 + b"\r\n\r\n", 431)
refuse("6585 5 a name larger than the head may be",
       KEYS + b"A" * 33000 + b": b\r\n\r\n", 431)
refuse("6585 5 a request line larger than the head may be",
       b"GET /" + b"a" * 33000 + b" HTTP/1.1\r\n\r\n", 431)
for name in (b"Authorization", b"Content-Type", b"Expect"):
    refuse(f"9110 5.3 {name.decode()} twice",
           KEYS + name + b": 100-continue\r\n" + name + b": 100-continue\r\n\r\n")

# ---- RFC 9112 section 6.2, 6.3: Content-Length ----

row("9112 6.3 a body of so many bytes",
    TOKEN + b"Content-Length: 5\r\n\r\nabcde", 400)
row("9112 6.3 Content-Length: 0", TOKEN + b"Content-Length: 0\r\n\r\n", 400)
row("9112 6.3 POST without a body", TOKEN + b"\r\n", 400)
row("9110 9.3.1 GET with a body: read, not believed",
    KEYS + b"Content-Length: %d\r\n\r\n" % len(ROBOTS) + ROBOTS, 200)
row("9110 8.6 leading zeros", TOKEN + b"Content-Length: 0005\r\n\r\nabcde", 400)
row("9110 8.6 value in spaces", TOKEN + b"Content-Length: \t5 \r\n\r\nabcde", 400)
refuse("9112 6.3 twice, different",
       TOKEN + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde")
refuse("9112 6.3 twice, the same (may be taken; we do not)",
       TOKEN + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde")
refuse("9112 6.3 twice, in two cases of letters",
       TOKEN + b"Content-Length: 5\r\ncontent-length: 5\r\n\r\nabcde")
for bad in (b"", b"+5", b"-5", b"0x5", b"5.0", b"5,5", b"5, 5", b"5 5", b"5;",
            b"a", b"\"5\"", b"5a", b"1e1", b"\xef\xbc\x95"):
    refuse(f"9110 8.6 Content-Length: {bad!r}",
           TOKEN + b"Content-Length: " + bad + b"\r\n\r\nabcde")
for big in (b"65537", b"4294967301", b"18446744073709551621", b"9" * 40):
    refuse(f"9110 15.5.14 Content-Length: {big.decode()}",
           TOKEN + b"Content-Length: " + big + b"\r\n\r\nabcde", 413)
row("ours: a body of 65536 bytes",
    TOKEN + b"Content-Length: 65536\r\n\r\n" + b"a" * 65536, 400)

# ---- RFC 9112 section 6.1, 7.1: Transfer-Encoding ----

row("9112 7.1 chunked", CHUNKED + b"5\r\nabcde\r\n0\r\n\r\n", 400)
row("9112 7.1 two chunks, sizes in either case",
    CHUNKED + b"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", 400)
row("9112 7.1 an empty body", CHUNKED + b"0\r\n\r\n", 400)
row("9112 7.1 zeros before the size", CHUNKED + b"00005\r\nabcde\r\n000\r\n\r\n", 400)
row("9112 6.1 coding names in any case",
    TOKEN + b"Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", 400)
refuse("9112 6.1 with Content-Length",
       TOKEN + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
refuse("9112 6.1 with Content-Length behind it",
       TOKEN + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")
refuse("9112 6.1 twice",
       TOKEN + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n")
refuse("9112 6.1 identity, then chunked", TOKEN + b"Transfer-Encoding: identity\r\n"
       b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
for coding in (b"identity", b"gzip", b"gzip, chunked", b"chunked, gzip",
               b"chunked, chunked", b"chunked, identity", b"xchunked",
               b"chunkedx", b"chunked;q=1", b"\"chunked\"", b"'chunked'",
               b",chunked", b"chunked,", b"chun ked", b"\xc2\xa0chunked", b""):
    refuse(f"9112 6.1 Transfer-Encoding: {coding!r}",
           TOKEN + b"Transfer-Encoding: " + coding + b"\r\n\r\n0\r\n\r\n", 501)
refuse("9110 5.5 vertical tab before chunked",
       TOKEN + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n")
refuse("9112 6.1 HTTP/1.0 has no codings", b"POST /dex/token HTTP/1.0\r\n" + H +
       b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
refuse("9112 7.1.1 an extension (may be ignored; we do not)",
       CHUNKED + b"5;a=b\r\nabcde\r\n0\r\n\r\n")
refuse("9112 7.1.1 an extension with a bare LF inside",
       CHUNKED + b"5;\nxx\r\nabcde\r\n0\r\n\r\n")
refuse("9112 7.1 space behind the size", CHUNKED + b"5 \r\nabcde\r\n0\r\n\r\n")
refuse("9112 7.1 tab before the size", CHUNKED + b"\t5\r\nabcde\r\n0\r\n\r\n")
refuse("9112 7.1 0x before the size", CHUNKED + b"0x5\r\nabcde\r\n0\r\n\r\n")
refuse("9112 7.1 a sign before the size", CHUNKED + b"+5\r\nabcde\r\n0\r\n\r\n")
refuse("9112 7.1 a negative size", CHUNKED + b"-5\r\nabcde\r\n0\r\n\r\n")
refuse("9112 7.1 no size", CHUNKED + b"\r\nabcde\r\n0\r\n\r\n")
refuse("9112 7.1 a size that is no number", CHUNKED + b"g\r\nabcde\r\n0\r\n\r\n")
refuse("9112 7.1 LF behind the size", CHUNKED + b"5\nabcde\r\n0\r\n\r\n")
refuse("9112 7.1 CR alone behind the size", CHUNKED + b"5\rabcde\r\n0\r\n\r\n")
refuse("9112 7.1 LF behind the data", CHUNKED + b"5\r\nabcde\n0\r\n\r\n")
refuse("9112 7.1 data longer than its size", CHUNKED + b"4\r\nabcde\r\n0\r\n\r\n")
refuse("9112 7.1 nine digits", CHUNKED + b"000000005\r\nabcde\r\n0\r\n\r\n")
refuse("9112 7.1 a size that overflows 64 bits",
       CHUNKED + b"10000000000000005\r\nabcde\r\n0\r\n\r\n")
refuse("9110 15.5.14 a chunk larger than a body may be",
       CHUNKED + b"10001\r\n" + b"a" * 65537 + b"\r\n0\r\n\r\n", 413)
refuse("9110 15.5.14 chunks larger together than a body may be",
       CHUNKED + (b"8000\r\n" + b"a" * 32768 + b"\r\n") * 3 + b"0\r\n\r\n", 413)
refuse("9112 7.1.2 trailers (may be dropped; we refuse)",
       CHUNKED + b"0\r\nHost: y\r\n\r\n")
refuse("9112 7.1.2 a trailer with a length", CHUNKED + b"0\r\nContent-Length: 5\r\n\r\n")

# ---- RFC 9112 section 9, RFC 9110 section 7.6.1: connections ----

row("9112 9.3.2 pipelined requests, in order",
    ROBOTS + KEYS + b"\r\n" + line(b"GET /dex/no HTTP/1.1"), [200, 200, 404])
row("9112 9.3 Connection: close", KEYS + b"Connection: close\r\n\r\n", 200, CLOSES)
row("9112 9.3 close among others", KEYS + b"Connection: x, Close ,y\r\n\r\n", 200,
    CLOSES)
row("9112 9.3 close in a second line",
    KEYS + b"Connection: x\r\nConnection: close\r\n\r\n", 200, CLOSES)
row("9112 9.3 HTTP/1.0 keep-alive",
    line(b"GET /dex/keys HTTP/1.0", b"Connection: keep-alive\r\n"), 200)
row("9110 7.6.1 Connection cannot take Host away",
    KEYS + b"Connection: Host, Content-Length\r\n\r\n", 200)
row("9112 9.3 a refused request ends what was pipelined", ROBOTS +
    field(b"A B: c") + ROBOTS, [200, 400], CLOSES)
row("9112 9.3 an endpoint's error does not",
    TOKEN + b"Content-Length: 3\r\n\r\na=b" + ROBOTS, [400, 200])
row("9112 9.3 HTTP/1.0 in the middle ends it",
    ROBOTS + b"GET /dex/keys HTTP/1.0\r\n\r\n" + ROBOTS, [200, 200], CLOSES)
row("9110 10.1.1 Expect with the body at hand",
    TOKEN + b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\na", 400)
row("9110 10.1.1 Expect without a body", KEYS + b"Expect: 100-continue\r\n\r\n", 200)
row("9110 10.1.1 Expect of HTTP/1.0 is not answered with 100",
    b"POST /dex/token HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1"
    b"\r\n\r\na", 400, CLOSES)
refuse("9110 10.1.1 another expectation", field(b"Expect: magic"), 417)
row("9110 7.8 Upgrade is not taken", KEYS + b"Connection: Upgrade, HTTP2-Settings\r\n"
    b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n", 200)
row("9110 7.8 Upgrade: websocket is not taken",
    KEYS + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 200)

# ---- fields that claim to rewrite the request: not ours to believe ----

for name in (b"X-HTTP-Method-Override: POST", b"X-Original-URL: /dex/robots.txt",
             b"X-Rewrite-URL: /dex/robots.txt", b"X-Forwarded-Host: evil.example",
             b"Forwarded: host=evil.example", b"X-Forwarded-Proto: https",
             b"X-Forwarded-Prefix: /evil", b"Content-Encoding: gzip",
             b"TE: trailers, chunked", b"Trailer: Host",
             b"Content-Length-: 5", b"Content_Length: 5",
             b"Transfer_Encoding: chunked", b"X-Transfer-Encoding: chunked"):
    row(f"ours: {name.decode()} changes nothing", field(name), 200)

# ---- behind a proxy ----
#
# What the visitor gets for those rows (named by how they begin, the longest name
# counts) that the proxy does not pass on as they are.  [200, 200]: it mended the
# request, and the probe was answered, too.  One status: it refused by itself.

MENDED = [200, 200]
BOTH = {
    "9112 2.2 bare LF behind the request line": MENDED,
    "9112 2.2 bare LF behind a field": MENDED,
    "9112 2.2 bare LF as the empty line": MENDED,
    "9112 2.2 bare LF everywhere": MENDED,
    "9112 2.2 an empty line first": MENDED,
    "9112 2.2 an LF first": MENDED,
    "9112 2.3 version 'HTTP/1.2'": MENDED,
    "9112 3 two spaces before the target": MENDED,
    "9112 3 two spaces behind the target": MENDED,
    # Its X-Forwarded-For makes a hundred and one.
    "9110 5.4 a hundred fields": [431, 200],
    "ours: a head just below 32 KiB": [400],
    "6585 5 a value larger than the head may be": [400],
    "6585 5 a name larger than the head may be": [400],
    "9110 15.5.14 Content-Length: 18446744073709551621": [400],
    "9110 15.5.14 Content-Length: 9999": [400],
}
BEHIND = {
    "nginx": BOTH | {
        "9112 2.2 HTTP/2 preface": [400],
        "9112 2.3 HTTP/1.0 without Host": [400],     # it passes on an empty one
        "9112 2.3 version 'HTTP/0.9'": [400],
        "9112 2.3 version 'HTTP/1.1 '": MENDED,
        "9112 2.3 version 'HTTP/11'": [505],
        "9112 2.3 version 'HTTP/1.10'": MENDED,
        "9112 2.3 version ''": [],                   # a page without a head
        "9112 3 HTTP/0.9: no version at all": [],
        "9110 9.1 methods are case-sensitive": [400],
        "9110 9.3.6 CONNECT, authority form": [400],
        "9110 9.3.6 CONNECT to a path": [405],
        "9110 9.3.8 TRACE": [405],
        "9110 9.3.7 OPTIONS *": [400],
        "9112 3.2.2 absolute form, no path but a query": [404, 200],
        "9112 3.2.2 another scheme": MENDED,         # it drops what is before the path
        "3986 2.1 NUL in a connector": [400],
        "3986 2.1 a broken escape": [400],
        "ours: a query of 16384 bytes": [414],
        "6585 5 a request line larger than the head may be": [414],
        "9112 3.2 an empty Host": [400],
        # A field that is none it leaves out, but for a NUL.
        "9112 5.1 no colon": MENDED,
        "9110 5.6.2 ": MENDED,
        "9110 5.6.2 b'\\x00' in a name": [400],
        "9110 8.6 value in spaces": [400],
        "9110 5.5 vertical tab before chunked": [501],
        "9112 9.3 HTTP/1.0 in the middle": [200, 400],
        "9110 10.1.1 Expect with the body at hand": [400, 200],
        "9110 10.1.1 another expectation": MENDED,
    },
    "haproxy": BOTH | {
        "9112 2.2 HTTP/2 preface": [],               # it speaks HTTP/2 itself
        "9112 2.3 version 'HTTP/2.0'": MENDED,
        "9112 2.3 version 'HTTP/9.9'": MENDED,
        "9112 3 tab for space": MENDED,
        "9110 9.3.6 CONNECT to a path": [400],
        "9112 3.2.2 absolute form beats Host": [400],
        "ours: a query of 16384 bytes": [400],
        "9112 3 a query of 16385 bytes": [400],
        "6585 5 a request line larger than the head may be": [400],
        "9112 3.2 two Hosts, the same": MENDED,
        "9112 3.2 two Hosts, HTTP/1.0": [200],
        "9112 5.2 a folded value": MENDED,
        "9112 5.2 a value folded with a tab": MENDED,
        "6585 5 a hundred and one": [400],
        "9112 6.1 identity, then chunked": [422],
        "9112 6.1 Transfer-Encoding: ": [400],
        "9112 6.1 Transfer-Encoding: b'gzip, chunked'": [422],
        "9112 6.1 Transfer-Encoding: b',chunked'": [422],
        "9112 6.1 Transfer-Encoding: b'chunked,'": [501, 200],
        "9110 7.8 Upgrade: websocket": [400],
    },
}
