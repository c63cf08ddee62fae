/*
 * formats/from.c: which lines separate messages.
 */
#include "t.h"

#include <stdlib.h>

#include "buf.h"
#include "from.h"
#include "split.h"

#define DATE "Thu Jan  1 00:00:00 1970"
#define X10 "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define X900 X100 X100 X100 X100 X100 X100 X100 X100 X100

static const struct {
	const char *line;	/* a field line is added, unless it has an LF */
	enum from_is is;
} table[] = {
	/* the forms that occur in the wild */
	{ "From a@example.org " DATE, FROM_SEPARATOR },
	{ "From user at host.example  " DATE, FROM_SEPARATOR },
	{ "From 1545668983435175434@xxx Fri Sep 16 22:26:51 +0000 2016",
	    FROM_SEPARATOR },
	{ "From MAILER-DAEMON  " DATE, FROM_SEPARATOR },
	{ "From - " DATE, FROM_SEPARATOR },
	{ "From ", FROM_SEPARATOR },
	{ "From \t ", FROM_SEPARATOR },
	{ "From -", FROM_SEPARATOR },
	{ "From - ", FROM_SEPARATOR },
	{ "From 1844347792267117879@xxx", FROM_SEPARATOR },
	{ "From 1@xxx \t", FROM_SEPARATOR },
	{ "From --", FROM_TEXT },
	{ "From - and on", FROM_TEXT },
	{ "From @xxx", FROM_TEXT },
	{ "From 1@xxy", FROM_TEXT },
	{ "From a1@xxx", FROM_TEXT },
	{ "From 1@xxxx", FROM_TEXT },
	{ "From - \n\nS: x", FROM_TEXT },
	{ "From \"a b\"@example.org " DATE, FROM_SEPARATOR },
	{ "From \"\" " DATE, FROM_SEPARATOR },
	{ "From " DATE, FROM_SEPARATOR },
	{ "From x Thu, 9 Nov 2002 22:33:52 +0100", FROM_SEPARATOR },
	{ "From x 9 Nov 2002 22:33", FROM_SEPARATOR },
	{ "From x 9 Nov 02 22:33 CET DST", FROM_SEPARATOR },
	{ "From x Jan 1 1:02 1970", FROM_SEPARATOR },
	{ "From x jAN 1 1:02 70", FROM_SEPARATOR },
	{ "From x Mon Jan 1 10:02:03 CET DST 1996", FROM_SEPARATOR },
	{ "From x Mon Jan 1 10:02:03 1996 CET DST", FROM_SEPARATOR },
	{ "From x Mon Jan 1 10:02:03 1996 -0800", FROM_SEPARATOR },
	{ "From x " DATE " remote from host", FROM_SEPARATOR },
	{ "From x\t" DATE, FROM_SEPARATOR },
	{ "From x " DATE " \t ", FROM_SEPARATOR },
	{ "From \xff\xfe " DATE, FROM_SEPARATOR },
	{ "From x " DATE "\nsubject:", FROM_SEPARATOR },
	{ "From x " DATE "\nA : b", FROM_SEPARATOR },
	{ "From x " DATE "\n>From y:", FROM_TEXT },
	{ "From x " DATE "\nFrom: y", FROM_SEPARATOR },
	{ "From x " DATE "\r\nS: y", FROM_SEPARATOR },
	{ "From \r\nS: y", FROM_SEPARATOR },
	{ "From " X900 " " DATE, FROM_SEPARATOR },

	/* near misses */
	{ "From", FROM_NO },
	{ "from x " DATE, FROM_NO },
	{ "FROM x " DATE, FROM_NO },
	{ "From: x " DATE, FROM_NO },
	{ "From\tx " DATE, FROM_NO },
	{ " From x " DATE, FROM_NO },
	{ ">From x " DATE, FROM_NO },
	{ "", FROM_NO },
	{ "From here on, all is well", FROM_TEXT },
	{ "From x", FROM_TEXT },
	{ "From x Thu Jan 1 1970", FROM_TEXT },
	{ "From x Thu Jan 1 00:00:00", FROM_TEXT },
	{ "From x Thu 1 00:00:00 1970", FROM_TEXT },
	{ "From x Thu Jan 00:00:00 1970", FROM_TEXT },
	{ "From x Thu Jam 1 00:00:00 1970", FROM_TEXT },
	{ "From x Thu January 1 00:00:00 1970", FROM_TEXT },
	{ "From x Thu Jan 1 00:00:0 1970", FROM_TEXT },
	{ "From x Thu Jan 1 0:0:0 1970", FROM_TEXT },
	{ "From x Thu Jan 1 000:00 1970", FROM_TEXT },
	{ "From x Thu Jan 1 00:00:00:00 1970", FROM_TEXT },
	{ "From x Thu Jan 1 00.00.00 1970", FROM_TEXT },
	{ "From x Thu Jan 111 00:00:00 1970", FROM_TEXT },
	{ "From x Thu Jan 1 00:00:00 197", FROM_TEXT },
	{ "From x Thu Jan 1 00:00:00 19700", FROM_TEXT },
	{ "From x Thu Jan 1 00:00:00 1970.", FROM_TEXT },
	{ "From x " DATE " and more", FROM_SEPARATOR },	/* like a zone */
	{ "From x " DATE " and much more", FROM_TEXT },
	{ "From x Jan 1 10:02 A B 1996 C D", FROM_SEPARATOR },
	{ "From x Jan 1 10:02 A B C 1996", FROM_TEXT },
	{ "From x Jan 1 10:02 1996 A B C", FROM_TEXT },
	{ "From x 1 Jan 1996 10:02 A B C", FROM_TEXT },
	{ "From x " DATE " I wrote", FROM_SEPARATOR },
	{ "From x " DATE " he wrote:", FROM_TEXT },
	{ "From x " DATE " +100", FROM_TEXT },
	{ "From x " DATE " remote from", FROM_TEXT },
	{ "From x " DATE "\n", FROM_TEXT },
	{ "From x " DATE "\n\nS: y", FROM_TEXT },
	{ "From x " DATE "\nno field", FROM_TEXT },
	{ "From x " DATE "\n: y", FROM_TEXT },
	{ "From x " DATE "\n folded: y", FROM_TEXT },
	{ "From x " DATE "\nS\xe9: y", FROM_TEXT },
	{ "From x " DATE "\nnot a field: y", FROM_TEXT },
	{ "From " X900 X100 " " DATE, FROM_TEXT },
};

