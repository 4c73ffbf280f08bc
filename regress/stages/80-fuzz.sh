# shellcheck shell=sh disable=SC2034,SC2154
# A fixed seed and a fixed number of runs: this stage says the same of the same
# tree on every machine.  Looking for what is new is what `make fuzz` is for.
say "fuzz targets, briefly"
if make -s -j2 -f "$build/Makefile" fuzzers; then
	for t in "$build"/fuzz/*_fuzz; do
		name=$(basename "$t")
		corpus=regress/fuzz/corpus/${name%_fuzz}
		[ -d "$corpus" ] || corpus=
		# shellcheck disable=SC2086
		check "fuzz $name" "$t" -seed=1 -runs=20000 \
		    -max_len=8192 -timeout=60 -rss_limit_mb=2048 \
		    -artifact_prefix="$build/log/" $corpus
	done
else
	bad "fuzz build"
fi
