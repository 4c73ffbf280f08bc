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
"$build/sbin/dexd" -d -f etc/demo.yaml -r "$run" &
dexd=$!

# Said when it is true, and below what was logged at the start.
tries=0
while kill -0 $dexd 2>/dev/null && [ $tries -lt 100 ] &&
    ! curl -fs -o /dev/null http://127.0.0.1:5556/dexd/keys; do
	tries=$((tries + 1))
	sleep 0.1
done
if ! kill -0 $app 2>/dev/null; then
	echo "the sample application does not run" >&2
elif kill -0 $dexd 2>/dev/null; then
	cat >&2 <<EOF

  http://127.0.0.1:5555       the sample application: log in here
  http://127.0.0.1:5556/dexd  dexd

  Log in with Email:    admin@example.com, password "password"
           or Password: foo, password "bar"
           or Example:  nothing is asked
  See what runs:  $build/sbin/dexctl -r $build/run/demo status
  Stop with ^C.

EOF
fi
wait $dexd || :
kill $dexd 2>/dev/null || :
wait $dexd 2>/dev/null || :
