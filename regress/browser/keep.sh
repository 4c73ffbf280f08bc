#!/bin/sh
# usage: keep.sh BUILD
# Runs the browser tests, which leave a picture of every case in
# BUILD/screenshots, and keeps some of them in the tree.

set -eu
build=$1
here=regress/browser
DEXD_BUILD=$build /usr/bin/python3 -m pytest -q -p no:cacheprovider -n 2 \
    --dist load "$here"
mkdir -p "$here/screenshots"
rm -f "$here"/screenshots/*.png
while read -r name; do
	cp "$build/screenshots/$name.png" "$here/screenshots/"
done <"$here/keep"
du -sh "$here/screenshots"
