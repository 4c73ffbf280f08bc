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

/* link: frontend/tmpl.c frontend/tmpl_func.c frontend/tmpl_html.c frontend/tmpl_parse.c frontend/tmpl_pipe.c */

#include <stdlib.h>
#include <string.h>

#include "frontend/tmpl.h"
#include "test.h"

static struct page_data	 data;
static struct tmpl_env	 env;

static int
setup(void **state)
{
	struct list_buf	 items;
	struct buf	 row;

	(void)state;
	page_data_init(&data);
	page_data_str(&data, "Evil", span_str("<b>\"'&+"));
	page_data_str(&data, "Script", span_str("javascript:alert(1)"));
	page_data_str(&data, "Link", span_str("/auth?a=b&c=d e"));
	page_data_str(&data, "Empty", span_str(""));
	page_data_bool(&data, "Yes", true);
	page_data_bool(&data, "No", false);
	list_buf_init(&items, 256);
	list_buf_add(&items, span_str("one"));
	list_buf_add(&items, span_str("<two>"));
	page_data_list(&data, "List", msg_list_of(&items));
	list_buf_clear(&items);
	list_buf_init(&items, 256);
	page_data_list(&data, "None", msg_list_of(&items));
	buf_init(&row, 256);
	page_row_put(&row, "Name", span_str("A&B"));
	page_row_put(&row, "URL", span_str("/x?y"));
	list_buf_add(&items, buf_span(&row));
	page_data_rows(&data, "Rows", msg_list_of(&items));
	list_buf_clear(&items);
	buf_clear(&row);
	env.data = msg_list_of(&data.list);
	env.req_path = span_str("/dex/auth/mock/login");
	env.issuer = span_str("My <dex>");
	env.issuer_path = span_str("/dex");
	env.logo = span_str("theme/logo.svg");
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	page_data_clear(&data);
	return (0);
}

static void
renders(const char *text, const char *want)
{
	struct tmpl_source	 sources[] = {
		{ "t.html", span_str(text) },
		{ "inner.html", span_str("[{{ .Evil }}]") },
	};
	struct tmpl_set		*set;
	struct buf		 out;
	char			 err[256];

	buf_init(&out, 65536);
	if ((set = tmpl_compile(sources, 2, err, sizeof(err))) == NULL)
		fail_msg("%s", err);
	assert_int_equal(tmpl_render(set, "t.html", &env, &out), 0);
	assert_buf(&out, want);
	buf_clear(&out);
	tmpl_free(set);
}

static void
refuses(const char *text, const char *want)
{
	struct tmpl_source	 source = { "t.html", span_str(text) };
	struct tmpl_set		*set;
	char			 err[256];

	set = tmpl_compile(&source, 1, err, sizeof(err));
	if (set != NULL)
		fail_msg("compiled: %s", text);
	if (strstr(err, want) == NULL)
		fail_msg("%s: %s", text, err);
}

/* html/template's bytes for text and quoted attributes. */
static void
escaping(void **state)
{
	(void)state;
	renders("<p>{{ .Evil }}</p>", "<p>&lt;b&gt;&#34;&#39;&amp;&#43;</p>");
	renders("<p class=\"{{ .Evil }}\">",
	    "<p class=\"&lt;b&gt;&#34;&#39;&amp;&#43;\">");
	renders("<p title='{{ .Evil }}'>",
	    "<p title='&lt;b&gt;&#34;&#39;&amp;&#43;'>");
	renders("<title>{{ issuer }}</title>", "<title>My &lt;dex&gt;</title>");
}

/* Threat: a link that runs code; html/template replaces it. */
static void
urls(void **state)
{
	(void)state;
	renders("<a href=\"{{ .Script }}\">", "<a href=\"#ZgotmplZ\">");
	renders("<a href=\"{{ .Link }}\">",
	    "<a href=\"/auth?a=b&amp;c=d%20e\">");
	renders("<a href=\"/x?y={{ .Link }}\">",
	    "<a href=\"/x?y=%2fauth%3fa%3db%26c%3dd%20e\">");
	renders("<form action='/p/{{ .Script }}'>",
	    "<form action='/p/javascript:alert%281%29'>");
}

