#!/bin/sh
# usage: run.sh BUILD [STAGE ...]
# Builds everything and runs the stages of regress/stages in order, or only
# those named; the last line counts what passed and what failed.  What this
# machine could not run is named before it.
#
# A stage is sourced.  It has $build, say, check, unit and pytests.

set -u
build=$1
shift
passed=0
failed=0
skipped=0

ok() { passed=$((passed + 1)); }
bad() {
	failed=$((failed + 1))
	echo "FAILED: $1" >&2
}

# check NAME COMMAND...: a check that either holds or does not
check() {
	name=$1
	shift
	log=$build/log/$(echo "$name" | tr ' /' '__').log
	if "$@" >"$log" 2>&1; then
		ok
	else
		bad "$name"
		tail -n 40 "$log" >&2
	fi
}

# unit BUILD-DIRECTORY: every cmocka program, its tests counted one by one
unit() {
	for t in "$1"/test/*_test; do
		[ -x "$t" ] || continue
		name=$(basename "$t")
		log=$build/log/$(echo "$1" | tr / _)-$name.log
		timeout 300 "$t" >"$log" 2>&1
		status=$?
		n=$(grep -c '^\[       OK \]' "$log")
		f=$(grep -c '^\[  FAILED  \] [a-z]' "$log")
		skipped=$((skipped + $(grep -c '^\[  SKIPPED \] [a-z]' "$log")))
		sed -n "s,^\[  SKIPPED \] \([a-z].*\),skipped: $name: \1,p" "$log"
		if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
		if [ "$status" -eq 0 ]; then f=0; fi
		passed=$((passed + n))
		failed=$((failed + f))
		if [ "$status" -ne 0 ]; then
			echo "FAILED: $t (status $status)" >&2
			tail -n 40 "$log" >&2
		fi
	done
}

# pytests NAME BUILD-DIRECTORY ARGUMENT...: pytest against that build's programs
pytests() {
	log=$build/log/$1.log
	under=$2
	shift 2
	DEXD_BUILD=$under ASAN_OPTIONS=detect_leaks=0 /usr/bin/python3 -m pytest \
	    -q --no-header -rs -p no:cacheprovider "$@" >"$log" 2>&1
	status=$?
	n=$(sed -n 's/.*\b\([0-9][0-9]*\) passed.*/\1/p' "$log" | tail -n 1)
	f=$(sed -n 's/.*\b\([0-9][0-9]*\) failed.*/\1/p' "$log" | tail -n 1)
	e=$(sed -n 's/.*\b\([0-9][0-9]*\) errors\{0,1\}\b.*/\1/p' "$log" | tail -n 1)
	s=$(sed -n 's/.*\b\([0-9][0-9]*\) skipped.*/\1/p' "$log" | tail -n 1)
	passed=$((passed + ${n:-0}))
	failed=$((failed + ${f:-0} + ${e:-0}))
	skipped=$((skipped + ${s:-0}))
	sed -n 's/^SKIPPED/skipped:/p' "$log"
	if [ "$status" -ne 0 ]; then
		[ "$((${f:-0} + ${e:-0}))" -eq 0 ] && failed=$((failed + 1))
		tail -n 80 "$log" >&2
	fi
}

finish() {
	[ "$skipped" -eq 0 ] || echo "$skipped skipped"
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ] && exit 0
	exit 1
}

mkdir -p "$build/log"
start=$(date +%s)
say() { echo "== $* ($(($(date +%s) - start)) s)"; }

say build
sh regress/configure-once.sh "$build" || { failed=1; finish; }
make -s -j4 -f "$build/Makefile" all tests || { failed=1; finish; }
[ "$(id -u)" = 0 ] && sh etc/users.sh

if [ $# -eq 0 ]; then
	for stage in regress/stages/*.sh; do
		# shellcheck disable=SC1090
		. "./$stage"
	done
else
	for stage; do
		file=$(echo ./regress/stages/[0-9][0-9]-"$stage".sh)
		[ -r "$file" ] || { bad "stage $stage: no such"; continue; }
		# shellcheck disable=SC1090
		. "$file"
	done
fi
finish
