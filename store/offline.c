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

#include <stdlib.h>
#include <string.h>

#include "offline.h"
#include "timetext.h"

/* The names are those of dex's struct: the map has no tags of its own. */

static json_t *
read_refs(struct span refs)
{
	json_t	*map;

	if (refs.len == 0 || span_is(refs, "null"))
		return (json_object());
	map = json_read(refs, OFFLINE_REFS_MAX);
	if (json_is_object(map))
		return (map);
	json_decref(map);
	return (NULL);
}

static json_t *
string_of(struct span s)
{
	return (json_stringn((const char *)span_ptr(s), s.len));
}

static json_t *
time_of(uint64_t when)
{
	char	 text[TIMETEXT_JSON_LEN + 1];

	timetext_put_json(text, when);
	return (json_string(text));
}

static json_t *
ref_of(json_t *map, struct span client)
{
	char	*name = span_dup(client);
	json_t	*ref = name == NULL ? NULL : json_object_get(map, name);

	free(name);
	return (json_is_object(ref) ? ref : NULL);
}

static int
by_name(const void *a, const void *b)
{
	return (strcmp(*(const char * const *)a, *(const char * const *)b));
}

/* Go writes maps sorted by their keys. */
static void
put_sorted(struct buf *out, json_t *map)
{
	size_t		 n = 0, i, count = json_object_size(map);
	const char	**names = calloc(count + 1, sizeof(*names));
	const char	*name;
	json_t		*ref;

	if (names == NULL) {
		out->failed = true;
		return;
	}
	json_object_foreach(map, name, ref)
		names[n++] = name;
	qsort(names, n, sizeof(*names), by_name);
	buf_put_c(out, '{');
	for (i = 0; i < n; i++) {
		if (i != 0)
			buf_put_c(out, ',');
		json_put_string(out, span_str(names[i]));
		buf_put_c(out, ':');
		json_put(out, json_object_get(map, names[i]));
	}
	buf_put_c(out, '}');
	free(names);
}

int
offline_ref_id(struct buf *out, struct span refs, struct span client)
{
	json_t	*map = read_refs(refs), *id;
	int	 error = -1;

	id = json_object_get(ref_of(map, client), "ID");
	if (json_is_string(id) && json_string_length(id) != 0) {
		buf_put(out, json_string_value(id), json_string_length(id));
		error = buf_ok(out) ? 0 : -1;
	}
	json_decref(map);
	return (error);
}

int
offline_ref_put(struct buf *out, struct span refs, struct span client,
    struct span id, uint64_t now)
{
	json_t	*map = read_refs(refs), *ref = json_object();
	char	*name = span_dup(client);
	int	 error = -1;

	if (map != NULL && name != NULL &&
	    json_object_set_new(ref, "ID", string_of(id)) == 0 &&
	    json_object_set_new(ref, "ClientID", string_of(client)) == 0 &&
	    json_object_set_new(ref, "CreatedAt", time_of(now)) == 0 &&
	    json_object_set_new(ref, "LastUsed", time_of(now)) == 0 &&
	    json_object_set_new(ref, "SessionID", json_string("")) == 0 &&
	    json_object_set(map, name, ref) == 0) {
		put_sorted(out, map);
		error = buf_ok(out) ? 0 : -1;
	}
	json_decref(map);
	json_decref(ref);
	free(name);
	return (error);
}

int
offline_ref_used(struct buf *out, struct span refs, struct span client,
    uint64_t now)
{
	json_t	*map = read_refs(refs), *ref = ref_of(map, client);
	int	 error = -1;

	if (ref != NULL &&
	    json_object_set_new(ref, "LastUsed", time_of(now)) == 0) {
		put_sorted(out, map);
		error = buf_ok(out) ? 0 : -1;
	}
	json_decref(map);
	return (error);
}
