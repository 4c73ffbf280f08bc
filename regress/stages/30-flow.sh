# shellcheck shell=sh disable=SC2034,SC2154
say "flow tests, sandbox on"
pytests flow "$build" -n 3 --dist loadfile regress/flow
