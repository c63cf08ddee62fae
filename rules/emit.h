/*
 * Where findings go: the codes that are wanted, to the verdict.  For the
 * engine; rules call emit and its like, in rule.h.
 */
#ifndef BAREDOT_EMIT_H
#define BAREDOT_EMIT_H

#include "rule.h"

struct emit {
	struct verdict *verdict;
	code_set codes;
};

#endif
