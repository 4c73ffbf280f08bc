#!/bin/sh
# usage: trace.sh BUILD [OUT]
# Runs the flow tests with every dexd under strace, its sandbox on, and writes
# what each room called once it was inside: program, system call, count.
# calls_test compares that with the table of lib/sandbox_calls.c.
#
# A busy machine may fail a test whose deadline did not reckon with a tracer;
# that is said, and what was called is counted all the same.

set -eu
build=$1
out=${2:-regress/sandbox/calls.txt}
die() {
	echo "trace.sh: $*" >&2
	exit 1
}
[ "$(id -u)" = 0 ] || die "needs root: rooms are traced by nobody else"
command -v strace >/dev/null || die "no strace: run make deps"

parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
export DEXD_TRACE="$parts" DEXD_BUILD="$build"
DEXD_WRAP="$PWD/regress/sandbox/traced.sh" /usr/bin/python3 -m pytest -q \
    -p no:cacheprovider -n "${TRACE_JOBS:-2}" --dist loadfile regress/flow ||
    echo "trace.sh: some tests failed under strace" >&2

# A tracer outlives its daemon by a moment.
i=0
while [ -n "$(find "$parts" -name '*.running')" ] && [ $i -lt 60 ]; do
	sleep 1
	i=$((i + 1))
done
[ $i -lt 60 ] || die "a tracer does not end"
sort "$parts"/*.calls | awk '
    { n[$1 " " $2] += $3 }
    END { for (k in n) print k, n[k] }' | LC_ALL=C sort >"$out.new"
[ -s "$out.new" ] || die "nothing was traced"
mv "$out.new" "$out"
