/*
 * Make stores of mail to measure with: the same arguments, the same bytes.
 *
 *	gen [-s SEED] mbox FILE BYTES [lf|crlf] [clean|dirty]
 *	gen [-s SEED] maildir DIR COUNT [lf|crlf] [clean|dirty]
 *	gen worst FILE BYTES KIND
 *
 * The last line on standard output says what was made, as key=value.  Bodies
 * are runs of lines copied from four pools made at the start, so that this
 * is faster than what reads them.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MEDIAN 8192.0		/* bytes of a message */
#define SIGMA 1.438		/* of the logarithm: the mean is 2.8 medians */
#define MESSAGE_MAX (32u << 20)
#define BODY_MIN 200u
#define POOL_SIZE (1u << 20)	/* bytes */
#define FLUSH_AT (1u << 20)
#define WORST_BLOCK 786432u	/* bytes; a multiple of every pattern */
#define EPOCH 1700000000	/* when the first message came */
#define EVERY 37		/* seconds between two */

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

enum pool_kind { PROSE, BASE64, QP, HTML, POOLS };
enum defect { BARE_CR, CRCRLF, LONE_DOT, NUL, LONG_LINE, DEFECTS };

static const char *const defect_names[DEFECTS] = {
	"bare-cr", "crcrlf", "lone-dot", "nul", "long-line"
};

struct bytes {
	uint8_t *p;
	size_t n, cap;
};

/* Whole lines; line[i] is where line i starts, line[lines] is text.n. */
struct pool {
	struct bytes text;
	size_t *line;
	size_t lines;
};

/* What the body is made of; shares are in percent. */
struct shape {
	const char *type;
	const char *encoding;
	struct {
		enum pool_kind pool;
		unsigned share;
	} part[3];
};

struct gen {
	uint64_t seed;
	const char *eol;
	bool dirty;
	struct pool pool[POOLS];
	struct bytes out;
	uint64_t messages, bytes;
	uint64_t planted[DEFECTS];
	bool plant;		/* the message at hand waits for its defect */
	size_t plant_at;	/* ... so many bytes from here */
	const struct shape *shape;
	char boundary[25];
	char date[40];		/* of a Date field */
	char from_date[32];	/* of a From_ line */
};

static const char *const words[] = {
	"the", "of", "and", "to", "a", "in", "is", "that", "for", "we", "it",
	"on", "with", "as", "be", "are", "this", "by", "at", "or", "have",
	"message", "server", "meeting", "attached", "please", "report",
	"tomorrow", "invoice", "release", "patch", "queue", "thanks", "list",
	"regards", "version", "customers", "which", "configuration", "week",
	"delivery", "project", "another", "question", "caf\xc3\xa9",
	"na\xc3\xafve", "\303\274ber", "reply,", "however,",
	"today.", "again.", "done.", "1,250", "2023", "(see", "below)"
};

static const char *const plain_words[] = {
	"Re:", "minutes", "of", "the", "meeting", "your", "order", "patch",
	"weekly", "report", "for", "release", "question", "about", "invoice",
	"backup", "failed", "on", "new", "version", "and", "reminder"
};

static const char *const hosts[] = {
	"example.com", "example.org", "example.net", "mail.example.com",
	"mx1.example.org", "mx2.example.net", "lists.example.org",
	"smtp-out-7.example.com", "relay.eu-west.example.net"
};

static const char *const users[] = {
	"alice", "bob", "carol.jones", "dave", "erin", "frank", "newsletter",
	"no-reply", "support", "billing", "list-owner", "grace.hopper-smith"
};

/* Twelve fields for every message, and up to thirteen of the others.
 * expand() says what the % stand for. */
