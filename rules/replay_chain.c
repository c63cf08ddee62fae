/*
 * See replaying.h: what some receivers make of what some senders send, a byte
 * of the wire after another.
 */
#include "replaying.h"

#include "verbs.h"

static void
note_row(uint8_t *row, uint64_t receivers, enum replayed o)
{
	for (; receivers != 0; receivers &= receivers - 1) {
		uint8_t *cell = &row[__builtin_ctzll(receivers)];

		if (*cell < o)
			*cell = (uint8_t)o;
	}
}

/* At least as bad as that, from now on. */
static void
note(struct replay *r, const struct chain *c, uint64_t receivers,
    enum replayed o)
{
	uint32_t senders = c->senders->places;

	for (; receivers != 0 && senders != 0; senders &= senders - 1) {
		const size_t s = (size_t)__builtin_ctz(senders);

		note_row(r->result.cells + s * r->plan->width, receivers &
		    replay_sends_to(r->plan, c->senders->does.bdat, s), o);
	}
}

/* What happens to the message itself, and not to one out of it. */
static void
note_own(struct replay *r, const struct chain *c, uint64_t receivers,
    enum replayed o)
{
	if (c->nth == 0)
		note(r, c, receivers, o);
}

static struct replay_split *
split_of(struct replay *r, const struct chain *c)
{
	return c->split < 0 ? NULL : &r->result.list[c->split];
}

static void
release(struct replay *r, struct chain *c)
{
	c->mode = CHAIN_FREE;
	r->moved = true;
}

/* The number of a new place in the list; -1: it is full. */
static int
new_split(struct replay *r, const struct chain *c, uint64_t off)
{
	struct replay_split *s;

	if (r->result.n == REPLAY_SPLITS) {
		r->result.more++;
		return -1;
	}
	s = &r->result.list[r->result.n];
	memset(s, 0, sizeof(*s));
	s->off = off;
	s->senders = c->senders->places;
	s->receivers = c->live;
	s->cr = c->cr;
	s->nth = c->nth;
	return (int)r->result.n++;
}

static struct chain *
free_chain(struct replay *r)
{
	size_t i = 0;

	while (i < r->chains_n && r->chains[i].mode != CHAIN_FREE)
		i++;
	if (i == CHAINS)
		return NULL;
	if (i == r->chains_n)
		r->chains_n++;
	return &r->chains[i];
}

/* For these the data is over at off: they read commands from here on.  NULL:
 * there is nothing more to be followed. */
static struct chain *
fork_off(struct replay *r, const struct chain *c, uint64_t receivers,
    uint64_t off, bool cr, bool cr_last)
{
	struct chain *to;

	receivers &= cr ? r->plan->cr_ends : ~r->plan->cr_ends;
	if (receivers == 0 || c->nth == MESSAGES_MAX)
		return NULL;
	if ((to = free_chain(r)) == NULL) {
		r->result.more++;
		return NULL;
	}
	/* But for the line, which is empty. */
	memset(to, 0, offsetof(struct chain, line));
	to->mode = CHAIN_COMMAND;
	to->senders = c->senders;
	to->t = c->t;
	to->live = receivers;
	to->nth = c->nth;
	to->cr = cr;
	to->cr_last = cr && cr_last;
	to->split = new_split(r, to, off);
	r->moved = true;
	return to;
}

static void
keep_text(struct replay_split *s, uint8_t byte)
{
	if (s->n < REPLAY_TEXT)
		s->text[s->n++] = byte;
}

/* The first bytes of a message that comes out, without the dots that its
 * receivers take away. */
static void
show(struct replay *r, struct chain *c, uint8_t byte)
{
	struct replay_split *s = split_of(r, c);

	if (c->line_start)
		c->dotted = byte == '.';
	if (c->line_start && c->dotted) {
		c->line_start = false;
		c->dot = true;
		c->line_at = (uint16_t)s->n;
		return;
	}
	if (c->dot && c->doubled && byte != '.')
		keep_text(s, '.');
	c->dot = false;
	keep_text(s, byte);
	c->line_start = byte == '\n' || (c->cr && byte == '\r');
	c->text = s->n < REPLAY_TEXT;
}

/* For all of its receivers the message ends with this line, which is no part
 * of it. */
