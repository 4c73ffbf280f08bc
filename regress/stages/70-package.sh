# shellcheck shell=sh disable=SC2034,SC2154
say "the example, the install target, the unit, the Debian package"
[ "$(id -u)" = 0 ] || say "the package on a clean machine: skipped, it needs root"
pytests package "$build" regress/package