/* A text with its field line; with CRs for line ends if that is last. */
static void
complete(struct buf *b, const char *line, uint8_t last)
{
	buf_clear(b);
	buf_str(b, line);
	if (strchr(line, '\n') == NULL)
		buf_str(b, "\nSubject: x");
	buf_byte(b, '\n');
	for (size_t i = 0; i < b->n && last == '\r'; i++)
		if (b->p[i] == '\n')
			b->p[i] = '\r';
}

static void
every_known_form_is_judged(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *line = table[i].line;
		enum from_is is;

		complete(&b, line, '\n');
		is = from_judge(buf_span(&b), '\n');
		if (is != table[i].is)
			print_message("# %s\n", line);
		assert_int_equal(is, table[i].is);
		if (strchr(line, '\r') != NULL)
			continue;
		complete(&b, line, '\r');
		assert_int_equal(from_judge(buf_span(&b), '\r'), table[i].is);
	}
	buf_free(&b);
}

/* All lines of up to 6 words, of which most are nearly dates. */
static void
dates_are_those_of_the_rule(void **state)
{
	static const char *const words[] = {
		"Feb", "7", "10:20", "1999", "CET", "+0100", "5@xxx", "-",
	};
	const size_t n = sizeof(words) / sizeof(words[0]);
	struct splitter s;
	struct buf b = { 0 };
	size_t top = 1, separators = 0;

	(void)state;
	splitter_open(&s);
	for (unsigned i = 0; i < 6; i++)
		top *= n + 1;
	for (size_t code = 1; code < top; code++) {
		bool is, skip = false;

		buf_clear(&b);
		buf_str(&b, "From");
		for (size_t c = code; c > 0; c /= n + 1)
			if (c % (n + 1) == 0)
				skip = true;
			else
				buf_printf(&b, " %s", words[c % (n + 1) - 1]);
		if (skip)
			continue;
		buf_str(&b, "\nS: x\n");
		is = from_judge(buf_span(&b), '\n') == FROM_SEPARATOR;
		if (is != split_separates(&s, buf_span(&b), 0))
			fail_msg("%s", buf_text(&b));
		separators += is;
	}
	assert_true(separators > 200);
	buf_free(&b);
	splitter_close(&s);
}

/* The first FROM_AHEAD bytes decide, so that no more need to be at hand. */
static void
more_bytes_do_not_change_the_answer(void **state)
{
	struct buf b = { 0 };
	enum from_is is;

	(void)state;
	for (size_t name = 1; name < 2500; name++) {
		buf_clear(&b);
		buf_str(&b, "From x " DATE "\n");
		for (size_t i = 0; i < name; i++)
			buf_byte(&b, 'n');
		buf_str(&b, ": x\n");
		is = from_judge(buf_span(&b), '\n');
		if (b.n > FROM_AHEAD)
			b.n = FROM_AHEAD;
		assert_int_equal(from_judge(buf_span(&b), '\n'), is);
	}
	buf_free(&b);
}

/* What is cut off is never read, and never a separator before its colon. */
static void
cut_lines_are_no_separators(void **state)
{
	static const char text[] = "From x " DATE " remote from h\r\nAb\t: c";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		uint8_t *own = malloc(n + 1);
		enum from_is is;

		memcpy(own + 1, text, n);
		is = from_judge((struct span){ own + 1, n }, '\n');
		assert_int_equal(is, n < 5 ? FROM_NO :
		    n < sizeof(text) - 3 ? FROM_TEXT : FROM_SEPARATOR);
		free(own);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_known_form_is_judged),
		cmocka_unit_test(dates_are_those_of_the_rule),
		cmocka_unit_test(more_bytes_do_not_change_the_answer),
		cmocka_unit_test(cut_lines_are_no_separators),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
