#!/bin/sh
# usage: deps.sh [build]
# Installs what building, or building and testing need.  Without root it prints
# the command.

set -eu
[ "$(uname -s)" = Linux ] || exit 0
command -v dpkg-query >/dev/null || exit 0

here=$(dirname "$0")
want=$(cat "$here/packages-build")
[ "${1:-}" = build ] || want="$want $(cat "$here/packages")"

# What is installed, and what that provides: some Node.js bring their own npm.
have=$(dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' |
    sed -n 's/^installed //p' | sed 's/([^)]*)//g; s/,/ /g')
have=" $(echo "$have" | tr '\n' ' ') "

missing=
for p in $want; do
	case $have in *" $p "*) ;; *) missing="$missing $p" ;; esac
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
