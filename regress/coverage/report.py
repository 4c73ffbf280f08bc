"""usage: report.py BUILD
Lines that ran, room by room, of what gcovr counted.  Fails where they are not
more than was promised."""

import collections
import json
import subprocess
import sys

PROMISED = {"lib": 90, "engine": 90, "signer": 90, "config": 90}

out = subprocess.run(
    ["gcovr", "-r", ".", "--object-directory", sys.argv[1], "--json-summary",
     "--exclude", "regress/", "--exclude", "examples/", "--exclude", "web/",
     "--exclude", ".*/gen/", sys.argv[1] + "/obj"],
    check=True, capture_output=True, text=True).stdout
rooms = collections.defaultdict(lambda: [0, 0])
for f in json.loads(out)["files"]:
    for of in (f["filename"], f["filename"].split("/")[0] + "/"):
        rooms[of][0] += f["line_covered"]
        rooms[of][1] += f["line_total"]

short = False
for of, (ran, total) in sorted(rooms.items()):
    percent = 100 * ran / max(total, 1)
    if of.endswith("/"):
        promised = PROMISED.get(of[:-1])
        print(f"{of:<32}{percent:6.1f} % of {total} lines" +
              (f" (more than {promised})" if promised else ""))
        short = short or (promised is not None and percent <= promised)
    elif percent < 85:
        print(f"    {of:<28}{percent:6.1f} %")
sys.exit(short)
