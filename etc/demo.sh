#!/bin/sh
# usage: demo.sh BUILD
# Serves the demo from the build directory.

set -eu
build=$1
if [ ! -x "$build/sbin/dexd" ]; then
	echo "dexd does not serve yet; see README.md for what stands" >&2
	exit 1
fi
mkdir -p "$build/run/demo/db"
exec "$build/sbin/dexd" -d -f etc/demo.yaml -r "$build/run/demo"
