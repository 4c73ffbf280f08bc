#!/usr/bin/python3
"""usage: threats.py [--check]

Makes the table of threats in man/dexd.8 of threats.tsv; with --check only says
whether it is the same.  Either way every test that a line names must be there."""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[1]
PAGE = TREE / "man" / "dexd.8"
BEGIN = '.\\" threats: made by regress/compromise/threats.py\n'
END = '.\\" threats: end\n'
BASE = """.It parent , config , signer
everything: the trusted base, which is small and has no network.
"""


def read():
    for n, line in enumerate((HERE / "threats.tsv").read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            fields = line.split("\t")
            if len(fields) != 4 or fields[1] not in ("can", "cannot"):
                sys.exit(f"threats.tsv:{n}: room, can or cannot, what, tests")
            yield n, fields


def is_there(test):
    path, name = test.rsplit(":", 1)
    file = TREE / path
    if not file.is_file():
        return False
    text = file.read_text()
    if path.endswith(".py"):
        return re.search(rf"^def {name}\(", text, re.M) is not None
    # a function of cmocka's, and in the list of those that run
    return (re.search(rf"^{name}\(void \*\*state\)", text, re.M) is not None and
            re.search(rf"(T|cmocka_unit_test)\({name}\)", text) is not None)


def table():
    rooms = {}
    for n, (room, verb, what, tests) in read():
        missing = [t for t in tests.split(" ") if not is_there(t)]
        if missing:
            sys.exit(f"threats.tsv:{n}: there is no test {missing[0]}")
        rooms.setdefault(room, {"can": [], "cannot": []})[verb].append(what)
    out = '.Bl -tag -width "dexctl user" -compact\n'
    for room, lines in rooms.items():
        out += f".It {room}\n"
        for verb, whats in lines.items():
            if whats:
                out += f".Em {verb}\n" + ";\n".join(whats) + ".\n"
    return BEGIN + out + BASE + ".El\n" + END


def main():
    page = PAGE.read_text()
    start, end = page.index(BEGIN), page.index(END) + len(END)
    made = page[:start] + table() + page[end:]
    if sys.argv[1:] == ["--check"]:
        if made != page:
            sys.exit("man/dexd.8 is not what threats.tsv says: run threats.py")
    else:
        PAGE.write_text(made)


main()
