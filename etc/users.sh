#!/bin/sh
# Makes the users that dexd's rooms run as; those that exist are left alone.
# Packages use sysusers.d/dexd.conf instead.

set -eu
nologin=/usr/sbin/nologin
[ -x "$nologin" ] || nologin=/sbin/nologin
for user in _dexd _dexdcfg _dexdeng _dexdsig _dexdauth _dexdctl; do
	id "$user" >/dev/null 2>&1 && continue
	useradd --system --user-group --no-create-home --home-dir /nonexistent \
	    --shell "$nologin" "$user"
done
