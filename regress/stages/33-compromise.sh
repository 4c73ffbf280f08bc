# shellcheck shell=sh disable=SC2034,SC2154
say "broken rooms: without root, in memory, the table of threats"
check "table of threats" /usr/bin/python3 regress/compromise/threats.py --check

# As root they ran with the unit tests, each room as its own user in its jail;
# here again as an ordinary user, who has the sandbox alone.
SANITIZE=1 sh regress/configure-once.sh "$build/asan" CC=clang &&
    make -s -j4 -f "$build/asan/Makefile" all tests || failed=$((failed + 1))
if [ "$(id -u)" = 0 ]; then
	for under in "$build" "$build/asan"; do
		for t in callers control engine engine_refresh frontend \
		    frontend_logins neighbours telemetry; do
			check "broken rooms as an ordinary user ($under, $t)" \
			    env ASAN_OPTIONS=detect_leaks=1 setpriv \
			    --reuid=65534 --regid=65534 --clear-groups \
			    timeout 300 "$under/test/${t}_test"
		done
	done
fi
pytests compromise "$build" -n 2 --dist loadfile regress/compromise
