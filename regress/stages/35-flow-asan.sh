# shellcheck shell=sh disable=SC2034,SC2154
say "flow tests under ASan and UBSan"
SANITIZE=1 sh regress/configure-once.sh "$build/asan" CC=clang &&
    make -s -j4 -f "$build/asan/Makefile" all || failed=$((failed + 1))
pytests flow-asan "$build/asan" -n 3 --dist loadfile regress/flow
