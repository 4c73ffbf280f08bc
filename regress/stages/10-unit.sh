# shellcheck shell=sh disable=SC2034,SC2154
say "unit, message and sandbox tests"
unit "$build"
