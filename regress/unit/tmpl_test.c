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

/* link: frontend/tmpl.c frontend/tmpl_context.c frontend/tmpl_escape.c frontend/tmpl_func.c frontend/tmpl_html.c frontend/tmpl_list.c frontend/tmpl_number.c frontend/tmpl_parse.c frontend/tmpl_pipe.c frontend/tmpl_place.c frontend/tmpl_run.c frontend/tmpl_text.c frontend/tmpl_value.c */

#include "tmpl_page.h"

/* The language: blocks, variables, functions, bounds. */

static void
control(void **state)
{
	(void)state;
	renders("{{ if .Yes }}a{{ else }}b{{ end }}", "a");
	renders("{{ if .No }}a{{ else if .Empty }}b{{ else if .Evil }}c{{ else }}"
	    "d{{ end }}", "c");
	renders("{{ if( .Yes  )}}a{{end}}", "a");
	renders("{{ range .List }}({{ . }}){{ end }}", "(one)(&lt;two&gt;)");
	renders("{{ range $x := .Rows }}<a href=\"{{ $x.URL }}\">{{ $x.Name }}"
	    "{{ .Name }}{{ end }}", "<a href=\"/x?y\">A&amp;BA&amp;B");
	renders("{{ range $i, $x := .List }}{{ $i }}={{ $x }},{{ end }}",
	    "0=one,1=&lt;two&gt;,");
	renders("{{ range $k, $v := index .Rows 0 }}{{ $k }}:{{ $v }} {{ end }}",
	    "Name:A&amp;B URL:/x?y ");
	renders("{{ range .None }}x{{ else }}none{{ end }}", "none");
	renders("{{ range .Missing }}x{{ end }}", "");
	renders("{{ range 3 }}{{ . }}{{ end }}", "012");
	renders("{{ range until 5 }}{{ if eq . 1 }}{{ continue }}{{ end }}"
	    "{{ if eq . 3 }}{{ break }}{{ end }}{{ . }}{{ end }}", "02");
	renders("{{ range $x := .List }}{{ $x }}{{ $.Yes }}{{ end }}",
	    "onetrue&lt;two&gt;true");
}

static void
with_and_templates(void **state)
{
	(void)state;
	renders("{{ with .Name }}[{{ . }}]{{ else }}none{{ end }}",
	    "[jane Doe]");
	renders("{{ with .Empty }}x{{ else }}{{ .Name }}{{ end }}", "jane Doe");
	renders("{{ with $n := .Name }}{{ $n }}{{ end }}", "jane Doe");
	renders("{{ with .Empty }}x{{ else with .Name }}{{ . }}{{ end }}",
	    "jane Doe");
	renders("{{ template \"inner.html\" . }}",
	    "[&lt;b&gt;&#34;&#39;&amp;&#43;]");
	renders("{{ template \"inner.html\" }}", "[]");
}

static void
definitions(void **state)
{
	(void)state;
	renders("{{ define \"a\" }}({{ .x }}){{ end -}}\n {{ template \"a\" "
	    "(dict \"x\" .Name) }}", "(jane Doe)");
	renders("{{ block \"a\" .Name }}({{ . }}){{ end }}", "(jane Doe)");
	renders("{{ block \"b\" . }}old{{ end }}{{ define \"b\" }}new{{ end }}",
	    "new");
	renders("{{ define \"b\" }}new{{ end }}{{ define \"b\" }} {{ end }}"
	    "{{ template \"b\" }}", "new");
	renders("{{ template \"a\" . }}{{ define \"a\" }}{{ $x := 1 }}{{ $x }}"
	    "{{ $.Name }}{{ end }}", "1jane Doe");
	refuses("{{ define \"a\" }}x", "no end");
	refuses("{{ if .Yes }}{{ define \"a\" }}x{{ end }}{{ end }}",
	    "outside of blocks");
	refuses("{{ template \"t.html\" . }}", "includes itself");
	refuses("{{ define \"a\" }}{{ template \"b\" }}{{ end }}{{ define \"b\" }}"
	    "{{ template \"a\" }}{{ end }}{{ template \"a\" }}", "itself");
	refuses("{{ template \"missing.html\" . }}",
	    "t.html:1: there is no template missing.html");
	refuses("{{ $x := 1 }}{{ define \"a\" }}{{ $x }}{{ end }}",
	    "undefined variable");
}

