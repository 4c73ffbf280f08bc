"""Is every key that config/ reads explained in etc/example.yaml?

usage: example_keys.py            from the top of the tree; silent when it is

The keys are taken from the tables of config/*.c (struct field), their places
from the last argument of fields_read().  A key of take_unsupported is left
out: dexd has nothing to say about it yet.
"""

import pathlib
import re
import sys

import yaml

# The blocks whose name for people is not their path.
PLACES = {"the file": (), "a client": ("staticClients",),
          "a user": ("staticPasswords",), "a connector": ("connectors",),
          "the connector's config": ("connectors", "config")}


def uncomment(text):
    """Settings are behind "#", sentences behind "# "."""
    return re.sub(r"^( *)#(?=[^ #\n])", r"\1", text, flags=re.M)


def without_comments(code):
    """Strings may hold what looks like a comment."""
    return re.sub(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])+'|/\*.*?\*/""",
                  lambda m: "" if m[0].startswith("/*") else m[0], code,
                  flags=re.S)


def tables(code):
    """Name → keys of every table of fields in this piece of C."""
    return {name: [key for key, take in
                   re.findall(r'\{\s*"(\w+)",\s*(\w+)', body)
                   if take != "take_unsupported"]
            for name, body in re.findall(
                r"\b(\w+)\[\]\s*=\s*\{(.*?)\bFIELDS_END", code, re.S)}


def known_keys(sources):
    """The paths of all keys that these sources read."""
    paths, read = set(), 0
    for source in sources:
        text = without_comments(source)
        shared = tables(text)
        for function in re.split(r"^}$", text, flags=re.M):
            mine = {**shared, **tables(function)}
            for expr, what in re.findall(
                    r'fields_read\(c,[^,]+,([^,]+),[^,]+,\s*"([^"]+)"\)',
                    function):
                used = [mine[n] for n in re.findall(r"\w+", expr) if n in mine]
                if not used:
                    sys.exit(f"example_keys: no table behind \"{what}\"")
                read += 1
                at = PLACES.get(what) or tuple(what.split("."))
                if what == "the file":
                    at = ()
                if any(" " in part for part in at):
                    sys.exit(f"example_keys: where in the file is \"{what}\"? "
                             "Add it to PLACES")
                paths |= {at + (key,) for keys in used for key in keys}
        names = re.search(r"^take_headers\(.*?names\[\]\s*=\s*\{(.*?)\}", text,
                          re.S | re.M)
        if names:
            paths |= {("web", "headers", n)
                      for n in re.findall(r'"([^"]+)"', names[1])}
    calls = sum(len(re.findall(r"^\s.*\bfields_read\(", s, re.M))
                for s in sources)
    if calls != read:
        sys.exit(f"example_keys: {calls} calls of fields_read, {read} understood")
    return paths


def has(node, path):
    if isinstance(node, list):
        return any(has(n, path) for n in node)
    if not path:
        return True
    return isinstance(node, dict) and path[0] in node and \
        has(node[path[0]], path[1:])


def missing(example, sources):
    tree = yaml.safe_load(uncomment(example))
    return sorted(".".join(p) for p in known_keys(sources)
                  if not has(tree, p))


if __name__ == "__main__":
    lost = missing(pathlib.Path("etc/example.yaml").read_text(),
                   [p.read_text() for p in
                    sorted(pathlib.Path("config").glob("*.c"))])
    for key in lost:
        print(f"etc/example.yaml does not explain {key}", file=sys.stderr)
    sys.exit(bool(lost))
