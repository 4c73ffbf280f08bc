"""The processes of a running dexd, and what lies in their memory."""


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
