# shellcheck shell=sh disable=SC2034,SC2154
say "the long-lived rooms under valgrind"
if VALGRIND=1 sh regress/configure-once.sh "$build/valgrind" &&
    make -s -j4 -f "$build/valgrind/Makefile" all &&
    sh bench/build.sh "$build/valgrind/bench" load; then
	pytests valgrind "$build/valgrind" regress/valgrind
else
	bad "valgrind build"
fi