static void
control(void **state)
{
	(void)state;
	renders("{{ if .Yes }}a{{ else }}b{{ end }}", "a");
	renders("{{ if .No }}a{{ else if .Empty }}b{{ else if .Evil }}c{{ else }}"
	    "d{{ end }}", "c");
	renders("{{ range .List }}({{ . }}){{ end }}", "(one)(&lt;two&gt;)");
	renders("{{ range $x := .Rows }}<a href=\"{{ $x.URL }}\">{{ $x.Name }}"
	    "{{ .Name }}{{ end }}", "<a href=\"/x?y\">A&amp;BA&amp;B");
	renders("{{ range .None }}x{{ else }}none{{ end }}", "none");
	renders("{{ range .Missing }}x{{ end }}", "");
	renders("a {{- /* gone */ -}} b", "ab");
	renders("{{ template \"inner.html\" . }}",
	    "[&lt;b&gt;&#34;&#39;&amp;&#43;]");
	renders("<input {{ if .Yes }}checked{{ end }}>", "<input checked>");
	renders("<input {{ if .No }}checked{{ end }} value=\"{{ .Link }}\">",
	    "<input  value=\"/auth?a=b&amp;c=d e\">");
	renders("{{ range $x := .List }}{{ $x }}{{ $.Yes }}{{ end }}",
	    "onetrue&lt;two&gt;true");
}

static void
functions(void **state)
{
	(void)state;
	renders("{{ \"ABC\" | lower }}", "abc");
	renders("{{ eq .Link \"/x\" }}{{ ne 1 2 }}{{ not .No }}", "falsetruetrue");
	renders("{{ if and .Yes (not .Empty) }}y{{ end }}", "y");
	renders("{{ if or .No .Evil }}y{{ end }}", "y");
	renders("{{ len .List }}{{ len \"four\" }}", "24");
	renders("{{ if eq (len .Rows) 1 }}one{{ end }}", "one");
	renders("{{ extra \"nothing\" }}", "");
}

/* dex: relative URLs from the page to an asset; its own vectors. */
static void
asset_urls(void **state)
{
	static const struct {
		const char	*issuer, *req, *asset, *want;
	} cases[] = {
		{ "", "/auth", "/theme/main.css", "theme/main.css" },
		{ "/dex", "/dex/auth/connector", "assets/css/main.css",
		    "../assets/css/main.css" },
		{ "/dex", "/dex", "static/main.css", "dex/static/main.css" },
		{ "/dex/idp", "/dex/idp", "theme/styles.css",
		    "dex/idp/theme/styles.css" },
		{ "/dex", "/dex/auth/a/login", "https://cdn/x.png",
		    "https://cdn/x.png" },
	};
	char	 text[128];
	size_t	 i;

	(void)state;
	for (i = 0; i < NITEMS(cases); i++) {
		env.issuer_path = span_str(cases[i].issuer);
		env.req_path = span_str(cases[i].req);
		snprintf(text, sizeof(text), "{{ url .ReqPath \"%s\" }}",
		    cases[i].asset);
		renders(text, cases[i].want);
	}
}

/* An action where no escaping is right does not compile; errors have lines. */
static void
refused(void **state)
{
	(void)state;
	refuses("<script>{{ .Evil }}</script>", "t.html:1: no value");
	refuses("\n\n<style>a { color: {{ .Evil }} }</style>", "t.html:3: ");
	refuses("<p onclick=\"{{ .Evil }}\">", "no value");
	refuses("<p style=\"{{ .Evil }}\">", "no value");
	refuses("<p {{ .Evil }}>", "no value");
	refuses("<p class={{ .Evil }}>", "no value");
	refuses("<{{ .Evil }}>", "t.html:1: ");
	refuses("<!-- {{ .Evil }} -->", "no value");
	refuses("{{ if .Yes }}<p {{ end }}>", "different places");
	refuses("{{ if .Yes }}", "no end");
	refuses("{{ end }}", "no block");
	refuses("{{ bogus }}", "no such function");
	refuses("{{ .A.B }}", "not supported");
	refuses("{{ lower }}", "arguments");
	refuses("{{ .A | .B }}", "no function");
	refuses("{{ \"a }}", "does not end");
	refuses("{{ .A", "does not end");
	refuses("{{ template \"missing.html\" . }}", "does not exist");
	refuses("{{ with .A }}{{ end }}", "not supported");
	refuses("<p class=\"", "inside a tag");
}

/* A page's data is the engine's, so hostile: nothing but nothing comes out. */
static void
hostile_data(void **state)
{
	struct list_buf	 l;

	(void)state;
	list_buf_init(&l, 1024);
	list_buf_add(&l, span_str("Rows"));
	list_buf_add(&l, span_mem("r\xff\xff\xff\xff", 5));
	list_buf_add(&l, span_str("List"));
	list_buf_add(&l, span_mem("l\0\0\0\x09" "ab", 7));
	list_buf_add(&l, span_str("Odd"));
	list_buf_add(&l, span_str("z?"));
	list_buf_add(&l, span_str("Nil"));
	list_buf_add(&l, span_str(""));
	env.data = msg_list_of(&l);
	renders("{{ range .Rows }}x{{ end }}{{ range .List }}y{{ end }}"
	    "{{ .Odd }}{{ .Nil }}.", ".");
	list_buf_clear(&l);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	 tests[] = {
		T(escaping), T(urls), T(control), T(functions), T(asset_urls),
		T(refused), T(hostile_data),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
