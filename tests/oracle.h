/*
 * What a message should come to, worked out the slow way: the whole message
 * in memory, one loop per question.  Written from the contracts in rules/,
 * to be compared with the engine; it shares no code with it.
 *
 * oracle_read -> oracle_judge* -> ...; oracle_free at the very end.  A zeroed
 * struct oracle is ready.
 */
#ifndef BAREDOT_ORACLE_H
#define BAREDOT_ORACLE_H

#include "engine.h"

struct oracle_line {
	uint64_t off, len;
	enum brk before, after;
	bool crcrlf;		/* after is the first CR of a CRCRLF */
};

struct oracle_finding {
	bool there;
	enum severity severity;
	struct spots where;
};

struct oracle {
	struct span m;		/* the caller's; must stay */
	struct oracle_line *lines;
	size_t n, cap;		/* lines */
	size_t header_n;	/* lines of the header block */
	struct tally tally;
	struct spots no_end;
	enum convention convention;
	struct oracle_finding want[CODE_COUNT];
};

/* Split and count; wide: lines over 78 bytes too. */
void oracle_read(struct oracle *, struct span m, bool wide);

/* Fill in convention and want. */
void oracle_judge(struct oracle *, enum eol_mode, enum brk native);

/*
 * The verdict of an engine that reports these codes is what was worked out;
 * else why says, in n bytes, where they differ.
 */
bool oracle_agrees(const struct oracle *, const struct verdict *, code_set,
    char *why, size_t n);

void oracle_free(struct oracle *);

#endif
