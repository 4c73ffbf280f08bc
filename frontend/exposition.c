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

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "exposition.h"

#define YEAR_9999	253402300799999999ULL	/* its end, unix microseconds */

static const char *
type_name(enum count_kind kind)
{
	switch (kind) {
	case COUNT_COUNTER:
	case COUNT_CLOCK:
		return ("counter");
	case COUNT_GAUGE:
	case COUNT_INSTANT:
		return ("gauge");
	default:
		return ("histogram");
	}
}

/* A label's value: backslash, quote and line feed are escaped. */
static void
put_escaped(struct buf *b, struct span s)
{
	size_t	 i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] == '\n')
			buf_put_str(b, "\\n");
		else if (s.p[i] == '\\' || s.p[i] == '"')
			buf_printf(b, "\\%c", s.p[i]);
		else
			buf_put_c(b, s.p[i]);
}

static void
put_label(struct buf *b, struct span name, struct span value)
{
	buf_put_span(b, name);
	buf_put_str(b, "=\"");
	put_escaped(b, value);
	buf_put_str(b, "\",");
}

/* Everything but the value; le NULL: no bucket. */
static void
put_name(struct buf *b, const struct exposition_source *from,
    const struct count_sample *s, const char *suffix, const char *le)
{
	const struct count_info	*info = &count_table[s->id];
	unsigned		 i, n = count_nlabels(info->labels);

	buf_put_str(b, info->name);
	buf_put_str(b, suffix);
	buf_put_c(b, '{');
	for (i = 0; i < n; i++)
		put_label(b, count_label(info->labels, i), s->labels[i]);
	put_label(b, span_str("room"), span_str(from->program));
	if (from->connector[0] != '\0')
		put_label(b, span_str("connector"),
		    span_str(from->connector));
	buf_printf(b, "process=\"%" PRIu32 "\"", from->instance);
	if (le != NULL)
		buf_printf(b, ",le=\"%s\"", le);
	buf_put_str(b, "} ");
}

void
exposition_put_seconds(struct buf *b, uint64_t us)
{
	char	 text[40];
	size_t	 n;

	snprintf(text, sizeof(text), "%" PRIu64 ".%06" PRIu64, us / 1000000,
	    us % 1000000);
	for (n = strlen(text); text[n - 1] == '0'; n--)
		;
	if (text[n - 1] == '.')
		n--;
	buf_put(b, text, n);
}

static void
put_value(struct buf *b, enum count_kind kind, uint64_t v)
{
	if (kind == COUNT_CLOCK || kind == COUNT_INSTANT ||
	    kind == COUNT_DURATIONS)
		exposition_put_seconds(b, v);
	else
		buf_printf(b, "%" PRIu64, v);
	buf_put_c(b, '\n');
}

static void
put_histogram(struct buf *b, const struct exposition_source *from,
    const struct count_sample *s)
{
	enum count_kind	 kind = count_table[s->id].kind;
	const uint64_t	*bounds;
	unsigned	 n, i;
	uint64_t	 below = 0;
	struct buf	 le;

	bounds = count_bounds(kind, &n);
	buf_init(&le, 64);
	for (i = 0; i < n; i++) {
		buf_reset(&le);
		if (kind == COUNT_DURATIONS)
			exposition_put_seconds(&le, bounds[i]);
		else
			buf_printf(&le, "%" PRIu64, bounds[i]);
		below += s->values[i];
		put_name(b, from, s, "_bucket", buf_cstr(&le));
		buf_printf(b, "%" PRIu64 "\n", below);
	}
	buf_clear(&le);
	below += s->values[n];
	put_name(b, from, s, "_bucket", "+Inf");
	buf_printf(b, "%" PRIu64 "\n", below);
	put_name(b, from, s, "_sum", NULL);
	put_value(b, kind, s->values[n + 1]);
	put_name(b, from, s, "_count", NULL);
	buf_printf(b, "%" PRIu64 "\n", below);
}

static void
put_sample(struct buf *b, const struct exposition_source *from,
    const struct count_sample *s)
{
	enum count_kind	 kind = count_table[s->id].kind;

	if (kind == COUNT_DURATIONS || kind == COUNT_SIZES)
		put_histogram(b, from, s);
	else {
		put_name(b, from, s, "", NULL);
		put_value(b, kind, s->values[0]);
	}
}

static void
put_family(struct buf *b, const struct exposition_source *from, size_t n,
    enum count_id id)
{
	const struct count_info	*info = &count_table[id];
	struct count_sample	 s;
	struct cur		 c;
	bool			 first = true;

	for (; n > 0; from++, n--) {
		cur_init(&c, from->counts);
		while (buf_ok(b) && count_decode(&c, from->room, &s) == 1) {
			if (s.id != id)
				continue;
			if (first)
				buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n",
				    info->name, info->help, info->name,
				    type_name(info->kind));
			first = false;
			put_sample(b, from, &s);
		}
	}
}

void
exposition_put(struct buf *b, const struct exposition_source *from, size_t n)
{
	unsigned	 id;

	for (id = 0; id < COUNT_MAX; id++)
		put_family(b, from, n, (enum count_id)id);
}

void
exposition_put_build(struct buf *b, const char *version,
    const char *platform)
{
	buf_put_str(b, "# HELP dex_build_info What is running.\n"
	    "# TYPE dex_build_info gauge\ndex_build_info{");
	put_label(b, span_str("version"), span_str(version));
	put_label(b, span_str("platform"), span_str(platform));
	buf_put_str(b, "} 1\n");
}

/*
 * RFC 3339, UTC.  A broken engine may say any number: a year has four digits,
 * and a duration below is what an int64_t holds, or nobody could read the rest.
 */
static void
put_time(struct buf *b, uint64_t us)
{
	time_t		 t;
	struct tm	 tm;
	char		 text[32];

	if (us > YEAR_9999)
		us = YEAR_9999;
	t = (time_t)(us / 1000000);
	memset(&tm, 0, sizeof(tm));
	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(b, "\"%s.%06" PRIu64 "Z\"", text, us % 1000000);
}

static bool
passes(const struct health_check *h)
{
	return (h->known && h->healthy);
}

void
exposition_put_health(struct buf *b, const struct health_check *h)
{
	const char	*why = h->known ? "the store did not take a write" :
			    "the engine does not answer";

	buf_put_str(b, "{\n\t\"storage\": {\n");
	if (!passes(h))
		buf_printf(b, "\t\t\"error\": {\n\t\t\t\"message\": \"%s\"\n"
		    "\t\t},\n", why);
	buf_put_str(b, "\t\t\"timestamp\": ");
	put_time(b, h->at);
	buf_put_str(b, ",\n");
	if (h->took != 0)
		buf_printf(b, "\t\t\"duration\": %" PRIu64 ",\n",
		    h->took > INT64_MAX / 1000 ? INT64_MAX : h->took * 1000);
	buf_printf(b, "\t\t\"contiguousFailures\": %" PRIu32 ",\n"
	    "\t\t\"timeOfFirstFailure\": ", h->failures);
	if (h->failing_since == 0)
		buf_put_str(b, "null");
	else
		put_time(b, h->failing_since);
	buf_put_str(b, "\n\t}\n}\n");
}

void
exposition_put_health_short(struct buf *b, const struct health_check *h)
{
	buf_printf(b, "{\n\t\"storage\": \"%s\"\n}\n", passes(h) ? "PASS" :
	    "FAIL");
}
