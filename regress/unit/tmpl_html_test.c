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

/* Where values may stand, and how they are escaped there. */

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
	renders("<textarea>{{ .Evil }}</textarea>",
	    "<textarea>&lt;b&gt;&#34;&#39;&amp;&#43;</textarea>");
	renders("<p>{{ .Evil | html }}</p>",
	    "<p>&lt;b&gt;&#34;&#39;&amp;&#43;</p>");
	renders("<p>{{ .List }}{{ .Rows }}</p>",
	    "<p>[one &lt;two&gt;][map[Name:A&amp;B URL:/x?y]]</p>");
	renders("{{ extra \"tag\" }}", "&lt;i&gt;");
	renders("<!-- a -->{{ .Evil }}<!DOCTYPE html>{{ .Yes }}",
	    "<!-- a -->&lt;b&gt;&#34;&#39;&amp;&#43;<!DOCTYPE html>true");
}

/* Threat: a link that runs code; html/template replaces it. */
static void
urls(void **state)
{
	(void)state;
	renders("<a href=\"{{ .Script }}\">", "<a href=\"#ZgotmplZ\">");
	renders("<a href=\"  {{ .Script }}\">", "<a href=\"  #ZgotmplZ\">");
	renders("<a xlink:href=\"{{ .Script }}\">",
	    "<a xlink:href=\"#ZgotmplZ\">");
	renders("<a data-url='{{ .Script }}'>", "<a data-url='#ZgotmplZ'>");
	renders("<a href=\"{{ .Link }}\">",
	    "<a href=\"/auth?a=b&amp;c=d%20e\">");
	renders("<a href=\"/x?y={{ .Link }}\">",
	    "<a href=\"/x?y=%2fauth%3fa%3db%26c%3dd%20e\">");
	renders("<a href=\"{{ .Link }}&amp;z={{ .Evil }}\">",
	    "<a href=\"/auth?a=b&amp;c=d%20e&amp;z=%3cb%3e%22%27%26%2b\">");
	renders("<form action='/p/{{ .Script }}'>",
	    "<form action='/p/javascript:alert%281%29'>");
	renders("<a href=\"https://{{ .Name }}/\">",
	    "<a href=\"https://jane%20Doe/\">");
	renders("<a href=\"mailto:{{ .Name }}\">", "<a href=\"mailto:jane%20Doe\">");
	renders("<a href=\"{{ .Link }}/{{ .Name }}\">",
	    "<a href=\"/auth?a=b&amp;c=d%20e/jane%20Doe\">");
	renders("<a href=\"/x?q={{ .Evil | urlquery }}\">",
	    "<a href=\"/x?q=%3cb%3e%22%27%26%2b\">");
	renders("{{ .Evil | urlquery }}", "%3Cb%3E%22%27%26%2B");
}

/* A value neither becomes a URL's scheme nor follows one that runs code. */
static void
schemes(void **state)
{
	(void)state;
	refuses("<a href=\"{{ .Name }}:y\">", "scheme");
	refuses("<a href=\"{{ .Name }}&colon;y\">", "scheme");
	refuses("<a href=\"{{ .Name }}&#58;y\">", "scheme");
	refuses("<a href=\"{{ .Name }}\n:y\">", "scheme");
	refuses("<a href=\"{{ .Name }}{{ .Link }}\">", "scheme");
	refuses("<a href=\"java{{ .Name }}\">", "scheme");
	refuses("<a href=\"javascript:{{ .Name }}\">", "scheme");
	refuses("<a href=\"javascript:go({{ .Name }})\">", "scheme");
	refuses("<a href=\" JavaScript:go('/{{ .Name }}')\">", "scheme");
	refuses("<a href=\"java\nscript:{{ .Name }}\">", "scheme");
	refuses("<a href=\"java&#115;cript:{{ .Name }}\">", "scheme");
	refuses("<a href=\"&#106;avascript:{{ .Name }}\">", "scheme");
	refuses("<a href=\"data:text/html,{{ .Name }}\">", "scheme");
	refuses("<a href=\"vbscript:x/{{ .Name }}\">", "scheme");
	refuses("<a href=\"httpsx:{{ .Name }}\">", "scheme");
	refuses("<a href=\"{{ if .Yes }}javascript{{ else }}x{{ end }}"
	    ":{{ .Name }}\">", "scheme");
	refuses("<a href=\"{{ if .Yes }}{{ .Name }}{{ else }}/x{{ end }}:y\">",
	    "scheme");
	refuses("<a href=\"{{ range .List }}{{ . }}{{ end }}\">", "scheme");
	refuses("{{ define \"a\" }}{{ . }}{{ end }}<a href=\"{{ template \"a\" "
	    ".Name }}{{ .Name }}\">", "scheme");
}

