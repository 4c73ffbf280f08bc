# shellcheck shell=sh disable=SC2034,SC2154
say "clients that others wrote"
pytests peers "$build" regress/peers
