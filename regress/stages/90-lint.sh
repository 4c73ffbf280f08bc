# shellcheck shell=sh disable=SC2034,SC2154
say lint
check lint sh regress/style/lint.sh "$build"
