/*
 * See redact_words.h.
 */
#include "redact_words.h"

#include "escape.h"

#define WORD_IS(s, words) word_is(s, words, sizeof(words) / sizeof(words[0]))

static bool
word_is(struct span s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(words[i]) == s.n &&
		    memcmp(words[i], s.p, s.n) == 0)
			return true;
	return false;
}

bool
redact_keeps_part(struct span s)
{
	static const char *const words[] = { ".", "..", "-", "cur", "new",
	    "tmp" };

	return s.n == 0 || WORD_IS(s, words);
}

bool
redact_keeps_type(struct span s)
{
	static const char *const words[] = {
		"text/plain", "text/html", "text/calendar", "text/csv",
		"text/enriched", "text/rfc822-headers", "text/xml",
		"multipart/mixed", "multipart/alternative",
		"multipart/related", "multipart/signed",
		"multipart/encrypted", "multipart/report",
		"multipart/digest", "multipart/parallel",
		"multipart/form-data", "multipart/appledouble",
		"message/rfc822", "message/global", "message/partial",
		"message/external-body", "message/delivery-status",
		"message/disposition-notification", "message/feedback-report",
		"application/octet-stream", "application/pdf",
		"application/zip", "application/gzip", "application/json",
		"application/xml", "application/msword", "application/rtf",
		"application/ics", "application/ms-tnef",
		"application/pgp-encrypted", "application/pgp-signature",
		"application/pgp-keys", "application/pkcs7-mime",
		"application/pkcs7-signature", "application/x-pkcs7-mime",
		"application/x-pkcs7-signature", "application/vnd.ms-excel",
		"image/png", "image/jpeg", "image/gif", "image/tiff",
		"image/bmp", "image/webp", "image/svg+xml", "audio/mpeg",
		"audio/wav", "audio/ogg", "video/mp4", "video/mpeg",
		"video/quicktime",
	};

	return WORD_IS(s, words);
}

bool
redact_keeps_encoding(struct span s)
{
	static const char *const words[] = { "7bit", "8bit", "binary",
	    "quoted-printable", "base64", "x-uuencode", "uuencode" };

	return WORD_IS(s, words);
}

/* Names of flags are KumoMTA's; its parser quotes bytes. */
const char *
redact_reply(const char *reply)
{
	static const char flags[] = "Message has conformance issues: ";

	return reply == NULL || strncmp(reply, flags, sizeof(flags) - 1) == 0 ?
	    reply : "invalid header: what it quotes is not shown";
}
