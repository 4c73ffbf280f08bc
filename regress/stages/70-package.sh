# shellcheck shell=sh disable=SC2034,SC2154
say "the example, the install target, the unit"
pytests package "$build" regress/package
