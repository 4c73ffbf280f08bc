"""The processes of a running dexd, and what lies in their memory."""

import threading


def processes(d):
    """pid → program, the parent too."""
    out = {d.proc.pid: "parent"}
    for program, pids in d.rooms().items():
        for pid in pids:
            out[pid] = program
    return out


def memory(pid):
    """Every readable, writable mapping: where a secret could be kept."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as mem:
        for line in maps:
            where, mode = line.split()[:2]
            if not mode.startswith("rw") or "[vvar" in line:
                continue
            start, end = (int(x, 16) for x in where.split("-"))
            try:
                mem.seek(start)
                yield mem.read(end - start)
            except (OSError, ValueError):
                pass


def holds(pid, needles):
    """True if any of the needles is in the memory of the process."""
    try:
        return any(n in area for area in memory(pid) for n in needles)
    except (FileNotFoundError, ProcessLookupError):
        return False


def holders(d, needles):
    return {program for pid, program in processes(d).items() if holds(pid, needles)}


class Watch:
    """Searches all the time for needles, beside what the test does.  It sees
    what lies there while it looks: nobody can be seen between two looks."""

    def __init__(self, d, needles):
        self.d, self.needles = d, needles
        self.seen, self.looks, self.trouble = set(), 0, None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        try:
            while not self.over.is_set():
                self.seen |= holders(self.d, self.needles)
                self.looks += 1
        except Exception as e:          # the test has to hear of it
            self.trouble = e

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        assert self.trouble is None, self.trouble
        print(f"{self.looks} looks saw it in {sorted(self.seen)}")
