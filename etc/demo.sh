#!/bin/sh
# usage: demo.sh BUILD
# Serves the demo from the build directory, as root or as anybody.

set -eu
build=$1
run=$PWD/$build/run/demo
mkdir -p "$run/db"
if [ "$(id -u)" = 0 ]; then
	sh etc/users.sh
	chown _dexdeng "$run/db"
fi
export DEXD_DEMO="$run"
echo "demo: http://127.0.0.1:5556/dexd  (stop with ^C)" >&2
exec "$build/sbin/dexd" -d -f etc/demo.yaml -r "$run"
