#!/bin/sh
# usage: analyze.sh [FILE ...]
# Static analysis: clang-tidy by .clang-tidy and cppcheck, over the sources of
# all rooms or only those named.

set -u
status=0
rooms="lib compat dexd parent config frontend engine store signer authn control dexctl"
# shellcheck disable=SC2046,SC2086
[ $# -gt 0 ] || set -- $(find $rooms -name '*.c' ! -name '*_openbsd.c' 2>/dev/null | sort)
FLAGS="-std=c11 -D_GNU_SOURCE -Ilib -Icompat -I. \
$(pkg-config --cflags libsodium libbsd libevent_core libcrypto jansson sqlite3 yaml-0.1)"
export FLAGS
missing=
for tool in clang-tidy cppcheck; do
	command -v $tool >/dev/null || missing="$missing $tool"
done
[ -z "$missing" ] || { echo "missing:$missing" >&2; exit 1; }

# One line for each file keeps the output whole when two run at once.
printf '%s\n' "$@" | xargs -P 2 -I{} sh -c '
	out=$(clang-tidy --quiet {} -- $FLAGS -I"$(dirname {})" \
	    "-DDEXD_LIBEXEC=\"/usr/libexec/dexd\"" 2>&1) ||
	    { printf "%s\n" "$out"; exit 1; }' || status=1

# Paths that cppcheck cannot follow (macros, functions that do not return, one
# thread) are left to clang, which reads them as the compiler does.
# (That mmap(2) without a file takes -1 is news to it.)
# The lists of sys/queue.h and trees of sys/tree.h must be seen as they are.
queue=$(echo '#include <sys/queue.h>' | cc -E -M -x c - | tr ' ' '\n' |
    grep 'sys/queue.h' | head -n 1)
cppcheck --quiet --error-exitcode=1 --enable=warning,portability \
    --inline-suppr --std=c11 --library=posix -D__linux__ -D__x86_64__ \
    --suppress=missingInclude --suppress=missingIncludeSystem \
    --suppress=unknownMacro --suppress=getpwnamCalled \
    --suppress=invalidFunctionArg:frontend/conn_pool.c \
    --suppress=readdirCalled --suppress=uninitvar --suppress=autoVariables \
    --suppress=nullPointerRedundantCheck --suppress=ctunullpointer \
    --library=regress/style/cppcheck.cfg --include="$queue" \
    -Ilib -Icompat "$@" || status=1
exit $status