/* text/template: a - beside a delimiter and a space takes the space away. */
static void
trimming(void **state)
{
	(void)state;
	renders("a {{- /* gone */ -}} b", "ab");
	renders("a {{/* }} \"gone */}} b", "a  b");
	renders("a \n {{- .Yes -}} \n b", "atrueb");
	renders("a {{ -3 }} b", "a -3 b");
	renders("a {{- -3 -}} b", "a-3b");
	renders("{{ \"}}\" }}{{ `{{` }}", "}}{{");
	renders("{{ \"a\\n\\\"\\\\\" }}", "a\n&#34;\\");
	renders("{{\n.Yes\n}}", "true");
	refuses("{{ \"a\n\" }}", "does not end");
	refuses("{{ }}", "empty");
	refuses("{{/* a", "does not end");
	refuses("\n{{- .Yes }}\n\n{{- bogus }}", "t.html:4: there is no "
	    "function bogus");
	refuses("{{/*\n\n*/}}{{ if\n.Yes }}{{ end }}\n{{ bogus }}",
	    "t.html:5: ");
	refuses("a {{- if .Yes -}}\n\n\nb{{ bogus }}", "t.html:4: ");
}

static void
variables(void **state)
{
	(void)state;
	renders("{{ $x := 1 }}{{ $x }}{{ $x = 2 }}{{ $x }}", "12");
	renders("{{ $x := 1 }}{{ if .Yes }}{{ $x = 2 }}{{ end }}{{ $x }}", "2");
	renders("{{ $x := 1 }}{{ if .Yes }}{{ $x := 2 }}{{ end }}{{ $x }}",
	    "1");
	renders("{{ $n := 0 }}{{ range .List }}{{ $n = add $n 1 }}{{ end }}"
	    "{{ $n }}", "2");
	renders("{{ if $x := .Name }}{{ $x }}{{ end }}", "jane Doe");
	renders("{{ $x := .Rows }}{{ (index $x 0).Name }}", "A&amp;B");
	refuses("{{ if .Yes }}{{ $x := 1 }}{{ end }}{{ $x }}",
	    "undefined variable");
	refuses("{{ range $i, $x := .List }}{{ end }}{{ $x }}", "undefined");
	refuses("{{ $x = 1 }}", "undefined variable");
	refuses("{{ $x }}", "undefined variable");
	refuses("{{ $ := 1 }}", "cannot be set");
}

static void
functions(void **state)
{
	(void)state;
	renders("{{ eq .Link \"/x\" }}{{ ne 1 2 }}{{ not .No }}", "falsetruetrue");
	renders("{{ eq 3 1 2 3 }}", "true");
	renders("{{ lt 1 2 }}{{ le 2 2 }}{{ gt 1 2 }}{{ ge \"b\" \"a\" }}",
	    "truetruefalsetrue");
	renders("{{ if and .Yes (not .Empty) }}y{{ end }}", "y");
	renders("{{ if or .No .Evil }}y{{ end }}", "y");
	renders("{{ len .List }}{{ len \"four\" }}{{ len .Missing }}", "240");
	renders("{{ if eq (len .Rows) 1 }}one{{ end }}", "one");
	renders("{{ extra \"nothing\" }}{{ theme }}", "light");
	renders("{{ index .List 0 }}{{ index (dict \"a\" 1) \"a\" }}", "one1");
	renders("{{ slice \"abcd\" 1 3 }}{{ len (slice .List 1) }}", "bc1");
	renders("{{ printf \"%s|%5d|%-4s|%03d|%q|%v|%t|%%|%x\" .Name 42 \"ab\" "
	    "7 \"q\" .List .Yes 255 }}",
	    "jane Doe|   42|ab  |007|&#34;q&#34;|[one &lt;two&gt;]|true|%|ff");
	renders("{{ print 1 \"a\" true }}", "1atrue");
	refuses("{{ lower }}", "arguments");
	refuses("{{ eq 1 }}", "arguments");
	refuses("{{ env \"HOME\" }}", "no function env");
	refuses("{{ js .Name }}", "no function js");
	refuses("{{ html .Name | upper }}", "come last");
	refuses("{{ if html .Name }}{{ end }}", "come last");
	refuses("{{ upper (urlquery .Name) }}", "come last");
	refuses("{{ $x := html .Name }}", "come last");
}

