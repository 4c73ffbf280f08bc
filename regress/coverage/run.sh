#!/bin/sh
# usage: run.sh BUILD
# Which lines the tests reach, counted room by room.  The rooms run as an
# ordinary user and without their sandbox, so that each can write its counts.

set -eu
build=$1
cov=$build/cov

COVERAGE=1 sh regress/configure-once.sh "$cov"
make -s -j4 -f "$cov/Makefile" all tests
find "$cov" -name '*.gcda' -delete
rm -rf "$cov/run"
chmod -R a+rwX "$cov"

as_nobody=
[ "$(id -u)" = 0 ] &&
    as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
failed=
for t in "$cov"/test/*_test; do
	$as_nobody "$t" >"$cov/unit.log" 2>&1 || failed="$failed $t"
done
for suite in regress/flow regress/package/test_config.py; do
	DEXD_BUILD=$cov HOME=/tmp $as_nobody /usr/bin/python3 -m pytest -q \
	    --no-header -p no:cacheprovider -n 3 --dist loadfile "$suite" ||
	    failed="$failed $suite"
done
status=0
/usr/bin/python3 regress/coverage/report.py "$cov" || status=1
[ -z "$failed" ] || { echo "failed:$failed" >&2; status=1; }
exit $status
