# shellcheck shell=sh disable=SC2034,SC2154
say "the long-lived rooms under valgrind, and what they keep without it"
if VALGRIND=1 sh regress/configure-once.sh "$build/valgrind" &&
    make -s -j4 -f "$build/valgrind/Makefile" all &&
    sh bench/build.sh "$build/valgrind/bench" load &&
    sh bench/build.sh "$build/bench" load; then
	pytests valgrind "$build/valgrind" regress/valgrind/test_leaks.py
	pytests growth "$build" regress/valgrind/test_growth.py
else
	bad "valgrind build"
fi
