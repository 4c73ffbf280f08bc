#!/bin/sh
# usage: configure-once.sh BUILD [VAR=value ...]
# Runs configure when the list of sources or what it was told has changed.

set -eu
build=$1
shift
mkdir -p "$build"
now=$(
	echo "$* ${SANITIZE:-} ${COVERAGE:-} ${VALGRIND:-}"
	cksum configure
	find lib compat dexd parent config frontend engine store signer authn \
	    control dexctl web regress examples bench -type f \
	    \( -name "*.c" -o -path "web/*" \) 2>/dev/null | sort
	grep -h '^/\* \(link\|libs\): ' regress/*/*_test.c regress/*/*_fuzz.c \
	    2>/dev/null || :
)
if [ ! -f "$build/Makefile" ] ||
    [ "$now" != "$(cat "$build/configured" 2>/dev/null)" ]; then
	./configure BUILD="$build" SANITIZE="${SANITIZE:-}" \
	    COVERAGE="${COVERAGE:-}" VALGRIND="${VALGRIND:-}" "$@"
	printf '%s\n' "$now" >"$build/configured"
fi
