# shellcheck shell=sh disable=SC2034,SC2154
# The short form; `make chaos` goes on for as long as one likes.
say "crashes, full disks, slow clients"
pytests chaos "$build" -n 2 regress/chaos