static void
end_text(struct replay *r, struct chain *c)
{
	struct replay_split *s = split_of(r, c);

	if (c->text && c->dotted)
		s->n = c->line_at;
	c->text = false;
}

/* A byte of the data.  Returns the receivers for whom it is over with that. */
static uint64_t
data_byte(struct replay *r, struct chain *c, uint8_t byte)
{
	const enum wire_class w = wire_classes[byte];
	const struct panel *p = c->senders->panel;
	const struct panel_act *a = &p->act[c->panel][w];
	const uint64_t end = a->end & c->live;

	c->panel = p->next[c->panel][w];
	note_own(r, c, a->refuse & c->live, REPLAY_REFUSED);
	c->tainted |= a->taint & c->live;
	if (c->text)
		show(r, c, byte);
	c->live &= ~(a->end | a->refuse);
	if (c->live == 0 && end != 0)
		end_text(r, c);
	return end;
}

static void
keep_address(struct replay_address *a, struct span line)
{
	const uint8_t *colon = memchr(line.p, ':', line.n);
	size_t n = 0;

	if (colon != NULL) {
		line.n -= (size_t)(colon + 1 - line.p);
		line.p = colon + 1;
	}
	while (line.n > 0 && ascii_wsp(line.p[0])) {
		line.p++;
		line.n--;
	}
	while (n < line.n && line.p[n] != '\r' && line.p[n] != ' ' &&
	    n < REPLAY_ADDRESS)
		n++;
	a->n = (uint16_t)n;
	memcpy(a->p, line.p, n);
}

/* A message comes out: its data begins with the next byte. */
static void
begin_message(struct replay *r, struct chain *c, bool by_bdat)
{
	struct replay_split *s = split_of(r, c);

	note(r, c, c->live, REPLAY_SMUGGLED);
	c->mode = CHAIN_DATA;
	c->panel = c->senders->panel->start;
	c->nth++;
	c->line_start = true;
	c->dot = c->dotted = false;
	c->doubled = (c->live & ~r->plan->doubled) == 0;
	if (s != NULL)
		s->smuggled = true;
	c->text = s != NULL;
	if (by_bdat)
		c->live = 0;	/* it has no end that could be seen */
}

/* False: the receiver hangs up, or has to. */
static bool
command(struct replay *r, struct chain *c, struct span line)
{
	const enum verb v = verb_of(line);
	struct replay_split *s = split_of(r, c);

	switch (v) {
	case VERB_HELLO:
	case VERB_RSET:
		c->mail = false;
		c->rcpt = 0;
		return true;
	case VERB_MAIL:
		if (c->mail)
			break;
		c->mail = true;
		if (s != NULL)
			keep_address(&s->mail, line);
		return true;
	case VERB_RCPT:
		if (!c->mail)
			break;
		if (s != NULL && c->rcpt < REPLAY_RECIPIENTS)
			keep_address(&s->rcpt[c->rcpt], line);
		c->rcpt++;
		if (s != NULL)
			s->recipients = c->rcpt;
		return true;
	case VERB_DATA:
	case VERB_BDAT:
		if (c->rcpt == 0)
			break;
		begin_message(r, c, v == VERB_BDAT);
		return true;
	case VERB_QUIT:
		return false;
	default:
		break;
	}
	return ++c->bad < COMMANDS_BAD;
}

#define JUNK_AT 8u

/* No command begins so. */
static bool
is_junk(struct span s)
{
	const char *word;

	while (s.n > 0 && (ascii_wsp(s.p[0]) || s.p[0] == 0))
		s = (struct span){ s.p + 1, s.n - 1 };
	for (size_t i = 0; (word = verb_word(i)) != NULL; i++)
		if (s.n < strlen(word) || span_starts_nocase(s,
		    (struct span){ (const uint8_t *)word, strlen(word) }))
			return false;
	return true;
}

static void
command_byte(struct replay *r, struct chain *c, uint8_t byte)
{
	size_t n;

	if (byte != '\n' && !(c->cr && byte == '\r')) {
		if (c->line_n < COMMAND_LINE)
			c->line[c->line_n] = byte;
		c->line_n += c->line_n <= COMMAND_LINE;
		if (c->line_n == JUNK_AT)
			c->junk = is_junk((struct span){ c->line, JUNK_AT });
		return;
	}
	n = c->line_n <= COMMAND_LINE ? c->line_n : 0;
	c->line_n = 0;
	c->junk = false;
	c->cr_last = byte == '\r';
	if (n > 0 && c->line[n - 1] == '\r')
		n--;
	if (!command(r, c, (struct span){ c->line, n }))
		release(r, c);
}