static void
sprig_texts(void **state)
{
	(void)state;
	renders("{{ \"ABC\" | lower }}{{ upper \"abc\" }}{{ title .Name }}",
	    "abcABCJane Doe");
	renders("[{{ trim \" a \" }}{{ trimAll \"$\" \"$5$\" }}"
	    "{{ trimPrefix \"a\" \"ab\" }}{{ trimSuffix \"b\" \"ab\" }}]",
	    "[a5ba]");
	renders("{{ replace \"a\" \"-\" \"banana\" }}{{ nospace \"a b\" }}",
	    "b-n-n-ab");
	renders("{{ contains \"an\" .Name }}{{ hasPrefix \"ja\" .Name }}"
	    "{{ hasSuffix \"x\" .Name }}", "truetruefalse");
	renders("{{ trunc (mul 1073741824 1073741824 8) .Name }}"
	    "{{ hasPrefix \"j\" (trunc (mul 1073741824 1073741824 8) "
	    ".Name) }}", "jane Doetrue");	/* INT64_MIN */
	renders("{{ substr 0 4 .Name }}{{ trunc 2 .Name }}{{ trunc -3 .Name }}"
	    "{{ abbrev 5 .Name }}", "janejaDoeja...");
	renders("{{ repeat 3 \"ab\" }}{{ cat \"a\" 1 \"b\" }}", "abababa 1 b");
	renders("{{ quote \"a\" 1 }}{{ squote \"a\" }}",
	    "&#34;a&#34; &#34;1&#34;&#39;a&#39;");
	renders("{{ join \", \" .List }}", "one, &lt;two&gt;");
	renders("{{ range splitList \",\" \"a,b,\" }}<i>{{ . }}</i>{{ end }}",
	    "<i>a</i><i>b</i><i></i>");
	renders("{{ (split \"/\" \"a/b\")._1 }}", "b");
	renders("{{ plural \"one\" \"many\" (len .List) }}{{ b64enc \"a\" }}",
	    "manyYQ==");
	renders("{{ toString 7 | printf \"%s\" }}", "7");
}

static void
sprig_lists(void **state)
{
	(void)state;
	renders("{{ .Empty | default \"d\" }}{{ .Name | default \"d\" }}"
	    "{{ .Missing | default \"m\" }}", "djane Doem");
	renders("{{ empty .Empty }}{{ coalesce .Empty .Missing 3 }}"
	    "{{ ternary \"y\" \"n\" .Yes }}{{ .No | ternary \"y\" \"n\" }}",
	    "true3yn");
	renders("{{ all 1 \"\" }}{{ any 1 \"\" }}", "falsetrue");
	renders("{{ $l := list 1 2 2 \"a\" }}{{ first $l }}{{ last $l }}"
	    "{{ rest $l }}{{ initial $l }}{{ uniq $l }}{{ reverse $l }}",
	    "1a[2 2 a][1 2 2][1 2 a][a 2 2 1]");
	renders("{{ has \"one\" .List }}{{ has 4 (list 1 2) }}"
	    "{{ without (list 1 2 3) 2 }}{{ compact (list 1 \"\" 2) }}",
	    "truefalse[1 3][1 2]");
	renders("{{ append (list 1) 2 }}{{ prepend (list 1) 0 }}"
	    "{{ concat (list 1) (list 2 3) }}{{ sortAlpha (list \"b\" \"a\") }}",
	    "[1 2][0 1][1 2 3][a b]");
	renders("{{ $d := dict \"a\" 1 \"b\" 2 \"a\" 3 }}{{ $d.a }}{{ get $d \"b\" }}"
	    "{{ hasKey $d \"c\" }}{{ keys $d }}{{ values $d }}",
	    "32false[a b][3 2]");
	renders("{{ first .None }}{{ uniq .Rows }}{{ has .List (list .List) }}",
	    "[map[Name:A&amp;B URL:/x?y]]true");
	renders("{{ uniq (list (list 1) (list 1) (dict \"a\" 1)) }}",
	    "[[1] map[a:1]]");
}

