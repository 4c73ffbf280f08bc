# shellcheck shell=sh disable=SC2034,SC2154
# The unit stage ran these as whoever we are; rooms run as somebody else.
if [ "$(id -u)" = 0 ]; then
	say "the sandbox as an ordinary user"
	for t in sandbox forbidden landlock; do
		check "$t as an ordinary user" setpriv --reuid=65534 \
		    --regid=65534 --clear-groups "$build/test/${t}_test"
	done
fi
