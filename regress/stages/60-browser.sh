# shellcheck shell=sh disable=SC2034,SC2154
say "a person's browser"
pytests browser "$build" -n 2 --dist load regress/browser
