#!/bin/sh
# usage: run.sh BUILD
# What dexd does beside what the machine could do at best, in one run: dexd on
# one core, the driver on another.  Figures move with the machine, ratios less.

set -eu
build=$1
bin=$build/bench
dir=$PWD/$build/run/bench
port=5599
mkdir -p "$bin" "$dir/db"
cc -O2 -o "$bin/load" -D_GNU_SOURCE bench/load.c -lpthread
# shellcheck disable=SC2046
cc -O2 -o "$bin/limits" -D_GNU_SOURCE bench/limits.c \
    $(pkg-config --cflags --libs libcrypto sqlite3 libxcrypt)

pin0= pin1=
if command -v taskset >/dev/null && [ "$(nproc)" -gt 1 ]; then
	pin0="taskset -c 0" pin1="taskset -c 1"
fi
if [ "$(id -u)" = 0 ]; then
	sh etc/users.sh
	chown _dexdeng "$dir/db"
fi
config() {	# algorithm
	cat >"$dir/dexd.yaml" <<EOF
issuer: http://127.0.0.1:$port/dex
storage: {type: sqlite3, config: {file: $dir/db/dexd.db}}
web: {http: "127.0.0.1:$port"}
logger: {level: error}
oauth2: {skipApprovalScreen: true}
signer: {type: local, config: {keysRotationPeriod: 6h, algorithm: $1}}
enablePasswordDB: true
staticPasswords:
- email: ada@example.com
  userID: ada
  username: ada
  hash: \$2a\$10\$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W
connectors:
- {type: mockCallback, id: mock, name: Mock}
staticClients:
EOF
	for i in $(seq 0 31); do	# one person has one refresh token in each
		echo "- {id: bench$i, name: Bench, secret: bench," \
		    'redirectURIs: ["http://127.0.0.1:9/cb"]}'
	done >>"$dir/dexd.yaml"
}
serve() {	# algorithm
	rm -f "$dir"/db/*
	config "$1"
	$pin0 "$build/sbin/dexd" -d -f "$dir/dexd.yaml" -r "$dir" &
	pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.3
		curl -sf "http://127.0.0.1:$port/dex/keys" >/dev/null && return
	done
	echo "dexd does not start" >&2
	exit 1
}
stop() {
	kill "$pid"
	wait "$pid" || :
}
load() { $pin1 "$bin/load" "$port" 4 "$@"; }
memory() {	# the sum of PSS of all rooms
	for p in $pid $(pgrep -P "$pid"); do
		grep '^Pss:' "/proc/$p/smaps_rollup" 2>/dev/null || :
	done | awk '{ s += $2 } END { printf "%-28s %10.1f MiB\n", "sum of PSS", s / 1024 }'
}
cpu() {	# user and system time of all rooms so far, in clock ticks
	for p in $pid $(pgrep -P "$pid"); do
		cut -d ' ' -f 14,15 "/proc/$p/stat"
	done | awk '{ s += $1 + $2 } END { print s }'
}

echo "== this machine, one core"
$pin0 "$bin/limits" "$dir/limits.db"
trap 'kill $pid 2>/dev/null || :' EXIT
serve RS256
echo "== dexd on one core, RS256"
memory
load 32 /dex/keys
load 32 /dex/.well-known/openid-configuration
before=$(cpu)
load 8 | tee "$dir/login"
awk -v ticks=$(($(cpu) - before)) -v hz="$(getconf CLK_TCK)" '{
	printf "%-28s %10.2f ms\n", "CPU of one login", ticks / hz * 1000 / ($2 * 4) }' \
    "$dir/login"
load 32
load 8 refresh
memory
stop
serve ES256
echo "== dexd on one core, ES256"
load 8
load 8 refresh
stop
pin0= pin1=
serve RS256
echo "== dexd and the driver on all cores, RS256"
load 8 password
echo "-- refresh beside 8 password logins"
load 8 password &
beside=$!
load 8 refresh
wait "$beside"
stop
trap - EXIT
