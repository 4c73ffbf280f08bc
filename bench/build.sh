#!/bin/sh
# usage: build.sh DIRECTORY [PROGRAM ...]
# Compiles the driver, the limits and the servers that do nothing.

set -eu
cd "$(dirname "$0")"
to=$(case $1 in /*) echo "$1" ;; *) echo "$OLDPWD/$1" ;; esac)
shift
mkdir -p "$to"
build() {	# program sources flags...
	program=$1 sources=$2
	shift 2
	# shellcheck disable=SC2086
	cc -O2 -Wall -Wextra -Wno-format-truncation -D_GNU_SOURCE \
	    -o "$to/$program" $sources "$@"
}
[ $# -gt 0 ] || set -- load limits nothing tls
for program; do
	case $program in
	load) build load "load.c flow.c http.c" -lssl -lcrypto -lpthread ;;
	limits) build limits limits.c -lssl -lcrypto -lsqlite3 -lcrypt ;;
	tls) build tls tls.c -lssl -lcrypto -lpthread ;;
	nothing) build nothing nothing.c -levent_core -levent_extra ;;
	esac
done
