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

/* libs: libseccomp */

#include "regress/unit/test.h"
#include "sandbox_calls.h"
#include "sandbox_profiles.h"

/*
 * The table of lib/sandbox_calls.c against what rooms were seen to call while
 * the flow tests ran (calls.txt, written by `make trace-sandbox`): nothing is
 * missing, and nothing is allowed that nobody needs, but for what
 * exceptions.txt gives a reason for.
 */

#define CALLS		"regress/sandbox/calls.txt"
#define EXCEPTIONS	"regress/sandbox/exceptions.txt"
#define ROWS		256
#define PROGRAMS	32

static bool	 used[ROWS][PROGRAMS];
static bool	 excepted[ROWS];

static FILE *
must_open(const char *path)
{
	FILE	*f = fopen(path, "r");

	if (f == NULL)
		fail_msg("no %s: tests run at the top of the tree", path);
	return (f);
}

static size_t
program_index(const char *program)
{
	const struct sandbox_profile	*p = sandbox_profile_find(program);

	if (p == NULL)
		fail_msg("%s was traced and has no profile", program);
	return ((size_t)(p - sandbox_profiles));
}

/* The row answers this program's call as it was made: "fcntl:F_GETFL". */
static bool
answers(const struct sandbox_call *row, unsigned promises, const char *call)
{
	size_t	 len = strlen(row->name);

	if (strncmp(row->name, call, len) != 0)
		return (false);
	if (row->with == NULL ? call[len] != '\0' && call[len] != ':' :
	    call[len] != ':' || strcmp(call + len + 1, row->with) != 0)
		return (false);
	switch (row->answer) {
	case CALL_ALLOW:
		return ((promises & row->promises) != 0);
	case CALL_NO_FILES:
		return ((promises & P_FILES) == 0);
	case CALL_KILL:
		break;
	}
	return (false);
}

static void
take_call(const char *program, const char *call)
{
	size_t	 i, p = program_index(program);
	bool	 found = false;

	for (i = 0; i < sandbox_ncalls; i++)
		if (answers(&sandbox_calls[i], sandbox_profiles[p].promises,
		    call)) {
			used[i][p] = true;
			found = true;
		}
	if (!found)
		fail_msg("%s calls %s and may not", program, call);
}

static bool
used_at_all(size_t row)
{
	size_t	 p;

	for (p = 0; p < sandbox_nprofiles; p++)
		if (used[row][p])
			return (true);
	return (false);
}

/* A trapped call is written with "!", and so in no row. */
static void
nothing_is_missing(void **state)
{
	char			 program[32], call[64];
	unsigned long long	 count;
	FILE			*f = must_open(CALLS);
	size_t			 i, p, n;
	int			 got;

	(void)state;
	assert_true(sandbox_ncalls <= ROWS && sandbox_nprofiles <= PROGRAMS);
	while ((got = fscanf(f, "%31s %63s %llu", program, call, &count)) == 3)
		take_call(program, call);
	assert_int_equal(got, EOF);
	fclose(f);
	for (p = 0; p < sandbox_nprofiles; p++) {
		for (i = n = 0; i < sandbox_ncalls; i++)
			n += used[i][p];
		if (n == 0)
			fail_msg("%s was not traced",
			    sandbox_profiles[p].program);
	}
}

static void
take_exception(const char *line)
{
	char	 call[64];
	int	 n = 0;
	size_t	 i, found = 0;

	assert_int_equal(sscanf(line, "%63s %n", call, &n), 1);
	if (strlen(line + n) < 10)
		fail_msg("%s: no reason", call);
	for (i = 0; i < sandbox_ncalls; i++) {
		if (sandbox_calls[i].answer != CALL_ALLOW ||
		    strcmp(sandbox_calls[i].name, call) != 0)
			continue;
		if (used_at_all(i))
			fail_msg("%s is called: it is no exception", call);
		excepted[i] = true;
		found++;
	}
	if (found == 0)
		fail_msg("%s: an exception from no row", call);
}

static void
nothing_is_needless(void **state)
{
	char	 line[256];
	FILE	*f = must_open(EXCEPTIONS);
	size_t	 i;

	(void)state;
	while (fgets(line, sizeof(line), f) != NULL)
		if (*line != '#')
			take_exception(line);
	fclose(f);
	for (i = 0; i < sandbox_ncalls; i++)
		if (sandbox_calls[i].answer != CALL_KILL && !excepted[i] &&
		    !used_at_all(i))
			fail_msg("nobody calls %s%s%s", sandbox_calls[i].name,
			    sandbox_calls[i].with == NULL ? "" : ":",
			    sandbox_calls[i].with == NULL ? "" :
			    sandbox_calls[i].with);
}

/* Each program uses something of each promise that opens anything. */
static void
no_promise_is_needless(void **state)
{
	unsigned	 bit;
	size_t		 i, p;
	bool		 opens, uses;

	(void)state;
	for (p = 0; p < sandbox_nprofiles; p++)
		for (bit = 1; bit <= P_FLOCK; bit <<= 1) {
			if ((sandbox_profiles[p].promises & bit) == 0)
				continue;
			opens = uses = false;
			for (i = 0; i < sandbox_ncalls; i++)
				if (sandbox_calls[i].answer == CALL_ALLOW &&
				    (sandbox_calls[i].promises & bit) != 0) {
					opens = true;
					uses = uses || used[i][p];
				}
			if (opens && !uses)
				fail_msg("%s does not use promise 0x%x",
				    sandbox_profiles[p].program, bit);
		}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(nothing_is_missing),
		cmocka_unit_test(nothing_is_needless),
		cmocka_unit_test(no_promise_is_needless),
	};

#ifndef __x86_64__
	puts("calls.txt is of x86_64");
	return (0);
#endif
	return (RUN(tests));
}