static const char *const first_fields[] = {
	"Return-Path: <%u@%h>\n",
	"Delivered-To: %u@example.com\n",
	"Received: from %h (%h [192.0.2.1%n2])\n"
	"\tby %h (Postfix) with ESMTPS id %b11\n"
	"\tfor <%u@example.com>; %d\n",
	"Received: from %h (unknown [198.51.100.2])\n"
	"\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"
	"\n\t key-exchange X25519 server-signature RSA-PSS (2048 bits))\n"
	"\t(No client certificate requested)\n"
	"\tby %h (Postfix) with ESMTPS id %b11;\n\t%d\n",
};

static const char *const other_fields[] = {
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com;"
	"\n\ts=%x8; t=1%n9; h=from:from:reply-to:subject:date:message-id:\n"
	"\t to:to:cc:mime-version:content-type:list-unsubscribe;\n"
	"\tbh=%b43=;\n"
	"\tb=%b70\n\t %b72\n\t %b72\n\t %b72\n\t %b54==\n",
	"Received: by %h (Postfix, from userid 1001)\n"
	"\tid %b11; %d\n",
	"Received: from [192.0.2.1%n2] (%h [203.0.113.1%n2])\n"
	"\tby %h with ESMTPSA id %x16\n\t(version=TLS1_3 "
	"cipher=TLS_AES_128_GCM_SHA256 bits=128/128);\n\t%d\n",
	"Authentication-Results: mx.example.com;\n"
	"\tdkim=pass (2048-bit key; unprotected) header.d=example.com\n"
	"\t header.i=@example.com header.a=rsa-sha256 header.s=%x8;\n"
	"\tspf=pass smtp.mailfrom=%u@%h; dmarc=pass\n",
	"ARC-Seal: i=1; a=rsa-sha256; t=1%n9; cv=none;\n"
	"\td=example.org; s=arc-20220816;\n"
	"\tb=%b70\n\t %b72\n\t %b72\n\t %b72\n\t %b54==\n",
	"X-Spam-Checker-Version: SpamAssassin 4.0.0 on %h\n",
	"X-Spam-Status: No, score=-2.%n1 required=5.0 tests=BAYES_00,\n"
	"\tDKIM_SIGNED,DKIM_VALID,DKIM_VALID_AU,HTML_MESSAGE,SPF_PASS\n"
	"\tautolearn=ham autolearn_force=no version=4.0.0\n",
	"References: <%x16.%n6@%h>\n\t<%b22@%h>\n\t<%b22@%h>\n",
	"In-Reply-To: <%b22@%h>\n",
	"Reply-To: %u@%h\n",
	"Cc: %u@%h, %u@%h,\n\t%u@%h\n",
	"List-Id: %w3 <%x8.lists.example.org>\n",
	"List-Unsubscribe: <https://lists.example.org/u/%b60>,\n"
	"\t<mailto:list-request@example.org?subject=unsubscribe>\n",
	"Precedence: bulk\n",
	"User-Agent: Example Mail 102.%n1\n",
	"X-Mailer: Example Mailer [v3.%n2]\n",
	"Feedback-ID: %n9:%x12:example\n",
};

static const char *const last_fields[] = {
	"From: \"%w2\" <%u@%h>\n",
	"To: %u@example.com\n",
	"Subject: %w7\n",
	"Date: %d\n",
	"Message-ID: <%x16.%n10@%h>\n",
	"MIME-Version: 1.0\n",
	"Content-Type: %t\n",
	"Content-Transfer-Encoding: %c\n",
};

static const char multipart_type[] =
    "multipart/%s;\n\tboundary=\"=_%s\"";

static const char *const part_heads[POOLS] = {
	[PROSE] = "\n--=_%q\nContent-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: 8bit\n\n",
	[BASE64] = "\n--=_%q\nContent-Type: application/pdf;\n"
	    "\tname=\"report-%n4.pdf\"\nContent-Disposition: attachment\n"
	    "Content-Transfer-Encoding: base64\n\n",
	[QP] = "\n--=_%q\nContent-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n",
	[HTML] = "\n--=_%q\nContent-Type: text/html; charset=utf-8\n"
	    "Content-Transfer-Encoding: 8bit\n\n",
};

