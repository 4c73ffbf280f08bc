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

#ifndef DEXD_REDIRECT_URI_H
#define DEXD_REDIRECT_URI_H

#include "msg.h"

#define OOB_URI		"urn:ietf:wg:oauth:2.0:oob"
#define DEVICE_CALLBACK	"/device/callback"

/*
 * May this redirect URI be used by the client?  Registered URIs match byte for
 * byte (RFC 9700 section 2.1).  A public client that registered none may use
 * the out-of-band URN, the device callback and http URLs whose host is
 * loopback (RFC 8252 section 7.3), as dex does.
 */
bool	 redirect_uri_allowed(struct span uri, struct msg_list registered,
	    bool is_public);

#endif /* DEXD_REDIRECT_URI_H */
