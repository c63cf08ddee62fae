/*
 * See database_fill.h: a message, its findings, and its replay.
 */
#include "database_fill.h"

static void
put_finding(struct filling *f, const struct json_object *o, uint64_t message)
{
	const uint64_t id = ++f->findings;
	struct span code;
	uint64_t off;

	if (json_member_text(o, "code", &code))
		fill_code(f, code);
	if (json_member_text(o, "because", &code))
		fill_code(f, code);
	fill_row(f, TABLE_finding, &(struct row){ .o = o, .id = id,
	    .of = message });
	for (size_t i = 0; json_member_u64_at(o, "offsets", i, &off); i++)
		fill_row(f, TABLE_place, &(struct row){ .of = id, .id = i + 1,
		    .n = off });
	fill_list(f, TABLE_fools, o, "fools", id);
}

static void
put_replay(struct filling *f, const struct json_object *o, uint64_t message)
{
	static const struct { const char *key; struct span role; } roles[] = {
		{ "senders", { (const uint8_t *)"sender", 6 } },
		{ "receivers", { (const uint8_t *)"receiver", 8 } },
	};

	fill_row(f, TABLE_replay, &(struct row){ .o = o, .of = message });
	for (size_t i = 0; i < json_member_count(o, "outcomes"); i++) {
		const struct json_object *at = json_member_at(o, "outcomes",
		    i);

		fill_row(f, TABLE_replay_outcome, &(struct row){ .o = at,
		    .id = ++f->outcomes, .of = message });
		for (size_t k = 0; k < 2; k++)
			fill_names(f, TABLE_replay_outcome_server, at,
			    roles[k].key, roles[k].role, f->outcomes);
	}
	for (size_t i = 0; i < json_member_count(o, "ends"); i++) {
		const struct json_object *at = json_member_at(o, "ends", i);

		fill_row(f, TABLE_replay_end, &(struct row){ .o = at,
		    .id = ++f->ends, .of = message });
		for (size_t k = 0; k < 2; k++)
			fill_names(f, TABLE_replay_end_server, at,
			    roles[k].key, roles[k].role, f->ends);
		fill_list(f, TABLE_replay_end_recipient,
		    json_member(at, "message"), "recipients", f->ends);
	}
}

void
fill_message(struct filling *f, const struct json_object *o, uint64_t id,
    uint64_t store)
{
	fill_row(f, TABLE_message, &(struct row){ .o = o, .id = id,
	    .of = store });
	fill_list(f, TABLE_recipient, json_member(o, "envelope"), "recipients",
	    id);
	fill_list(f, TABLE_part, json_member(o, "mime"), "list", id);
	fill_list(f, TABLE_signature, o, "dkim", id);
	for (size_t i = 0; i < json_member_count(o, "findings"); i++)
		put_finding(f, json_member_at(o, "findings", i), id);
	if (json_member(o, "repair") != NULL)
		fill_row(f, TABLE_repair, &(struct row){
		    .o = json_member(o, "repair"), .of = id });
	if (json_member_is(o, "type", "replay"))
		put_replay(f, o, id);
}
