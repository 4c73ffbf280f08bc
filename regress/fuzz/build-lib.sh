#!/bin/sh
# usage: build-lib.sh BUILD
# lib/ once more, instrumented for the fuzzers.

set -eu
build=$1
dir=$build/fuzz/lib
mkdir -p "$dir" "$build/lib"
flags="-std=c11 -D_GNU_SOURCE -g -O1 -fno-strict-aliasing -DDEXD_SANITIZE
-fsanitize=fuzzer-no-link,address,undefined -Ilib -Icompat"
for src in lib/*.c; do
	# shellcheck disable=SC2086
	clang $flags -c -o "$dir/$(basename "${src%.c}").o" "$src"
done
rm -f "$build/lib/libfuzz.a"
ar rc "$build/lib/libfuzz.a" "$dir"/*.o
