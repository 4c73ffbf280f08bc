#!/bin/sh
# usage: lint.sh BUILD
# The warnings of both compilers, and the discipline that they do not check:
# banned functions, walls between rooms, licence headers, file length, man pages.

set -u
build=$1
status=0
complain() {
	echo "lint: $*" >&2
	status=1
}

sources=$(find lib compat dexd parent config frontend engine store signer \
    authn control dexctl web regress examples bench \
    -name '*.[ch]' -o -name '*.def' 2>/dev/null)
rooms="parent config frontend engine store signer authn control dexctl"

banned='strcpy|strcat|sprintf|vsprintf|strncpy|strncat|gets|atoi|atol|strtok|alloca|system|popen|rand|mktemp|tmpnam'
# shellcheck disable=SC2086
grep -nE "(^|[^A-Za-z0-9_.>])($banned)[[:space:]]*\(" $sources &&
    complain "banned function"

for f in $sources; do
	grep -q 'Permission to use, copy' "$f" || complain "$f: no licence"
	lines=$(wc -l <"$f")
	[ "$lines" -le 700 ] || complain "$f: $lines lines"
	grep -nE '[[:space:]]+$' "$f" && complain "$f: space at end of line"
	awk '/^\/\* link:/ { next } { n = 0; for (i = 1; i <= length($0); i++)
	    n = substr($0, i, 1) == "\t" ? (int(n / 8) + 1) * 8 : n + 1;
	    if (n > 100) exit 1 }' "$f" || complain "$f: line too long"
done

# Every source, as configure has it built, also those that no target here needs.
sh regress/configure-once.sh "$build/lint" || exit 1
for cc in gcc clang; do
	make -s -k -j2 -f "$build/lint/Makefile" CC=$cc syntax ||
	    complain "$cc warns"
done

# A room includes its own headers and lib's; the engine also the store's.
for room in $rooms; do
	[ -d "$room" ] || continue
	for other in $rooms; do
		[ "$room" = "$other" ] && continue
		[ "$room $other" = "engine store" ] && continue
		grep -nE "#include \"(\.\./)?$other/" "$room"/*.[ch] 2>/dev/null &&
		    complain "$room includes a header of $other"
	done
	grep -nE '#include "\.\./' "$room"/*.[ch] 2>/dev/null &&
	    complain "$room reaches outside itself"
done

# Every header stands alone.
for h in lib/*.h frontend/*.h engine/*.h store/*.h signer/*.h config/*.h \
    parent/*.h authn/*.h control/*.h dexctl/*.h; do
	[ -e "$h" ] || continue
	case $h in */msg_undef.h | */msg_each.h) continue ;; esac
	echo "#include \"${h##*/}\"" |
	    cc -std=c11 -D_GNU_SOURCE -fsyntax-only -I"$(dirname "$h")" -Ilib \
	    -Icompat -I. -x c - || complain "$h does not stand alone"
done

# OpenBSD's branch of the sandbox compiles, against stubs of what it calls.
cc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -U__linux__ -D__OpenBSD__ \
    -Iregress/stub/openbsd -Ilib -fsyntax-only lib/sandbox_openbsd.c ||
    complain "the OpenBSD sandbox does not compile"

for m in man/*.[1-9]; do
	[ -e "$m" ] || continue
	mandoc -Tlint -Wwarning "$m" | grep -vE 'unknown cross|referenced manual' &&
	    complain "$m"
done

/usr/bin/python3 regress/style/example_keys.py || complain "etc/example.yaml"

# Sourced stages have no line that names a shell; their first comment does.
# What a package runs as root names its shell, and has no name that ends in .sh.
scripts=$({
	find regress etc bench -name '*.sh'
	grep -rlIE --exclude='*.py' '^#!/bin/k?sh' configure .ci regress etc bench
} | sort -u)
if command -v shellcheck >/dev/null; then
	# shellcheck disable=SC2086
	shellcheck -S warning $scripts || complain "shellcheck"
else
	complain "no shellcheck: run make deps"
fi

sh regress/style/analyze.sh || complain "static analysis"
exit $status
