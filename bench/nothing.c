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

#include <sys/socket.h>
#include <netinet/in.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

/*
 * Two servers that do nothing: the ceiling of any HTTP server on libevent, and
 * libevent's own.
 * usage: nothing port bare|evhttp
 *
 * "bare" answers each blank line with the same bytes and parses nothing.
 */

#define BODY	"{\"keys\":[]}"

static const char	 answer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    "Content-Length: 11\r\n\r\n" BODY;

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer		*in = bufferevent_get_input(bev);
	struct evbuffer_ptr	 end;

	(void)arg;
	for (;;) {
		end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
		if (end.pos == -1)
			return;
		evbuffer_drain(in, (size_t)end.pos + 4);
		bufferevent_write(bev, answer, sizeof(answer) - 1);
	}
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)what;
	(void)arg;
	bufferevent_free(bev);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *sa, int len, void *arg)
{
	struct bufferevent	*bev;

	(void)listener;
	(void)sa;
	(void)len;
	if ((bev = bufferevent_socket_new(arg, fd, BEV_OPT_CLOSE_ON_FREE)) ==
	    NULL)
		exit(1);
	bufferevent_setcb(bev, on_read, NULL, on_event, NULL);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static void
on_request(struct evhttp_request *req, void *arg)
{
	struct evbuffer	*body = evbuffer_new();

	(void)arg;
	if (body == NULL)
		exit(1);
	evbuffer_add(body, BODY, sizeof(BODY) - 1);
	evhttp_add_header(evhttp_request_get_output_headers(req),
	    "Content-Type", "application/json");
	evhttp_send_reply(req, 200, "OK", body);
	evbuffer_free(body);
}

int
main(int argc, char *argv[])
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	struct event_base	*base = event_base_new();
	struct evhttp		*http;

	if (argc != 3 || base == NULL) {
		fprintf(stderr, "usage: nothing port bare|evhttp\n");
		return (2);
	}
	sin.sin_port = htons((uint16_t)strtol(argv[1], NULL, 10));
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (strcmp(argv[2], "evhttp") == 0) {
		if ((http = evhttp_new(base)) == NULL ||
		    evhttp_bind_socket(http, "127.0.0.1",
		    ntohs(sin.sin_port)) == -1)
			return (1);
		evhttp_set_gencb(http, on_request, NULL);
	} else if (evconnlistener_new_bind(base, on_accept, base,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, -1,
	    (struct sockaddr *)&sin, sizeof(sin)) == NULL)
		return (1);
	return (event_base_dispatch(base) == -1);
}
