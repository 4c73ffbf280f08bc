# strace's lines -> "program call count" of what rooms did inside the sandbox.
# A call whose meaning hangs on one argument is counted with it: fcntl:F_GETFL.
# A call that the filter trapped is counted again with "!" before its name.

BEGIN {
	which["fcntl"] = which["ioctl"] = which["shutdown"] = 2
	which["setsockopt"] = which["getsockopt"] = 3
	which["prctl"] = 1
}

function name(line,    call, args, a) {
	call = args = line
	sub(/\(.*/, "", call)
	if (!(call in which))
		return call
	sub(/^[^(]*\(/, "", args)
	split(args, a, /, *|\)/)
	sub(/ .*/, "", a[which[call]])
	return call ":" a[which[call]]
}

{
	pid = $1
	line = $0
	sub(/^[0-9]+ +/, "", line)
}

line ~ /^execve\(/ {
	split(line, quoted, "\"")
	program[pid] = ""
	if (quoted[2] ~ /libexec\/dexd\//) {
		program[pid] = quoted[2]
		sub(/.*\//, "", program[pid])
	}
	inside[pid] = 0
	next
}

# libseccomp asks with the same call, and no filter, what the kernel knows.
line ~ /^seccomp\(SECCOMP_SET_MODE_FILTER, [^,]*, \{/ && program[pid] != "" {
	inside[pid] = 1
	next
}

line ~ /^\+\+\+/ {
	for (k in n)
		if (index(k, pid SUBSEP) == 1) {
			split(k, part, SUBSEP)
			total[program[pid] " " part[2]] += n[k]
			delete n[k]
		}
	inside[pid] = 0
	next
}

inside[pid] && line ~ /^--- SIGSYS/ {
	sub(/.*si_syscall=(__NR_)?/, "", line)
	sub(/[^a-z0-9_].*/, "", line)
	n[pid, "!" line]++
	next
}

# A process that is killed as it calls has no number any more.
inside[pid] && line !~ /^syscall_0xf/ && line ~ /^[a-z_0-9]+\(/ {
	n[pid, name(line)]++
}

END {
	for (k in n) {
		split(k, part, SUBSEP)
		total[program[part[1]] " " part[2]] += n[k]
	}
	for (k in total)
		print k, total[k]
}
