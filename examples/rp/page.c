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

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/buffer.h>
#include <event2/http.h>

#include "page.h"

static const char	 style[] =
"*{box-sizing:border-box}"
":root{color-scheme:light dark;--bg:#f2f5f9;--panel:#fff;--fg:#131c28;"
"--muted:#4d5a69;--line:#dbe2ea;--control:#73808f;--accent:#1b5bcf;"
"--on:#fff;--good:#17663b;--bad:#b3261e}"
"@media (prefers-color-scheme:dark){:root{--bg:#0d121a;--panel:#161d28;"
"--fg:#e8edf4;--muted:#a6b3c3;--line:#2b3645;--control:#74839a;"
"--accent:#8ab4ff;--on:#0a1424;--good:#7fd6a4;--bad:#ff8a80}}"
"html{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,Arial,"
"sans-serif;line-height:1.5}"
"body{margin:0;background:var(--bg);color:var(--fg);overflow-wrap:anywhere}"
"header,main{max-width:44rem;margin:0 auto;padding:0 1rem}"
"header{display:flex;align-items:center;gap:.75rem;padding-top:2rem;"
"padding-bottom:1.5rem;font-weight:600}"
"header img{width:2rem;height:2rem}"
"main>section{padding:clamp(1rem,5vw,2rem);background:var(--panel);"
"border:1px solid var(--line);border-radius:1rem;margin-bottom:2rem}"
"h1{margin:0;font-size:1.5rem;line-height:1.25}"
"h2{margin:1.5rem 0 0;font-size:1rem}"
"bdi{display:inline-block;max-width:100%;overflow:clip;"
"overflow-clip-margin:.125em}"
"p{margin:.5rem 0 0}.muted{color:var(--muted)}"
".btn{display:inline-flex;align-items:center;justify-content:center;"
"min-height:3rem;margin-top:1.5rem;padding:.5rem 1.5rem;"
"border:1px solid transparent;border-radius:.625rem;"
"background:var(--accent);color:var(--on);font:inherit;font-weight:600;"
"text-decoration:none;cursor:pointer}"
".btn.quiet{border-color:var(--control);background:none;color:var(--fg)}"
".btn:focus-visible{outline:3px solid var(--accent);outline-offset:2px}"
"table{width:100%;margin-top:.75rem;border-collapse:collapse}"
"th,td{padding:.625rem 0;border-top:1px solid var(--line);text-align:start;"
"vertical-align:top}"
"th{width:35%;padding-right:1rem;font-weight:600}"
"td{font-family:ui-monospace,Menlo,Consolas,\"DejaVu Sans Mono\",monospace;"
"font-size:.875rem}"
"ul{margin:.5rem 0 0;padding:0;list-style:none}"
"li{padding-left:1.5rem;position:relative}"
"li::before{content:\"\\2713\";position:absolute;left:0;font-weight:700;"
"color:var(--good)}"
".bad{color:var(--bad)}";

static const char	 icon[] =
"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 40\">"
"<rect width=\"40\" height=\"40\" rx=\"11\" fill=\"#17803f\"/>"
"<path d=\"M11 20.5 17.5 27 29.5 13\" fill=\"none\" stroke=\"#fff\" "
"stroke-width=\"4\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>"
"</svg>";

static void
put(struct evbuffer *b, const char *html)
{
	evbuffer_add(b, html, strlen(html));
}

/* Text of others: it can neither be markup nor turn the direction around it. */
static void
put_text(struct evbuffer *b, const char *s)
{
	char	*html = evhttp_htmlescape(s);

	evbuffer_add_printf(b, "<bdi>%s</bdi>", html == NULL ? "" : html);
	free(html);
}

static void
reply(struct evhttp_request *r, int status, const char *type,
    struct evbuffer *body)
{
	struct evkeyvalq	*out = evhttp_request_get_output_headers(r);

	evhttp_add_header(out, "Content-Type", type);
	evhttp_add_header(out, "X-Content-Type-Options", "nosniff");
	evhttp_send_reply(r, status, NULL, body);
	evbuffer_free(body);
}

static struct evbuffer *
begin(const char *title)
{
	struct evbuffer	*b = evbuffer_new();

	if (b == NULL)
		abort();
	evbuffer_add_printf(b, "<!DOCTYPE html><html lang=\"en\"><head>"
	    "<meta charset=\"utf-8\"><meta name=\"viewport\" content=\""
	    "width=device-width, initial-scale=1\"><title>%s \302\267 Example "
	    "App</title><link rel=\"stylesheet\" href=\"/style.css\">"
	    "<link rel=\"icon\" href=\"/icon.svg\"></head><body><header>"
	    "<img src=\"/icon.svg\" alt=\"\">Example App</header><main>"
	    "<section><h1>%s</h1>", title, title);
	return (b);
}

