#!/bin/sh
# usage: run.sh BUILD
# Builds everything and runs every test; the last line counts them.

set -u
build=$1
passed=0
failed=0

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

finish() {
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

say "unit, message and sandbox tests"
unit "$build"

if [ "$(id -u)" = 0 ] && [ -x "$build/test/sandbox_test" ]; then
	check "sandbox as an ordinary user" setpriv --reuid=65534 \
	    --regid=65534 --clear-groups "$build/test/sandbox_test"
fi

say "the same under ASan and UBSan"
SANITIZE=1 sh regress/configure-once.sh "$build/asan" CC=clang &&
    make -s -j4 -f "$build/asan/Makefile" all tests || failed=$((failed + 1))
ASAN_OPTIONS=detect_leaks=1 unit "$build/asan"

say "clang and BSD make"
check "clang build" sh -c "sh regress/configure-once.sh $build/clang CC=clang &&
    bmake -s -f $build/clang/Makefile all"

# flow NAME BUILD-DIRECTORY: pytest against the programs of that build
flow() {
	log=$build/log/$1.log
	DEXD_BUILD=$2 ASAN_OPTIONS=detect_leaks=0 /usr/bin/python3 -m pytest \
	    -q --no-header -p no:cacheprovider regress/flow >"$log" 2>&1
	status=$?
	n=$(sed -n 's/.*\b\([0-9][0-9]*\) passed.*/\1/p' "$log" | tail -n 1)
	f=$(sed -n 's/.*\b\([0-9][0-9]*\) failed.*/\1/p' "$log" | tail -n 1)
	passed=$((passed + ${n:-0}))
	failed=$((failed + ${f:-0}))
	if [ "$status" -ne 0 ]; then
		[ "${f:-0}" -eq 0 ] && failed=$((failed + 1))
		tail -n 60 "$log" >&2
	fi
}
[ "$(id -u)" = 0 ] && sh etc/users.sh
say "flow tests, sandbox on"
flow flow "$build"
say "flow tests under ASan and UBSan"
flow flow-asan "$build/asan"

if ls regress/fuzz/*_fuzz.c >/dev/null 2>&1; then
	say "fuzz targets, five seconds each"
	if make -s -j2 -f "$build/Makefile" fuzzers; then
		for t in "$build"/fuzz/*_fuzz; do
			check "fuzz $(basename "$t")" "$t" -max_total_time=5 \
			    -max_len=8192 -timeout=10 -rss_limit_mb=2048 \
			    -artifact_prefix="$build/log/"
		done
	else
		bad "fuzz build"
	fi
fi

say lint
check lint sh regress/style/lint.sh
finish
