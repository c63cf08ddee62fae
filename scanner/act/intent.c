/*
 * See intent.h.
 */
#include "intent.h"

#include <errno.h>
#include <stdio.h>

#include "kernel_calls.h"
#include "record.h"

void
intent_free(struct intent *in)
{
	buf_free(&in->path);
	buf_free(&in->reason);
	meta_free(&in->meta);
}

int
intent_begin(struct intent *in, enum act act, const struct place *p,
    struct err *e)
{
	char random[33];

	*in = (struct intent){ .act = act, .root = p->root,
	    .folder = p->ino };
	if (call_random_hex(random, 16) != 0)
		return err_set(e, ST_DEAD, errno, "no random bytes");
	(void)snprintf(in->temp.text, sizeof(in->temp.text), ".baredot.%s",
	    random);
	buf_str(&in->path, p->path);
	return buf_ok(&in->path) ? ST_OK :
	    err_set(e, ST_DEAD, ENOMEM, "intent");
}

void
intent_stage_name(const struct intent *in, struct mailname *out)
{
	*out = in->temp;
	if (in->by_links && in->act == ACT_SWAP)
		(void)snprintf(out->text, sizeof(out->text), "%.200s.new",
		    in->temp.text);
}

static void
encode_id(struct buf *out, const char *key, const struct file_id *id)
{
	struct buf b = { 0 };

	record_u64(&b, "ino", id->ino);
	record_u64(&b, "size", id->size);
	record_bytes(&b, "sha", (struct span){ id->sha, HASH_SIZE });
	record_bytes(out, key, buf_span(&b));
	out->failed = out->failed || b.failed;
	buf_free(&b);
}

static bool
decode_id(struct span in, const char *key, struct file_id *id)
{
	struct span s, sha;

	if (!record_find(in, key, &s) ||
	    !record_find_u64(s, "ino", &id->ino) ||
	    !record_find_u64(s, "size", &id->size) ||
	    !record_find(s, "sha", &sha) || sha.n != HASH_SIZE)
		return false;
	memcpy(id->sha, sha.p, HASH_SIZE);
	return true;
}

/* As two's complement, so that times before 1970 are kept too. */
static void
encode_time(struct buf *out, const char *key, const struct timespec *t)
{
	struct buf b = { 0 };

	record_u64(&b, "s", (uint64_t)t->tv_sec);
	record_u64(&b, "ns", (uint64_t)t->tv_nsec);
	record_bytes(out, key, buf_span(&b));
	out->failed = out->failed || b.failed;
	buf_free(&b);
}

static bool
decode_time(struct span in, const char *key, struct timespec *t)
{
	uint64_t sec, ns;
	struct span s;

	if (!record_find(in, key, &s) || !record_find_u64(s, "s", &sec) ||
	    !record_find_u64(s, "ns", &ns) || ns > 999999999)
		return false;
	*t = (struct timespec){ .tv_sec = (time_t)sec, .tv_nsec = (long)ns };
	return true;
}

/* What only some intents have. */
static bool
decode_rest(struct span s, struct intent *in)
{
	uint64_t n;

	in->by_links = record_find_u64(s, "links", &n) && n != 0;
	in->in_place = record_find_u64(s, "inplace", &n) && n != 0;
	(void)record_find_u64(s, "merges", &in->merges);
	(void)record_find_u64(s, "upto", &in->upto);
	return !in->in_place || (decode_time(s, "atime", &in->times[0]) &&
	    decode_time(s, "mtime", &in->times[1]));
}

void
intent_encode(const struct intent *in, struct buf *b)
{
	record_u64(b, "act", in->act);
	record_u64(b, "undoes", in->undoes);
	record_bytes(b, "path", buf_span(&in->path));
	record_u64(b, "root", in->root);
	record_u64(b, "folder", in->folder);
	record_text(b, "name", in->name.text);
	record_text(b, "renamed", in->renamed.text);
	record_text(b, "temp", in->temp.text);
	encode_id(b, "old", &in->old);
	encode_id(b, "new", &in->new);
	if (in->by_links)
		record_u64(b, "links", 1);
	if (in->in_place) {
		record_u64(b, "inplace", 1);
		encode_time(b, "atime", &in->times[0]);
		encode_time(b, "mtime", &in->times[1]);
	}
	if (in->merges != 0) {
		record_u64(b, "merges", in->merges);
		record_u64(b, "upto", in->upto);
	}
	meta_encode(&in->meta, b);
	record_bytes(b, "reason", buf_span(&in->reason));
}

/* A name in a folder, and nothing that leads elsewhere. */
static bool
decode_name(struct span in, const char *key, bool may_be_empty,
    struct mailname *out)
{
	const char *s = out->text;

	return record_find_text(in, key, out->text, sizeof(out->text)) &&
	    (may_be_empty || s[0] != '\0') && strchr(s, '/') == NULL &&
	    strcmp(s, ".") != 0 && strcmp(s, "..") != 0;
}

static bool
decode_fields(struct span s, struct intent *in, struct span *path,
    struct span *reason)
{
	uint64_t act;

	if (!record_find_u64(s, "act", &act) || act < ACT_SWAP ||
	    act > ACT_MBOX)
		return false;
	in->act = (enum act)act;
	return decode_rest(s, in) &&
	    record_find_u64(s, "undoes", &in->undoes) &&
	    record_find(s, "path", path) && path->n > 0 &&
	    path->p[0] == '/' && memchr(path->p, '\0', path->n) == NULL &&
	    record_find_u64(s, "root", &in->root) && in->root <= path->n &&
	    record_find_u64(s, "folder", &in->folder) &&
	    decode_name(s, "name", false, &in->name) &&
	    decode_name(s, "renamed", act != ACT_SWAP, &in->renamed) &&
	    decode_name(s, "temp", false, &in->temp) &&
	    decode_id(s, "old", &in->old) && decode_id(s, "new", &in->new) &&
	    record_find(s, "reason", reason);
}

int
intent_decode(struct span fields, struct intent *out, struct err *e)
{
	struct span path, reason;
	struct intent in = { 0 };
	int rc;

	if (!decode_fields(fields, &in, &path, &reason))
		return err_set(e, ST_BAD, 0, "a damaged record");
	if ((rc = meta_decode(fields, &in.meta, e)) != ST_OK)
		goto out;
	buf_add(&in.path, path.p, path.n);
	buf_add(&in.reason, reason.p, reason.n);
	if (!buf_ok(&in.path) || !buf_ok(&in.reason)) {
		rc = err_set(e, ST_DEAD, ENOMEM, "record");
		goto out;
	}
	*out = in;
	in = (struct intent){ 0 };
out:
	intent_free(&in);
	return rc;
}

int
intent_read(struct journal *j, uint64_t seq, struct intent *out,
    struct err *e)
{
	struct buf b = { 0 };
	int rc = journal_read(j, seq, &b, e);

	if (rc == ST_OK)
		rc = intent_decode(buf_span(&b), out, e);
	buf_free(&b);
	return rc;
}
