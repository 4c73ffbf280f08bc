# shellcheck shell=sh disable=SC2034,SC2154
say "clang and BSD make"
check "clang build" sh -c "sh regress/configure-once.sh $build/clang CC=clang &&
    bmake -s -f $build/clang/Makefile all"
