# shellcheck shell=sh disable=SC2034,SC2154
say "unit, message and sandbox tests"
unit "$build"

if [ "$(id -u)" = 0 ] && [ -x "$build/test/sandbox_test" ]; then
	check "sandbox as an ordinary user" setpriv --reuid=65534 \
	    --regid=65534 --clear-groups "$build/test/sandbox_test"
fi
