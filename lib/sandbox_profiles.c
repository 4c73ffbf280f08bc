/*
 * Copyright (c) 2026 The dexd authors
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
 * WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
 * MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
 * ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
 * OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
 */

#include <string.h>

#include "sandbox_profiles.h"

const struct sandbox_profile	 sandbox_profiles[] = {
	/* Reads one file from a descriptor it was given; parses. */
	{ "config", P_STDIO, "stdio" },
	/* Accepts; a reload may hand it nothing, but peers may be replaced. */
	{ "frontend", P_STDIO | P_RECVFD | P_INET, "stdio inet recvfd" },
	{ "frontend-tls", P_STDIO | P_RECVFD | P_INET, "stdio inet recvfd" },
	{ "telemetry", P_STDIO | P_RECVFD | P_INET, "stdio inet recvfd" },
	/* SQLite opens its journal and locks beside the database. */
	{ "engine", P_STDIO | P_RECVFD | P_FILES | P_FLOCK,
	    "stdio rpath wpath cpath flock recvfd" },
	{ "signer", P_STDIO | P_RECVFD, "stdio recvfd" },
	{ "keygen", P_STDIO, "stdio" },
	{ "authn-local", P_STDIO | P_RECVFD, "stdio recvfd" },
	{ "authn-mock", P_STDIO | P_RECVFD, "stdio recvfd" },
	{ "control", P_STDIO | P_RECVFD | P_UNIX, "stdio unix recvfd" },
};
const size_t	 sandbox_nprofiles =
    sizeof(sandbox_profiles) / sizeof(sandbox_profiles[0]);

const struct sandbox_profile *
sandbox_profile_find(const char *program)
{
	size_t	 i;

	for (i = 0; i < sandbox_nprofiles; i++)
		if (strcmp(sandbox_profiles[i].program, program) == 0)
			return (&sandbox_profiles[i]);
	return (NULL);
}