static const struct shape shapes[] = {
	{ "text/plain; charset=utf-8", "8bit", { { PROSE, 100 } } },
	{ "text/plain; charset=utf-8", "quoted-printable", { { QP, 100 } } },
	{ "text/html; charset=utf-8", "8bit", { { HTML, 100 } } },
	{ NULL, "8bit", { { PROSE, 25 }, { HTML, 75 } } },
	{ NULL, "7bit", { { QP, 40 }, { BASE64, 60 } } },
	{ NULL, "8bit", { { PROSE, 10 }, { HTML, 20 }, { BASE64, 70 } } },
};

static void
die(const char *what)
{
	fprintf(stderr, "gen: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* splitmix64. */
static uint64_t
random_next(struct gen *g)
{
	uint64_t z = g->seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static size_t
random_below(struct gen *g, size_t n)
{
	return (size_t)((random_next(g) >> 32) * n >> 32);
}

/* More than 0, up to 1. */
static double
random_unit(struct gen *g)
{
	return ((double)(random_next(g) >> 11) + 1) / 9007199254740992.0;
}

static void
bytes_put(struct bytes *b, const void *p, size_t n)
{
	if (n > b->cap - b->n) {
		b->cap = (b->cap + n) * 2;
		if ((b->p = realloc(b->p, b->cap)) == NULL)
			die("memory");
	}
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void
bytes_str(struct bytes *b, const char *s)
{
	bytes_put(b, s, strlen(s));
}

static void
bytes_random(struct gen *g, const char *alphabet, size_t n)
{
	const size_t kinds = strlen(alphabet);
	char c;

	while (n-- > 0) {
		c = alphabet[random_below(g, kinds)];
		bytes_put(&g->out, &c, 1);
	}
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void
bytes_words(struct gen *g, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			bytes_str(&g->out, " ");
		bytes_str(&g->out, plain_words[random_below(g,
		    COUNT_OF(plain_words))]);
	}
}

/* The Content-Type of the message at hand. */
static void
bytes_type(struct gen *g)
{
	const struct shape *s = g->shape;
	char text[100];

	if (s->type != NULL) {
		bytes_str(&g->out, s->type);
		return;
	}
	(void)snprintf(text, sizeof(text), multipart_type,
	    s->part[1].pool == HTML && s->part[2].share == 0 ?
	    "alternative" : "mixed", g->boundary);
	for (const char *p = text; *p != '\0'; p++)
		if (*p == '\n')
			bytes_str(&g->out, g->eol);
		else
			bytes_put(&g->out, p, 1);
}

static void
expand_one(struct gen *g, char what, size_t n)
{
	switch (what) {
	case 'b':	/* base64 digits */
		bytes_random(g, base64_digits, n);
		break;
	case 'x':
		bytes_random(g, "0123456789abcdef", n);
		break;
	case 'n':
		bytes_random(g, "0123456789", n);
		break;
	case 'w':
		bytes_words(g, n);
		break;
	case 'u':
		bytes_str(&g->out, users[random_below(g, COUNT_OF(users))]);
		break;
	case 'h':
		bytes_str(&g->out, hosts[random_below(g, COUNT_OF(hosts))]);
		break;
	case 'd':
		bytes_str(&g->out, g->date);
		break;
	case 'F':
		bytes_str(&g->out, g->from_date);
		break;
	case 'q':
		bytes_str(&g->out, g->boundary);
		break;
	case 'c':
		bytes_str(&g->out, g->shape->encoding);
		break;
	default:
		bytes_type(g);
	}
}

/* Append a template; a number behind a % letter says how many. */
static void
expand(struct gen *g, const char *t)
{
	size_t n;
	char what;

	while (*t != '\0') {
		n = strcspn(t, "\n%");
		bytes_put(&g->out, t, n);
		t += n;
		if (*t == '\n') {
			bytes_str(&g->out, g->eol);
			t++;
		} else if (*t == '%') {
			what = t[1];
			for (t += 2, n = 0; *t >= '0' && *t <= '9'; t++)
				n = n * 10 + (size_t)(*t - '0');
			expand_one(g, what, n);
		}
	}
}

/*
 * Pools.
 */

/* Words up to so many columns; the first word may be given. */
static void
words_line(struct gen *g, struct bytes *b, const char *start, size_t columns)
{
	const size_t from = b->n;
	const char *w;

	bytes_str(b, start);
	for (;;) {
		w = words[random_below(g, COUNT_OF(words))];
		if (b->n - from + strlen(w) + 1 > columns)
			return;
		if (b->n > from)
			bytes_str(b, " ");
		bytes_str(b, w);
	}
}

static void
line_prose(struct gen *g, struct bytes *b)
{
	static const char *const starts[] = {
		".profile", ".forward", "...and", ">From the", "*"
	};
	const size_t what = random_below(g, 200);
	const size_t columns = 62 + random_below(g, 17);

	if (what < 24)
		return;		/* the end of a paragraph */
	if (what < 48)
		words_line(g, b, "", 10 + random_below(g, 50));
	else if (what < 68)
		words_line(g, b, ">", columns);
	else if (what < 71)
		words_line(g, b, starts[random_below(g, COUNT_OF(starts))],
		    columns);
	else
		words_line(g, b, "", columns);
}

static void
line_base64(struct gen *g, struct bytes *b)
{
	char line[76];

	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = base64_digits[random_below(g, 64)];
	bytes_put(b, line, sizeof(line));
}

static void
line_qp(struct gen *g, struct bytes *b)
{
	static const char *const starts[] = { "f=C3=BCr", "=E2=80=93", "" };
	const size_t from = b->n;

	if (random_below(g, 9) == 0)
		return;
	words_line(g, b, starts[random_below(g, COUNT_OF(starts))], 70);
	for (size_t i = from; i < b->n; i++)
		if (b->p[i] > 126)
			b->p[i] = '_';
	bytes_str(b, random_below(g, 4) == 0 ? "=20" : "=");
}

static void
line_html(struct gen *g, struct bytes *b)
{
	const size_t what = random_below(g, 8);

	bytes_str(b, what < 4 ? "<tr><td style=\"padding:0 8px\">" :
	    what < 6 ? "<p class=\"body\">" : "<div>");
	words_line(g, b, "", what < 3 ? 100 + random_below(g, 800) :
	    random_below(g, 60));
	bytes_str(b, what < 4 ? "</td></tr>" : what < 6 ? "</p>" : "</div>");
}

static void
pool_fill(struct gen *g, struct pool *pool,
    void (*line)(struct gen *, struct bytes *))
{
	size_t cap = 0;

	while (pool->text.n < POOL_SIZE) {
		if (pool->lines + 1 >= cap) {
			cap = (cap + 1000) * 2;
			pool->line = realloc(pool->line,
			    cap * sizeof(*pool->line));
			if (pool->line == NULL)
				die("memory");
		}
		pool->line[pool->lines++] = pool->text.n;
		line(g, &pool->text);
		bytes_str(&pool->text, g->eol);
	}
	pool->line[pool->lines] = pool->text.n;
}

static void
pools_fill(struct gen *g)
{
	pool_fill(g, &g->pool[PROSE], line_prose);
	pool_fill(g, &g->pool[BASE64], line_base64);
	pool_fill(g, &g->pool[QP], line_qp);
	pool_fill(g, &g->pool[HTML], line_html);
}

/* The number of the last line that starts no later than off. */
static size_t
pool_line_at(const struct pool *pool, size_t off)
{
	size_t lo = 0, hi = pool->lines;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo + 1) / 2;

		if (pool->line[mid] <= off)
			lo = mid;
		else
			hi = mid - 1;
	}
	return lo;
}

/*
 * Messages.
 */

/* Append about n bytes of whole lines. */
static void
copy_lines(struct gen *g, const struct pool *pool, size_t n)
{
	const size_t end = g->out.n + n;

	while (g->out.n < end) {
		const size_t left = end - g->out.n;
		const size_t first = random_below(g, pool->lines);
		const size_t from = pool->line[first];
		size_t last = pool_line_at(pool, from + left);

		if (last == first)
			last++;
		bytes_put(&g->out, pool->text.p + from,
		    pool->line[last] - from);
		if (left < 200)
			return;
	}
}

/* Append a line, or two, with the defect whose turn it is. */
static void
plant(struct gen *g)
{
	const enum defect what = (enum defect)(g->messages % DEFECTS);
	struct bytes *b = &g->out;
	size_t n;

	switch (what) {
	case BARE_CR:
		bytes_str(b, "here a carriage\rreturns alone");
		break;
	case CRCRLF:
		bytes_str(b, "here two of them return\r\r\n");
		break;
	case LONE_DOT:
		bytes_str(b, "here comes a dot\n.\r\n");
		break;
	case NUL:
		bytes_put(b, "here is \0 a NUL", 15);
		break;
	default:
		for (n = 999 + random_below(g, 3000); n > 0; n--)
			bytes_str(b, n % 8 == 1 ? " " : "x");
	}
	if (what != CRCRLF && what != LONE_DOT)
		bytes_str(b, g->eol);
	g->planted[what]++;
	g->plant = false;
}

static void
body_part(struct gen *g, enum pool_kind kind, size_t n)
{
	const struct pool *pool = &g->pool[kind];
	size_t before = 0;

	if (g->plant && g->plant_at < n) {
		before = g->plant_at;
		copy_lines(g, pool, before);
		plant(g);
	}
	copy_lines(g, pool, n - before);
	g->plant_at -= g->plant ? n : 0;
}

static void
body(struct gen *g, size_t n)
{
	const struct shape *s = g->shape;

	g->plant = g->dirty;
	g->plant_at = random_below(g, n);
	if (s->type == NULL)
		expand(g, "This is a message in several parts.\n");
	for (size_t i = 0; i < COUNT_OF(s->part) && s->part[i].share > 0;
	    i++) {
		if (s->type == NULL)
			expand(g, part_heads[s->part[i].pool]);
		body_part(g, s->part[i].pool, n / 100 * s->part[i].share +
		    n % 100 * s->part[i].share / 100);
	}
	if (s->type == NULL)
		expand(g, "\n--=_%q--\n");
	if (g->plant)
		plant(g);
}

static void
header(struct gen *g)
{
	const size_t others = random_below(g, 14);
	const size_t from = random_below(g, COUNT_OF(other_fields));

	for (size_t i = 0; i < COUNT_OF(first_fields); i++)
		expand(g, first_fields[i]);
	for (size_t i = 0; i < others; i++)
		expand(g, other_fields[(from + i) % COUNT_OF(other_fields)]);
	for (size_t i = 0; i < COUNT_OF(last_fields); i++)
		expand(g, last_fields[i]);
	expand(g, "\n");
}

/* Log-normal, no more than max. */
static size_t
message_size(struct gen *g, uint64_t max)
{
	const double z = sqrt(-2 * log(random_unit(g))) *
	    cos(6.283185307179586 * random_unit(g));
	const double size = MEDIAN * exp(SIGMA * z);

	if (max > MESSAGE_MAX)
		max = MESSAGE_MAX;
	return size > (double)max ? (size_t)max : (size_t)size;
}

static void
message_begin(struct gen *g, size_t size)
{
	const time_t when = (time_t)(EPOCH + EVERY * g->messages);
	const size_t kinds = COUNT_OF(shapes);
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL)
		die("date");
	(void)strftime(g->date, sizeof(g->date),
	    "%a, %d %b %Y %H:%M:%S +0000", &tm);
	(void)strftime(g->from_date, sizeof(g->from_date),
	    "%a %b %e %H:%M:%S %Y", &tm);
	(void)snprintf(g->boundary, sizeof(g->boundary), "%012" PRIx64
	    "%012" PRIx64, random_next(g) >> 16, random_next(g) >> 16);
	g->shape = &shapes[size < 4096 ? random_below(g, 2) :
	    size < 40960 ? random_below(g, kinds - 1) :
	    kinds - 1 - random_below(g, 2)];
}

/* Append a message of about so many bytes. */
static void
message(struct gen *g, size_t size)
{
	const size_t from = g->out.n;
	size_t used;

	header(g);
	used = g->out.n - from;
	body(g, size < used + BODY_MIN ? BODY_MIN : size - used);
	g->messages++;
}

/*
 * Stores.
 */

/* Write all that was made. */
static void
flush(struct gen *g, int fd, const char *path)
{
	size_t off = 0;

	while (off < g->out.n) {
		const ssize_t n = write(fd, g->out.p + off, g->out.n - off);

		if (n < 0 && errno != EINTR)
			die(path);
		off += n < 0 ? 0 : (size_t)n;
	}
	g->bytes += g->out.n;
	g->out.n = 0;
}

static int
create(int dir, const char *path)
{
	const int fd = openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		die(path);
	return fd;
}

static void
close_written(int fd, const char *path)
{
	if (close(fd) != 0)
		die(path);
}

static void
make_mbox(struct gen *g, const char *path, uint64_t bytes)
{
	const int fd = create(AT_FDCWD, path);
	size_t size;

	while (g->bytes + g->out.n + 4096 < bytes) {
		size = message_size(g, bytes - g->bytes - g->out.n);
		message_begin(g, size);
		expand(g, "From %u@example.com %F\n");
		message(g, size);
		expand(g, "\n");
		if (g->out.n > FLUSH_AT)
			flush(g, fd, path);
	}
	flush(g, fd, path);
	close_written(fd, path);
}

static int
make_directories(const char *path)
{
	static const char *const parts[] = { "cur", "new", "tmp" };
	int dir, cur;

	if (mkdir(path, 0700) != 0 ||
	    (dir = open(path, O_RDONLY | O_DIRECTORY)) < 0)
		die(path);
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (mkdirat(dir, parts[i], 0700) != 0)
			die(path);
	if ((cur = openat(dir, "cur", O_RDONLY | O_DIRECTORY)) < 0)
		die(path);
	(void)close(dir);
	return cur;
}

static void
make_maildir(struct gen *g, const char *path, uint64_t count)
{
	const int cur = make_directories(path);
	char name[120];
	size_t size;
	int fd;

	for (uint64_t i = 0; i < count; i++) {
		size = message_size(g, MESSAGE_MAX);
		message_begin(g, size);
		message(g, size);
		(void)snprintf(name, sizeof(name), "%" PRIu64 ".M%" PRIu64
		    "P%u.host,S=%zu:2,S", EPOCH + EVERY * i,
		    i * 7919 % 1000000, 45u, g->out.n);
		fd = create(cur, name);
		flush(g, fd, name);
		close_written(fd, name);
	}
	(void)close(cur);
}

static void
print_manifest(const struct gen *g)
{
	printf("messages=%" PRIu64 " bytes=%" PRIu64, g->messages, g->bytes);
	for (size_t i = 0; i < DEFECTS; i++)
		printf(" %s=%" PRIu64, defect_names[i], g->planted[i]);
	printf("\n");
}

static const struct worst {
	const char *name;
	const char *p;
	size_t n;
} worst_kinds[] = {
	{ "cr", "\r", 1 },
	{ "lf", "\n", 1 },
	{ "lfdot", "\n.", 2 },
	{ "alternate", "\r\n\n\r", 4 },
	{ "nul", "\0", 1 },
	{ "oneline", "x", 1 },
	{ "dots", "..\n", 3 },
	{ "spacedot", " .\n", 3 },
	{ "dotnul", ".\0\n", 3 },
};

static void
make_worst(struct gen *g, const char *path, uint64_t bytes,
    const struct worst *w)
{
	static const char head[] = "From: alice@example.com\n"
	    "Subject: worst\nMessage-ID: <worst@example.com>\n\n";
	const int fd = create(AT_FDCWD, path);
	struct bytes block = { 0 };
	uint64_t left = bytes;

	while (block.n < WORST_BLOCK)
		bytes_put(&block, w->p, w->n);
	bytes_str(&g->out, head);
	while (left > 0) {
		const size_t n = left < block.n ? (size_t)left : block.n;

		bytes_put(&g->out, block.p, n);
		flush(g, fd, path);
		left -= n;
	}
	flush(g, fd, path);
	close_written(fd, path);
	printf("messages=1 bytes=%" PRIu64 " kind=%s repeats=%" PRIu64 "\n",
	    g->bytes, w->name, bytes / w->n);
	free(block.p);
}

/*
 * Arguments.
 */

static void
usage(void)
{
	fprintf(stderr,
	    "usage: gen [-s SEED] mbox FILE BYTES [lf|crlf] [clean|dirty]\n"
	    "       gen [-s SEED] maildir DIR COUNT [lf|crlf] "
	    "[clean|dirty]\n"
	    "       gen worst FILE BYTES KIND\nKIND is");
	for (size_t i = 0; i < COUNT_OF(worst_kinds); i++)
		fprintf(stderr, " %s", worst_kinds[i].name);
	fprintf(stderr, "\nBYTES may end with K, M or G\n");
	exit(2);
}

static uint64_t
parse_number(const char *s)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(s, &end, 10);
	if (errno != 0 || end == s || *s == '-')
		usage();
	if (*end != '\0') {
		unit = strchr(units, *end);
		if (unit == NULL || end[1] != '\0')
			usage();
		n <<= 10 * (unit - units + 1);
	}
	return n;
}