static void
finish(struct evhttp_request *r, int status, struct evbuffer *b)
{
	struct evkeyvalq	*out = evhttp_request_get_output_headers(r);

	put(b, "</section></main></body></html>\n");
	evhttp_add_header(out, "Cache-Control", "no-store");
	evhttp_add_header(out, "Referrer-Policy", "same-origin");
	evhttp_add_header(out, "Content-Security-Policy", "default-src "
	    "'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
	    "frame-ancestors 'none'; base-uri 'none'");
	reply(r, status, "text/html; charset=utf-8", b);
}

void
page_home(struct evhttp_request *r)
{
	struct evbuffer	*b = begin("Welcome");

	put(b, "<p>You are not logged in.</p><p class=\"muted\">This small "
	    "application lets dexd say who you are, checks what it says, and "
	    "shows it to you.</p><a class=\"btn\" href=\"/login\">Log in</a>");
	finish(r, 200, b);
}

void
page_sorry(struct evhttp_request *r, int status, const char *title,
    const char *text, const char *detail)
{
	struct evbuffer	*b = begin(title);

	put(b, "<p class=\"bad\" role=\"alert\">");
	put_text(b, text);
	put(b, "</p>");
	if (detail != NULL) {
		put(b, "<p class=\"muted\">");
		put_text(b, detail);
		put(b, "</p>");
	}
	put(b, "<a class=\"btn\" href=\"/login\">Log in</a>");
	finish(r, status, b);
}

/* ---- claims ---- */

static bool
is_time(const char *name)
{
	return (strcmp(name, "exp") == 0 || strcmp(name, "iat") == 0 ||
	    strcmp(name, "auth_time") == 0);
}

static void
put_value(struct evbuffer *b, const char *name, const json_t *value)
{
	time_t		 when = (time_t)json_integer_value(value);
	struct tm	 tm;
	char		 buf[64], *text;

	if (json_is_string(value))
		put_text(b, json_string_value(value));
	else if (json_is_integer(value) && is_time(name) &&
	    gmtime_r(&when, &tm) != NULL && strftime(buf, sizeof(buf),
	    "%Y-%m-%d %H:%M:%S UTC", &tm) != 0)
		put_text(b, buf);
	else {
		text = json_dumps(value, JSON_ENCODE_ANY);
		put_text(b, text == NULL ? "" : text);
		free(text);
	}
}

static const char *
name_of(const json_t *claims)
{
	static const char * const	 names[] = { "name",
		"preferred_username", "email", "sub" };
	const char			*s = NULL;
	size_t				 i;

	for (i = 0; s == NULL && i < sizeof(names) / sizeof(names[0]); i++)
		s = json_string_value(json_object_get(claims, names[i]));
	return (s == NULL ? "" : s);
}

void
page_claims(struct evhttp_request *r, json_t *claims, const char *alg,
    const char *kid)
{
	struct evbuffer	*b = begin("You are logged in");
	const char	*name;
	json_t		*value;
	void		*it;

	put(b, "<p>Hello, ");
	put_text(b, name_of(claims));
	put(b, "</p><p class=\"muted\">This is what the ID token says about "
	    "you.</p><table><tbody>");
	for (it = json_object_iter(claims); it != NULL;
	    it = json_object_iter_next(claims, it)) {
		name = json_object_iter_key(it);
		value = json_object_iter_value(it);
		put(b, "<tr><th scope=\"row\">");
		put_text(b, name);
		put(b, "</th><td>");
		put_value(b, name, value);
		put(b, "</td></tr>");
	}
	put(b, "</tbody></table><h2>What was checked</h2><ul>"
	    "<li>The signature: ");
	put_text(b, alg);
	put(b, " with the published key ");
	put_text(b, kid);
	put(b, "</li><li>Issuer, audience, nonce and expiry</li>"
	    "<li>The code was ours alone to redeem (PKCE, S256)</li></ul>"
	    "<form method=\"post\" action=\"/logout\"><button class=\"btn "
	    "quiet\" type=\"submit\">Log out of the example</button></form>");
	finish(r, 200, b);
}

void
page_redirect(struct evhttp_request *r, const char *url)
{
	evhttp_add_header(evhttp_request_get_output_headers(r), "Location",
	    url);
	evhttp_add_header(evhttp_request_get_output_headers(r),
	    "Cache-Control", "no-store");
	evhttp_send_reply(r, 303, NULL, NULL);
}

/* ---- files ---- */

static void
send_file(struct evhttp_request *r, const char *type, const char *bytes)
{
	struct evbuffer	*b = evbuffer_new();

	if (b == NULL)
		abort();
	put(b, bytes);
	reply(r, 200, type, b);
}

void
page_style(struct evhttp_request *r, void *arg)
{
	(void)arg;
	send_file(r, "text/css; charset=utf-8", style);
}

void
page_icon(struct evhttp_request *r, void *arg)
{
	(void)arg;
	send_file(r, "image/svg+xml", icon);
}
