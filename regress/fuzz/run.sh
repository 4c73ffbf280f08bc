#!/bin/sh
# usage: run.sh BUILD SECONDS [TARGET ...]
# Looks for what is new: runs each target (FUZZ_JOBS at once) for so long,
# keeps what reaches new code in regress/fuzz/corpus, minimised, and appends a
# line for each to regress/fuzz/log.md.  An input that crashes a target is left
# in BUILD/log; keep it under regress/fuzz/corpus/TARGET when the fault is gone.

set -eu
build=$1
seconds=$2
shift 2
dir=regress/fuzz
limit=90			# KiB of corpus for each target

make -s -f "$build/Makefile" fuzzers
mkdir -p "$build/log"
# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(cd "$build/fuzz" && ls ./*_fuzz |
    sed 's,^\./,,; s,_fuzz$,,')

# A few inputs that together reach everything (-merge=1 would keep each that was
# new when it came); the largest of them go when they are too many.  Inputs named
# crash-* are regression cases: kept.
minimise() {
	target=$1
	work=$2
	mkdir -p "$work/min"
	"$build/fuzz/${target}_fuzz" -set_cover_merge=1 -max_len=8192 \
	    "$work/min" "$work/new" "$dir/corpus/$target" \
	    >"$work/merge.log" 2>&1 || return 0
	while [ "$(du -sk --apparent-size "$work/min" | cut -f1)" -gt "$limit" ]
	do
		find "$work/min" -type f -printf '%s %p\n' | sort -rn |
		    head -n 1 | cut -d' ' -f2- | xargs rm -f
	done
	find "$dir/corpus/$target" -type f ! -name 'crash-*' -delete
	find "$work/min" -type f -exec cp {} "$dir/corpus/$target/" \;
}

fuzz() {
	target=$1
	work=$(mktemp -d)
	log=$build/log/fuzz-long-$target.log
	dict=
	[ ! -f "$dir/$target.dict" ] || dict=-dict=$dir/$target.dict
	mkdir -p "$work/new" "$dir/corpus/$target"
	finding=none
	# shellcheck disable=SC2086
	nice "$build/fuzz/${target}_fuzz" -max_total_time="$seconds" \
	    -max_len=8192 -timeout=30 -rss_limit_mb=2048 \
	    -print_final_stats=1 $dict -artifact_prefix="$build/log/$target-" \
	    "$work/new" "$dir/corpus/$target" >"$log" 2>&1 ||
	    finding=$(sed -n "s,.*Test unit written to .*/,,p" "$log" | tail -n 1)
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" |
	    tail -n 1)
	[ -n "$finding" ] || finding="did not run: see $log"
	minimise "$target" "$work"
	rm -rf "$work"
	printf '| %s | %s | %s | %s | %s |\n' "$(date -u +%Y-%m-%d)" "$target" \
	    "$seconds" "${runs:-?}" "$finding" >>"$dir/log.md"
}

jobs=${FUZZ_JOBS:-1}
running=0
for target; do
	fuzz "$target" &
	running=$((running + 1))
	if [ "$running" -ge "$jobs" ]; then
		wait
		running=0
	fi
done
wait
