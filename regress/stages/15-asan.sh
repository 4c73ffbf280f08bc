# shellcheck shell=sh disable=SC2034,SC2154
say "unit and message tests under ASan and UBSan"
SANITIZE=1 sh regress/configure-once.sh "$build/asan" CC=clang &&
    make -s -j4 -f "$build/asan/Makefile" all tests || failed=$((failed + 1))
ASAN_OPTIONS=detect_leaks=1 unit "$build/asan"