/* An action where no escaping is right does not compile; errors have lines. */
static void
places(void **state)
{
	(void)state;
	refuses("<script>{{ .Evil }}</script>", "t.html:1: no action");
	refuses("\n\n<style>a { color: {{ .Evil }} }</style>", "t.html:3: ");
	refuses("<SCRIPT >{{ if .Yes }}x{{ end }}</SCRIPT>", "no action");
	refuses("<script/>{{ .Evil }}", "no action");
	refuses("<svg><style>{{ .Evil }}</style></svg>", "no action");
	refuses("<iframe>{{ .Evil }}</iframe>", "no action");
	refuses("<p onclick=\"{{ .Evil }}\">", "attribute that is code");
	refuses("<p STYLE=\"{{ .Evil }}\">", "attribute that is code");
	refuses("<p style=\"{{ if .Yes }}a{{ end }}\">", "that is code");
	refuses("<img srcset=\"{{ .Evil }}\">", "attribute that is code");
	refuses("<iframe srcdoc=\"{{ .Evil }}\">", "attribute that is code");
	refuses("<p data-onclick=\"{{ .Evil }}\">", "that is code");
	refuses("<animate attributeName=\"href\" to=\"{{ .Evil }}\">",
	    "that is code");
	refuses("<meta http-equiv=\"refresh\" content=\"{{ .Evil }}\">",
	    "http-equiv");
	refuses("<meta content=\"{{ .Evil }}\" http-equiv=\"refresh\">",
	    "http-equiv");
	renders("<meta name=\"a\" content=\"{{ .Yes }}\">",
	    "<meta name=\"a\" content=\"true\">");
	refuses("<p {{ .Evil }}>", "no value");
	refuses("<p a{{ .Evil }}>", "no value");
	refuses("<p class={{ .Evil }}>", "no value");
	refuses("<p class=a{{ .Evil }}>", "no value");
	refuses("<{{ .Evil }}>", "t.html:1: ");
	refuses("<p{{ .Evil }}>", "t.html:1: ");
	refuses("<!-- {{ .Evil }} -->", "no value");
	refuses("<!doctype {{ .Evil }}>", "no value");
	refuses("<p class=\"", "inside a tag");
	refuses("<script>a", "inside a tag");
	refuses("<plaintext>{{ .Evil }}", "plaintext");
}

/* Two readings of one text: what a browser might see differently is refused. */
static void
readings(void **state)
{
	(void)state;
	refuses("a <{{ if .Yes }}b{{ end }}>", "in two");
	refuses("<!{{ if .No }}x{{ end }}-- {{ .Evil }} -->", "in two");
	refuses("<p on{{ if .No }}x{{ end }}click=\"{{ .Evil }}\">", "in two");
	refuses("<p {{ if .Yes }}on{{ end }}click=\"{{ .Evil }}\">", "in two");
	refuses("<p {{ if .Yes }}on{{ end }}=\"{{ .Evil }}\">", "in two");
	refuses("<p on{{/* a */}}click=\"{{ .Evil }}\">", "that is code");
	refuses("<p on{{ $x := 1 }}click=\"{{ .Evil }}\">", "that is code");
	refuses("<scr{{/* a */}}ipt>{{ .Evil }}</script>", "no action");
	refuses("<title>a</tit{{/* a */}}le>", "in a title");
	refuses("<title><a href=\"{{ .Script }}\"></title>", "in a title");
	refuses("<![CDATA[ {{ .Evil }} ]]>", "CDATA");
	refuses("<script><!-- <script> </script> --></script>", "in a comment");
	refuses("<script>a</scriptx>{{ .Evil }}</script>", "no action");
	renders("<!-->{{ .Yes }}<!-- --!>{{ .Yes }}<!--->{{ .Yes }}",
	    "<!-->true<!-- --!>true<!--->true");
	refuses("<!-- -- !>{{ .Yes }}-->", "no value");
	refuses("<!--!>{{ .Yes }}-->", "no value");
	renders("<!----!>{{ .Yes }}<!---->{{ .Yes }}",
	    "<!----!>true<!---->true");
	refuses("<svg><style>a<b></style>", "in SVG");
	refuses("<svg><svg></svg><script>a<b</script>", "in SVG");
	renders("<svg/><svg><style>a</style></svg><svg><path/></svg><script>"
	    "a<b</script>{{ .Yes }}",
	    "<svg/><svg><style>a</style></svg><svg><path/></svg><script>"
	    "a<b</script>true");
	refuses("<svg><p><script/>{{ .Evil }}", "in SVG");
	refuses("<svg><desc><title/></desc>{{ .Evil }}", "in SVG");
	refuses("<svg {{ if .Yes }}/{{ end }}><style>a<b</style>",
	    "branches end");
	/* To a browser the value is outside of the quotes here. */
	refuses("<a href {{ if .Yes }}=\" c=\"{{ .Evil }}\"{{ end }}>",
	    "in two");
	refuses("<a href{{ if .No }} {{ end }} =\" c=\"{{ .Evil }}\">",
	    "in two");
	refuses("<svg><title><!-- {{ .Yes }}</title></svg>", "in a title");
	refuses("<select><style>{{ .Yes }}</style></select>", "in a select");
	refuses("<select><iframe></iframe></select>", "in a select");
	refuses("<frameset>", "frameset");
	refuses("<noscript><p title='</noscript><a href=\"{{ .Link }}'>",
	    "noscript ends");
	refuses("<noscript><p title='<{{ .Name }}'>", "in two");
	refuses("<noscript><p title='<{{ if .Yes }}/{{ end }}noscript>'>",
	    "in two");
	refuses("<noscript><p title='</no{{/* a */}}script>{{ .Yes }}'>",
	    "in two");
	refuses("<script><!{{/* a */}}--<script></script>{{ .Yes }}</script>",
	    "in two");
	refuses("<script><!--<scr{{/* a */}}ipt></script>{{ .Yes }}</script>",
	    "in two");
	refuses("{{ define \"end\" }}>{{ end }}<svg/{{ template \"end\" }}"
	    "<svg {{ template \"end\" }}<style><b></style></svg>", "in SVG");
	renders("<noscript><p title='a'>{{ .Yes }}</p></noscript>",
	    "<noscript><p title='a'>true</p></noscript>");
	renders("1 < 2 {{ .Yes }} <3 {{ .Yes }}", "1 < 2 true <3 true");
	refuses("</ {{ .Yes }}>", "no value");
	refuses("<? {{ .Yes }}>", "no value");
}