/* Read lf|crlf and clean|dirty, in any order. */
static void
parse_kinds(struct gen *g, char **arg)
{
	for (; *arg != NULL; arg++)
		if (strcmp(*arg, "crlf") == 0)
			g->eol = "\r\n";
		else if (strcmp(*arg, "dirty") == 0)
			g->dirty = true;
		else if (strcmp(*arg, "lf") != 0 && strcmp(*arg, "clean") != 0)
			usage();
}

static void
run_worst(struct gen *g, char **arg)
{
	if (arg[3] == NULL || arg[4] != NULL)
		usage();
	for (size_t i = 0; i < COUNT_OF(worst_kinds); i++)
		if (strcmp(arg[3], worst_kinds[i].name) == 0) {
			make_worst(g, arg[1], parse_number(arg[2]),
			    &worst_kinds[i]);
			return;
		}
	usage();
}

int
main(int argc, char **argv)
{
	struct gen g = { .seed = 1, .eol = "\n" };
	char **arg = argv + 1;

	if (argc > 2 && strcmp(arg[0], "-s") == 0) {
		g.seed = parse_number(arg[1]);
		arg += 2;
	}
	if (argv + argc - arg < 3)
		usage();
	if (strcmp(arg[0], "worst") == 0) {
		run_worst(&g, arg);
	} else if (strcmp(arg[0], "mbox") == 0 ||
	    strcmp(arg[0], "maildir") == 0) {
		parse_kinds(&g, arg + 3);
		pools_fill(&g);
		(strcmp(arg[0], "mbox") == 0 ? make_mbox : make_maildir)(&g,
		    arg[1], parse_number(arg[2]));
		print_manifest(&g);
	} else {
		usage();
	}
	for (size_t i = 0; i < POOLS; i++) {
		free(g.pool[i].text.p);
		free(g.pool[i].line);
	}
	free(g.out.p);
	return fflush(stdout) == 0 ? 0 : 1;
}
