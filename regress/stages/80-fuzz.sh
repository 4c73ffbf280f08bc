# shellcheck shell=sh disable=SC2034,SC2154
# A fixed seed and a fixed number of runs: this stage says the same of the same
# tree on every machine.  Looking for what is new is what `make fuzz` is for.
say "fuzz targets, briefly"
if make -s -j2 -f "$build/Makefile" fuzzers; then
	for t in "$build"/fuzz/*_fuzz; do
		name=$(basename "$t")
		corpus=regress/fuzz/corpus/${name%_fuzz}
		runs=10000
		case $name in
		rows_fuzz|yaml_fuzz|sealed_fuzz|keyset_fuzz|tmpl_fuzz) runs=3000 ;;
		esac
		# Inputs by name, not as the directory has them; what is
		# new goes elsewhere.
		found=$(mktemp -d)
		find "$corpus" -type f 2>/dev/null | LC_ALL=C sort |
		    paste -s -d, - >"$found.list"
		check "fuzz $name" "$t" -seed=1 -runs="$runs" \
		    -max_len=8192 -timeout=60 -rss_limit_mb=2048 \
		    -artifact_prefix="$build/log/" \
		    -seed_inputs=@"$found.list" "$found"
		rm -rf "$found" "$found.list"
	done
else
	bad "fuzz build"
fi