/* Branches join, or the page is refused. */
static void
branches(void **state)
{
	(void)state;
	renders("<input {{ if .Yes }}checked{{ end }}>", "<input checked>");
	renders("<input {{ if .No }}checked{{ end }} value=\"{{ .Link }}\">",
	    "<input  value=\"/auth?a=b&amp;c=d e\">");
	renders("<i {{ if .Yes }} value=\"{{ .Name }}\" {{ else }} autofocus "
	    "{{ end }}/>", "<i  value=\"jane Doe\" />");
	renders("<a href=\"{{ if .No }}{{ .Script }}{{ else }}/x{{ end }}\">",
	    "<a href=\"/x\">");
	refuses("{{ if .Yes }}<p {{ end }}>", "different places");
	refuses("{{ if .Yes }}<!--{{ end }}>", "different places");
	refuses("{{ if .Yes }}<p title=\"{{ else }}<p title='{{ end }}",
	    "different places");
	refuses("<p {{ if .Yes }}title=\"{{ else }}style=\"{{ end }}x\">",
	    "different places");
	refuses("{{ range .List }}<p {{ end }}>", "different places");
	refuses("{{ range .List }}<p title=\"{{ break }}\">{{ end }}",
	    "break or continue");
	renders("<ul {{ range .List }} data-{{/**/}}x=\"{{ . }}\"{{ end }}>",
	    "<ul  data-x=\"one\" data-x=\"&lt;two&gt;\">");
	renders("{{ define \"a\" }}{{ . }}{{ end }}{{ template \"a\" .Script }}"
	    "<a href=\"{{ template \"a\" .Script }}\">",
	    "javascript:alert(1)<a href=\"#ZgotmplZ\">");
	refuses("{{ define \"a\" }}{{ . }}{{ end }}"
	    "<script>{{ template \"a\" .Script }}</script>", "no action");
	refuses("{{ define \"a\" }}<p title=\"{{ end }}{{ template \"a\" . }}",
	    "inside a tag");
}

static void
has_hash(const char *text, enum tmpl_code which, const char *want)
{
	struct tmpl_set	*set;
	char		 err[256], *hashes;

	if ((set = compile(text, err, sizeof(err))) == NULL)
		fail_msg("%s: %s", text, err);
	hashes = span_dup(tmpl_hashes(set, which));
	assert_string_equal(hashes, want);
	free(hashes);
	tmpl_free(set);
}

/* CSP 3 section 6.7.3.2; the values are from openssl dgst -sha256. */
static void
hashes(void **state)
{
	(void)state;
	has_hash("<script>alert(1)</script>", TMPL_SCRIPT,
	    " 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='");
	has_hash("<script>alert(1)</script><script>alert(1)</SCRIPT >",
	    TMPL_SCRIPT, " 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='");
	has_hash("<script>alert(1)</script>", TMPL_STYLE, "");
	has_hash("<style>\r\np{}\r</style>", TMPL_STYLE,
	    " 'sha256-S1+1UhUBsQI+oYzHJq9H6zGUGt9DphQexnvaBQ874Hc='");
	has_hash("<script src=\"x.js\"></script>", TMPL_SCRIPT, "");
	has_hash("<p style=\"color: red\">", TMPL_STYLE,
	    " 'unsafe-hashes' 'sha256-NerDAUWfwD31YdZHveMrq0GLjsNFMwxLpZl0dPUeCcw='");
	has_hash("<p style=\"a: &quot;\" title='color: red'>", TMPL_STYLE, "");
	has_hash("{{ if .Yes }}<script>alert(1)</script>{{ end }}",
	    TMPL_SCRIPT, " 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='");
	has_hash("<p title=\"<script>alert(1)</script>\">", TMPL_SCRIPT, "");
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	 tests[] = {
		T(escaping), T(urls), T(schemes), T(places), T(readings),
		T(branches), T(hashes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