/* A byte of the wire; see data_byte. */
static uint64_t
wire_byte(struct replay *r, struct chain *c, uint8_t byte)
{
	const bool cr_last = c->cr_last;

	c->cr_last = false;
	if (cr_last && byte == '\n')
		return 0;
	if (c->mode == CHAIN_DATA)
		return data_byte(r, c, byte);
	if (c->mode == CHAIN_COMMAND)
		command_byte(r, c, byte);
	return 0;
}

/* For these receivers the data is over with byte: they read the rest as
 * commands. */
static void
split(struct replay *r, struct chain *c, uint64_t receivers, uint64_t off,
    uint8_t byte, struct span rest)
{
	struct chain *to;

	note_own(r, c, receivers, REPLAY_CUT);
	for (int cr = 0; cr < 2; cr++) {
		to = fork_off(r, c, receivers, off, cr == 1, byte == '\r');
		for (size_t i = 0; to != NULL && i < rest.n; i++)
			(void)wire_byte(r, to, rest.p[i]);
	}
}

static bool
is_over(const struct chain *c)
{
	return c->mode == CHAIN_DATA && c->live == 0 && !c->text;
}

/* How many bytes of what goes out now are of a CR that was held back: no byte
 * of those behind it becomes one that a CR may become. */
static size_t
of_held_cr(struct span out, enum wire_class w)
{
	size_t n = out.n;

	if (w == WIRE_LF)
		return n > 2 ? n - 2 : 0;
	if (w == WIRE_OTHER)
		return n - 1;
	while (n > 0 && w != WIRE_CR && out.p[n - 1] == (w == WIRE_DOT ? '.' :
	    0))
		n--;
	return n;
}

void
chain_step(struct replay *r, struct chain *c, uint8_t byte)
{
	const enum wire_class w = wire_classes[byte];
	const bool held = c->t.cr;
	uint8_t out[SENDER_OUT];
	const size_t n = sender_step(&c->senders->does, r->lf, &c->t, w,
	    out);
	const size_t before = held && n <= SENDER_OUT ?
	    of_held_cr((struct span){ out, n }, w) : 0;
	uint64_t ended;

	if (w == WIRE_OTHER && n > 0 && n <= SENDER_OUT)
		out[n - 1] = byte;
	for (size_t i = 0; n <= SENDER_OUT && i < n; i++) {
		ended = wire_byte(r, c, out[i]);
		if (ended != 0)
			split(r, c, ended, r->off + (i >= before), out[i],
			    (struct span){ out + i + 1, n - i - 1 });
	}
	if (n > SENDER_OUT)
		note_own(r, c, c->live, REPLAY_UNSENT);
	if (n > SENDER_OUT || is_over(c))
		release(r, c);
}

/* A byte of what ends the data; last: it is part of the end itself. */
static void
end_byte(struct replay *r, struct chain *c, uint8_t byte, bool last)
{
	const uint64_t ended = wire_byte(r, c, byte);

	if (ended == 0)
		return;
	if (!last)
		note_own(r, c, ended, REPLAY_CUT);
	note_own(r, c, ended & c->tainted, REPLAY_REFUSED);
	note_own(r, c, ended, REPLAY_WHOLE);
}

void
chain_end(struct replay *r, struct chain *c)
{
	uint8_t out[SENDER_OUT];
	size_t dot;
	const size_t n = sender_end(&c->senders->does, &c->t, out, &dot);

	if (n > SENDER_OUT) {
		note_own(r, c, c->live, REPLAY_UNSENT);
		return;
	}
	for (size_t i = 0; i < n; i++)
		end_byte(r, c, out[i], i >= dot);
	if (c->senders->does.bdat) {
		note_own(r, c, c->live & c->tainted, REPLAY_REFUSED);
		note_own(r, c, c->live, REPLAY_WHOLE);
	} else if (c->mode == CHAIN_DATA)
		note_own(r, c, c->live, REPLAY_OPEN);
}
