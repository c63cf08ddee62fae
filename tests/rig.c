/*
 * See rig.h.
 */
#include "rig.h"

#include <stdlib.h>

#include "t.h"

void
rig_open(struct rig *r, code_set codes)
{
	const struct kernel *k;

	memset(r, 0, sizeof(*r));
	r->codes = codes;
	for (; (k = kernel_at(r->kernels)) != NULL; r->kernels++)
		for (unsigned i = 0; i < 2 * RIG_MODES; i++) {
			const struct engine_options o = {
				.kernel = k, .eol = i % RIG_MODES,
				.codes = codes, .no_census = i >= RIG_MODES,
			};
			struct engine *g = engine_new(&o);

			assert_non_null(g);
			r->engine[r->kernels][i / RIG_MODES][i % RIG_MODES] =
			    g;
		}
}

void
rig_close(struct rig *r)
{
	for (size_t k = 0; k < KERNELS; k++)
		for (unsigned i = 0; i < 2 * RIG_MODES; i++)
			engine_free(r->engine[k][i / RIG_MODES]
			    [i % RIG_MODES]);
	oracle_free(&r->oracle);
}

int
rig_setup(void **state)
{
	struct rig *r = malloc(sizeof(*r));

	if (r == NULL)
		return -1;
	rig_open(r, code_set_default());
	*state = r;
	return 0;
}

int
rig_teardown(void **state)
{
	rig_close(*state);
	free(*state);
	return 0;
}

void
rig_message(struct rig *r, struct span m)
{
	oracle_read(&r->oracle, m, r->codes >> CODE_LIMIT_LINE_78 & 1);
}

/* Memory of just the right size lets the sanitizer see a byte too far. */
static void
feed_piece(struct engine *g, struct span s)
{
	uint8_t *p = malloc(s.n > 0 ? s.n : 1);

	assert_non_null(p);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	engine_feed(g, (struct span){ p, s.n });
	free(p);
}

const struct verdict *
rig_run(struct engine *g, struct span m, struct cuts c, enum brk native)
{
	size_t at = 0, next = c.first;

	engine_begin(g, native);
	while (next < m.n) {
		feed_piece(g, (struct span){ m.p + at, next - at });
		at = next;
		next = at < c.last && c.step >= c.last - at ? c.last :
		    c.step < m.n - at ? at + c.step : m.n;
	}
	feed_piece(g, (struct span){ m.p + at, m.n - at });
	return engine_end(g);
}

static void
show_message(struct span m)
{
	print_error("message of %zu bytes: ", m.n);
	for (size_t i = 0; i < m.n; i++) {
		const uint8_t c = m.p[i];

		if (c > ' ' && c < 127 && c != '\\')
			print_error("%c", c);
		else
			print_error("\\%03o", c);
	}
	print_error("\n");
}

static const struct verdict *
agreed(struct rig *r, size_t k, bool no_census, enum eol_mode mode,
    enum brk native, struct cuts c)
{
	const struct verdict *v = rig_run(r->engine[k][no_census][mode],
	    r->oracle.m, c, native);
	char why[128];

	if (oracle_agrees(&r->oracle, v, r->codes, why, sizeof(why)))
		return v;
	show_message(r->oracle.m);
	print_error("kernel %s, %s census, mode %d, native %d, cuts %zu + "
	    "n * %zu, %zu\n", kernel_at(k)->name, no_census ? "no" : "with",
	    (int)mode, (int)native, c.first, c.step, c.last);
	fail_msg("%s", why);
	return v;
}

const struct verdict *
rig_check(struct rig *r, size_t k, bool no_census, enum eol_mode mode,
    enum brk native, struct cuts c)
{
	oracle_judge(&r->oracle, mode, native);
	return agreed(r, k, no_census, mode, native, c);
}

void
rig_check_all(struct rig *r, enum eol_mode mode, enum brk native,
    struct cuts c)
{
	oracle_judge(&r->oracle, mode, native);
	for (size_t k = 0; k < r->kernels; k++) {
		(void)agreed(r, k, false, mode, native, c);
		(void)agreed(r, k, true, mode, native, c);
	}
}

size_t
rig_string(struct span abc, size_t n, uint8_t *out)
{
	size_t len = 0;

	for (size_t of_len = 1; n >= of_len; of_len *= abc.n) {
		n -= of_len;
		len++;
	}
	for (size_t i = 0; i < len; i++, n /= abc.n)
		out[i] = abc.p[n % abc.n];
	return len;
}

size_t
rig_strings(struct span abc, size_t max)
{
	size_t n = 0, of_len = 1;

	for (size_t len = 0; len <= max; len++, of_len *= abc.n)
		n += of_len;
	return n;
}
