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

# The sample application runs beside dexd and ends with it.
"$build/bin/example-rp" &
app=$!
trap 'kill $app 2>/dev/null' EXIT
trap : INT TERM
cat >&2 <<EOF

  http://127.0.0.1:5555       the sample application: log in here
  http://127.0.0.1:5556/dexd  dexd

  Log in with "Email": admin@example.com, password "password".
  Stop with ^C.

EOF
"$build/sbin/dexd" -d -f etc/demo.yaml -r "$run" &
dexd=$!
wait $dexd || :
kill $dexd 2>/dev/null || :
wait $dexd 2>/dev/null || :
