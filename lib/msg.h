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

#ifndef DEXD_MSG_H
#define DEXD_MSG_H

#include "buf.h"

/*
 * The messages between rooms.  Everything here is generated from msg.def:
 * structs, encoders, decoders, the table of who may say what to whom.
 */

enum room {
	ROOM_PARENT, ROOM_CONFIG, ROOM_FRONTEND, ROOM_ENGINE, ROOM_SIGNER,
	ROOM_KEYGEN, ROOM_AUTHN, ROOM_CONTROL, ROOM_TELEMETRY, ROOM_DEXCTL,
	ROOM_MAX,
	ROOM_ANY = ROOM_MAX		/* any child of the parent */
};
const char	*room_name(enum room);

/* Values of ENUM fields. */
enum sandbox_mode { SANDBOX_ENFORCE, SANDBOX_BEST_EFFORT, SANDBOX_OFF,
	SANDBOX_MODE_MAX };
enum storage { STORAGE_SQLITE, STORAGE_MEMORY, STORAGE_MAX };
enum listen_kind { LISTEN_HTTP, LISTEN_HTTPS, LISTEN_TELEMETRY, LISTEN_MAX };
const char	*listen_kind_name(enum listen_kind);
enum authn_program { AUTHN_LOCAL, AUTHN_MOCK, AUTHN_PROGRAM_MAX };
enum connector_kind { CONNECTOR_CALLBACK, CONNECTOR_PASSWORD,
	CONNECTOR_KIND_MAX };
enum jwa { JWA_RS256, JWA_ES256, JWA_EDDSA, JWA_MAX };
const char	*jwa_name(enum jwa);
enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OPTIONS, HTTP_OTHER,
	HTTP_METHOD_MAX };
enum endpoint { ENDPOINT_AUTH, ENDPOINT_AUTH_CONNECTOR, ENDPOINT_AUTH_LOGIN,
	ENDPOINT_CALLBACK, ENDPOINT_CALLBACK_CONNECTOR, ENDPOINT_APPROVAL,
	ENDPOINT_TOKEN, ENDPOINT_USERINFO, ENDPOINT_HEALTHZ, ENDPOINT_HOME,
	ENDPOINT_MAX };
enum answer { ANSWER_REDIRECT, ANSWER_PAGE, ANSWER_JSON, ANSWER_TEXT,
	ANSWER_MAX };
enum page { PAGE_ERROR, PAGE_LOGIN, PAGE_PASSWORD, PAGE_APPROVAL, PAGE_OOB,
	PAGE_HOME, PAGE_MAX };
enum document { DOCUMENT_DISCOVERY, DOCUMENT_JWKS, DOCUMENT_MAX };
enum sign_status { SIGN_OK, SIGN_REFUSED, SIGN_NO_KEY, SIGN_ERROR, SIGN_MAX };
enum rotate_status { ROTATE_BEGUN, ROTATE_PENDING, ROTATE_TOO_SOON,
	ROTATE_FULL, ROTATE_MAX };
enum identity_status { IDENTITY_OK, IDENTITY_BAD_CREDENTIALS, IDENTITY_DENIED,
	IDENTITY_BUSY, IDENTITY_EXPIRED, IDENTITY_ERROR, IDENTITY_MAX };
const char	*identity_status_name(enum identity_status);
enum command { COMMAND_STATUS, COMMAND_RELOAD, COMMAND_STOP,
	COMMAND_ROTATE_KEYS, COMMAND_LOG_VERBOSE, COMMAND_LOG_BRIEF,
	COMMAND_SHOW_CLIENTS, COMMAND_SHOW_CONNECTORS, COMMAND_SHOW_KEYS,
	COMMAND_SHOW_USERS, COMMAND_SHOW_STATS, COMMAND_MAX };
enum result { RESULT_OK, RESULT_DENIED, RESULT_BUSY, RESULT_FAILED,
	RESULT_MAX };

/* A validated list of byte strings in its encoded form. */
struct msg_list {
	const uint8_t	*p;
	size_t		 len;
	uint32_t	 count;
};

/* Takes the next string off a copy of a list; false at the end. */
bool		 msg_list_next(struct msg_list *, struct span *);

/* Item i of the list, or the empty span. */
struct span	 msg_list_get(struct msg_list, uint32_t);

bool		 msg_list_has(struct msg_list, struct span);

/* The value behind `name` in a list of pairs; false if it is not there. */
bool		 msg_list_find(struct msg_list, const char *name,
		    struct span *value);

/*
 * Builds a list: init, add..., then msg_list_of() borrows from the buffer.
 * A list whose buffer failed is empty, so check buf_ok() first.
 */
struct list_buf {
	struct buf	 b;
	uint32_t	 count;
};
void		 list_buf_init(struct list_buf *, size_t max);
void		 list_buf_add(struct list_buf *, struct span);
void		 list_buf_clear(struct list_buf *);
struct msg_list	 msg_list_of(const struct list_buf *);

enum msg_type {
	MSG_NONE,
#define MSG(U, l, from, to, reply, fd, trust) U,
#include "msg_each.h"
	MSG_MAX
};

/* One struct per message; spans and lists are borrowed from its bytes. */
#define MSG(U, l, from, to, reply, fd, trust)				\
struct msg_##l {							\
	uint32_t	 rid;		/* request id, from the frame */
#define BOOL(f)			bool		 f;
#define ENUM(f, limit)		uint8_t		 f;
#define U32(f)			uint32_t	 f;
#define U64(f)			uint64_t	 f;
#define STR(f, max)		struct span	 f;
#define BYTES(f, max)		struct span	 f;
#define LIST(f, items, max)	struct msg_list	 f;
#define END(l)			};
#include "msg.def"
#include "msg_undef.h"

/* A received message; the member named after its type is the one filled in. */
struct msg {
	enum msg_type	 type;
	int		 fd;		/* -1: none; the handler takes it over */
	union {
		uint32_t	 rid;	/* first member of each struct below */
#define MSG(U, l, from, to, reply, fd, trust) struct msg_##l l;
#include "msg_each.h"
	};
};

enum msg_role { MSG_TELL, MSG_ASK, MSG_ANSWER };

struct msg_info {
	const char	*name;
	enum room	 from;
	enum room	 to;
	enum msg_role	 role;
	enum msg_type	 answer;	/* for MSG_ASK */
	bool		 fd;
	const char	*trust;
};
extern const struct msg_info	 msg_table[MSG_MAX];

/* "FE_EN_HTTP"; "?" for numbers that are no message. */
const char	*msg_name(enum msg_type);

/* True when `from` may send this message to `to`. */
bool		 msg_allowed(enum msg_type, enum room from, enum room to);

/* The longest message that may travel from one room to another; 0: no edge. */
uint32_t	 msg_edge_max(enum room from, enum room to);

/*
 * Appends the encoded fields of a message.  `m` is the struct msg_* of the
 * type.  Returns -1 if a field breaks the bounds of msg.def (then nothing
 * useful was appended) or the buffer is full.
 */
int		 msg_encode(enum msg_type, const void *m, struct buf *);

/*
 * Decodes the fields of a message of m->type into the union.  Every bound is
 * checked and every byte must be used; -1 otherwise.  Spans borrow from the
 * bytes.  Leaves m->fd and m->rid alone.
 */
int		 msg_decode(struct msg *, struct span);

#endif /* DEXD_MSG_H */