static void
sprig_numbers(void **state)
{
	(void)state;
	renders("{{ add 1 2 3 }} {{ sub 1 2 }} {{ mul 2 3 }} {{ div 7 2 }} "
	    "{{ mod 7 2 }} {{ add1 1 }} {{ max 1 5 3 }} {{ min 4 2 }}",
	    "6 -1 6 3 1 2 5 2");
	renders("{{ int \"12\" }}{{ int \"x\" }}{{ atoi \"-3\" }}", "120-3");
	renders("{{ now.Year }} {{ now | date \"2006-01-02 15:04:05 Jan _2 "
	    "Monday 06 2 1\" }}",
	    "2026 2026-12-01 00:00:00 Dec  1 Tuesday 26 1 12");
	fails("{{ div 1 0 }}", "t.html:1: a division");
	fails("{{ mod 1 0 }}", "a division");
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

static void
refused(void **state)
{
	(void)state;
	refuses("{{ if .Yes }}", "no end");
	refuses("{{ if .Yes }}a{{ else }}b", "no end");
	refuses("{{ if .Yes }}a{{ else }}b{{ else }}c{{ end }}", "no end");
	refuses("{{ range .List }}{{ else if .Yes }}{{ end }}", "followed");
	refuses("{{ end }}", "no block");
	refuses("{{ else }}", "no block");
	refuses("{{ break }}", "in a range");
	refuses("{{ bogus }}", "there is no function bogus");
	refuses("{{ .A | .B }}", "no function");
	refuses("{{ .A .B }}", "only functions");
	refuses("{{ (len .A) .B }}", "only functions");
	refuses("{{ \"a }}", "does not end");
	refuses("{{ .A", "does not end");
	refuses("{{ 1.5 }}", "whole numbers");
	refuses("{{ 0x10 }}", "whole numbers");
	refuses("{{ .A. }}", "no name");
	refuses("{{ \"a\".B }}", "does not belong");
	refuses("{{ (.A }}", "does not close");
	refuses("{{ .A ) }}", "more was found");
	refuses("{{ .A, .B }}", "does not belong");
	refuses("{{ template . }}", "quoted name");
	refuses("\xff", "not UTF-8");
}

/* Bounds: nesting while compiling; steps, memory and output while running. */
static void
bounds(void **state)
{
	char	 text[8192] = "";
	size_t	 i;

	(void)state;
	for (i = 0; i < 100; i++)
		memcpy(text + i * 13, "{{ if .Yes }}", 14);
	refuses(text, "nested too deeply");
	memset(text, 0, sizeof(text));
	memset(text, '(', 100);
	memcpy(text, "{{ ", 3);
	memcpy(text + 100, "1 }}", 5);
	refuses(text, "too many parentheses");
	fails("{{ range 4000 }}{{ range 4000 }}{{ if $.No }}x{{ end }}"
	    "{{ end }}{{ end }}",
	    "too many steps");
	fails("{{ range 100000000000 }}{{ end }}", "too many steps");
	fails("{{ range until 100 }}{{ repeat 1000 \"abcdefgh\" }}{{ end }}",
	    "too large");
	fails("{{ repeat 100000 \"abc\" }}", "too long");
	fails("{{ until 100000 }}", "too long");
	fails("{{ $x := list }}{{ range until 50 }}{{ $x = list $x }}{{ end }}"
	    "{{ $x }}", "nested too deeply");
	fails("{{ $x := list }}{{ range until 14 }}{{ $x = list $x $x $x $x }}"
	    "{{ end }}{{ $y := list $x }}{{ has $x $y }}{{ $x }}", "too");
	fails("{{ range $i := until 4000 }}{{ $x := list $i $i $i $i $i $i $i "
	    "$i }}{{ $x = concat $x $x $x $x $x $x $x $x }}{{ end }}", "too");
	fails("{{ index .List 2 }}", "t.html:1: an index");
	fails("\n{{ slice .Name 3 1 }}", "t.html:2: a slice");
	fails("{{ lt 1 \"a\" }}", "no order");
	fails("{{ len 3 }}", "no length");
	fails("{{ uniq \"a\" }}", "a list is wanted");
	fails("{{ get .Name \"a\" }}", "a dict is wanted");
	fails("{{ printf \"%s\" }}", "lacks a value");
	fails("{{ printf \"%d\" \"a\" }}", "wants a number");
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
	list_buf_add(&l, span_str("Bad"));
	list_buf_add(&l, span_mem("r\0\0\0\x05\0\0\0\x09x", 10));
	list_buf_add(&l, span_str("Odd"));
	list_buf_add(&l, span_str("z?"));
	list_buf_add(&l, span_str("Nil"));
	list_buf_add(&l, span_str(""));
	env.data = msg_list_of(&l);
	renders("{{ range .Rows }}x{{ end }}{{ range .List }}y{{ end }}"
	    "{{ range .Bad }}{{ .Name }}z{{ end }}{{ .Odd }}{{ .Nil }}.", "z.");
	list_buf_clear(&l);
}

/* Only what a page needs is compiled; what it needs is named when it is bad. */
static void
sources(void **state)
{
	struct tmpl_source		 list[] = {
		{ "nav.html", span_str("\n{{ bogus }}") },
		{ "page.html", span_str("{{ template \"x\" }}") },
		{ "parts.html", span_str("{{ define \"x\" }}y{{ end }}") },
		{ "unused.html", span_str("<script>{{ .A }}</script>") },
	};
	static const char * const	 pages[] = { "page.html" };
	struct tmpl_set			*set;
	char				 err[256];

	(void)state;
	set = tmpl_compile(list, NITEMS(list), pages, 1, err, sizeof(err));
	if (set == NULL)
		fail_msg("%s", err);
	tmpl_free(set);
	list[1].text = span_str("{{ template \"nav.html\" }}");
	assert_null(tmpl_compile(list, 4, pages, 1, err, sizeof(err)));
	assert_string_equal(err,
	    "nav.html:2: there is no function bogus");
	assert_null(tmpl_compile(list, 1, pages, 1, err, sizeof(err)));
	assert_string_equal(err, "page.html: missing");
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	 tests[] = {
		T(control), T(with_and_templates), T(definitions), T(trimming),
		T(variables), T(functions), T(sprig_texts), T(sprig_lists),
		T(sprig_numbers), T(asset_urls), T(refused), T(bounds),
		T(hostile_data), T(sources),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
