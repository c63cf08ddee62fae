/*
 * See repair_options.h, and what repair.h says of options.
 */
#include "repair_options.h"

#include "header_fix.h"

static enum fix_eod
fix_eod_of(enum repair_eod eod)
{
	static const enum fix_eod of[] = {
		[REPAIR_EOD_NATIVE] = FIX_EOD_NATIVE,
		[REPAIR_EOD_STUFF] = FIX_EOD_STUFF,
		[REPAIR_EOD_CRLF] = FIX_EOD_CRLF,
		[REPAIR_EOD_ENCODE] = FIX_EOD_KEEP,
		[REPAIR_EOD_REMOVE] = FIX_EOD_REMOVE,
		[REPAIR_EOD_QUARANTINE] = FIX_EOD_ELSEWHERE,
		[REPAIR_EOD_KEEP] = FIX_EOD_KEEP,
	};

	return of[eod];
}

struct fix_options
repair_fix_options(const struct repair_options *o, code_set codes, enum brk to,
    bool cr_is_break)
{
	return (struct fix_options){
		.to = to, .classes = fix_classes(codes),
		.spared = fix_spared(codes), .cr = o->cr,
		.nul = o->nul, .eod = fix_eod_of(o->eod),
		.cr_is_break = cr_is_break,
	};
}

code_set
repair_codes_in(const struct repair_options *o, const struct verdict *v)
{
	code_set codes = o->codes;

	for (size_t i = 0; i < v->n; i++)
		if (v->list[i].severity < o->least)
			codes &= ~(1ull << v->list[i].code);
	return codes | o->behind;
}

unsigned
repair_kinds(const struct repair_options *o)
{
	unsigned kinds = EDIT_LENGTH;

	if (o->take_out)
		return 0;
	for (unsigned cr = 0; cr < 2; cr++) {
		const struct fix_options lf = repair_fix_options(o, o->codes,
		    BRK_LF, cr);
		const struct fix_options crlf = repair_fix_options(o, o->codes,
		    BRK_CRLF, cr);

		if (o->to != REPAIR_CRLF)
			kinds |= fix_kinds(&lf);
		if (o->to != REPAIR_LF)
			kinds |= fix_kinds(&crlf);
	}
	if ((o->flags & HEADER_FIX_FLAGS) != 0)
		kinds |= HEADER_FIX_KINDS;
	if (o->reencode)
		kinds |= EDIT_FIELD | EDIT_ENCODING | EDIT_ENCODE;
	return kinds;
}

bool
repair_takes_out(const struct repair_options *o)
{
	return o->take_out || o->eod == REPAIR_EOD_QUARANTINE;
}
