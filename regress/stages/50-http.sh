# shellcheck shell=sh disable=SC2034,SC2154
say "hostile HTTP, alone and behind proxies"
pytests http "$build" -n 2 --dist loadfile regress/http
