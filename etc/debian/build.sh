#!/bin/sh
# usage: build.sh BUILD
# Makes BUILD/dexd_VERSION_ARCHITECTURE.deb from what was built.  The same tree
# and compiler make the same bytes: every date is that of the changelog.

set -eu
build=$1
umask 022
here=etc/debian
root=$build/deb/root
work=$build/deb/work
version=$(sed -n 's/.*DEXD_VERSION[[:space:]]*"\(.*\)"/\1/p' lib/version.h)
arch=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -l $here/changelog -S Timestamp)
export SOURCE_DATE_EPOCH
[ "$(dpkg-parsechangelog -l $here/changelog -S Version)" = "$version" ] || {
	echo "$here/changelog is not about version $version" >&2
	exit 1
}

rm -rf "$build/deb"
mkdir -p "$root/DEBIAN" "$work/debian"
sh regress/install.sh "$build" "$root" /usr
strip --strip-unneeded "$root"/usr/sbin/* "$root"/usr/libexec/dexd/*
find "$root/usr/share/man" -type f -exec gzip -9n {} +
doc=$root/usr/share/doc/dexd
mv "$doc/LICENSE" "$doc/copyright"
gzip -9nc $here/changelog >"$doc/changelog.gz"
install -d -m 755 "$root/etc/dexd"
install -m 600 etc/example.yaml "$root/etc/dexd/dexd.yaml"

# Libraries, as dpkg knows them; it wants a source package around itself.
echo "Source: dexd" >"$work/debian/control"
top=$PWD
depends=$(cd "$work" && dpkg-shlibdeps --warnings=0 -O \
    "$top/$root"/usr/sbin/* "$top/$root"/usr/libexec/dexd/* |
    sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ]

(cd "$root" && find etc usr -type f -exec md5sum {} + | LC_ALL=C sort -k 2) \
    >"$root/DEBIAN/md5sums"
(cd "$root" && find etc -type f -printf '/%p\n' | LC_ALL=C sort) \
    >"$root/DEBIAN/conffiles"
sed -i '/  etc\//d' "$root/DEBIAN/md5sums"	# dpkg keeps those of conffiles
size=$(du -ks --apparent-size "$root" | cut -f 1)
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$arch/" \
    -e "s/@SIZE@/$size/" -e "s/@DEPENDS@/$depends/" \
    $here/control >"$root/DEBIAN/control"
install -m 755 $here/postinst $here/prerm $here/postrm "$root/DEBIAN"

find "$root" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$root" \
    "$build/dexd_${version}_$arch.deb"
