#!/bin/sh
# usage: install.sh BUILD DESTDIR PREFIX
# Copies what was built; makes no user, no configuration and starts nothing.

set -eu
build=$1 dest=$2 prefix=$3
[ -x "$build/sbin/dexd" ] || { echo "build first: make" >&2; exit 1; }

put() {	# mode directory file...
	mode=$1 dir=$dest$2
	shift 2
	install -d -m 755 "$dir"
	install -m "$mode" "$@" "$dir/"
}
put 755 "$prefix/sbin" "$build/sbin/dexd" "$build/sbin/dexctl"
put 755 "$prefix/libexec/dexd" "$build"/libexec/dexd/*
for page in man/*.[1-9]; do
	put 644 "$prefix/share/man/man${page##*.}" "$page"
done
put 644 "$prefix/share/doc/dexd" README.md DESIGN.md LICENSE etc/example.yaml
put 644 "$prefix/lib/systemd/system" etc/systemd/*
put 644 "$prefix/lib/sysusers.d" etc/sysusers.d/dexd.conf
put 644 "$prefix/lib/tmpfiles.d" etc/tmpfiles.d/dexd.conf

# The units say where the programs are.
for unit in etc/systemd/*; do
	sed "s,=/usr/sbin/,=$prefix/sbin/," "$unit" \
	    >"$dest$prefix/lib/systemd/system/${unit##*/}"
done
