#!/bin/sh
# Installs what building and testing need.  Without root it prints the command.

set -eu
[ "$(uname -s)" = Linux ] || exit 0
command -v dpkg-query >/dev/null || exit 0

want="gcc libc6-dev make pkg-config libevent-dev libtls-dev libssl-dev
libsodium-dev libyaml-dev libjansson-dev libsqlite3-dev libbsd-dev
libseccomp-dev libcrypt-dev libcmocka-dev libcurl4-openssl-dev libcjose-dev clang libclang-rt-14-dev bmake
mandoc python3-pytest python3-authlib python3-requests sqlite3 openssl binutils curl
util-linux procps"

missing=
for p in $want; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
	    grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "dexd needs these packages; as root, run:" >&2
	echo "  apt-get install --no-install-recommends$missing" >&2
	exit 1
fi
echo "installing$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
apt-get install -qq -y --no-install-recommends $missing >/dev/null 2>&1 || {
	apt-get update -qq
	apt-get install -qq -y --no-install-recommends $missing >/dev/null
}
