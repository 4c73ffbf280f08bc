# shellcheck shell=sh disable=SC2034,SC2154
say "broken rooms: without root, in memory, the table of threats"
check "table of threats" /usr/bin/python3 regress/compromise/threats.py --check
if [ "$(id -u)" = 0 ]; then
	for t in engine engine_refresh frontend neighbours; do
		[ -x "$build/test/${t}_test" ] || continue
		check "broken rooms as an ordinary user ($t)" setpriv \
		    --reuid=65534 --regid=65534 --clear-groups \
		    "$build/test/${t}_test"
	done
fi
pytests compromise "$build" -n 2 --dist loadfile regress/compromise
