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

#ifndef DEXD_VERIFIER_H
#define DEXD_VERIFIER_H

#include "span.h"

/*
 * The `hmac` parameter of internal hops: HMAC-SHA256 under the auth request's
 * own key (its ASCII text) over a protobuf list of id and step, base64url
 * without padding, byte for byte as dex makes it.
 */
#define STEP_APPROVAL	"step:approval"

void	 verifier_make(char out[44], struct span key, struct span id,
	    const char *step);
bool	 verifier_check(struct span given, struct span key, struct span id,
	    const char *step);

#endif /* DEXD_VERIFIER_H */
