/*
 * encoded FILE...: each part of each message encoded alone, for another
 * program to look at.  Writes FILE.N for part N, and says "FILE N" or
 * "FILE N why not".  The name's first letter: native breaks (l or c).
 */
#include <stdio.h>
#include <stdlib.h>

#include "../encodelaws.h"

#define MAX (1u << 20)

static _Noreturn void
give_up(const char *what)
{
	perror(what);
	exit(1);
}

static size_t
read_file(const char *path, uint8_t *out)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL)
		give_up(path);
	n = fread(out, 1, MAX, f);
	(void)fclose(f);
	return n;
}

static void
write_file(const char *path, size_t part, struct span s)
{
	char name[4096];
	FILE *f;

	(void)snprintf(name, sizeof(name), "%s.%zu", path, part);
	f = fopen(name, "wb");
	if (f == NULL || fwrite(s.p, 1, s.n, f) != s.n || fclose(f) != 0)
		give_up(name);
}

static void
encode_parts(struct encodelaws *l, const char *path, struct span m)
{
	const char *slash = strrchr(path, '/');
	const bool lf = (slash != NULL ? slash[1] : path[0]) == 'l';
	const struct reencode_how how = { .native = lf ? BRK_LF : BRK_CRLF,
	    .to = lf ? BRK_LF : BRK_CRLF };
	struct span made;
	size_t i = 0;

	do {
		if (encodelaws_part(l, m, i, &how, &made)) {
			write_file(path, i, made);
			(void)printf("%s %zu\n", path, i);
		} else {
			(void)printf("%s %zu %s\n", path, i, l->why_not);
		}
	} while (++i < l->facts.n);
}

int
main(int argc, char **argv)
{
	static uint8_t m[MAX];
	struct encodelaws l;

	if (!encodelaws_open(&l, MAX))
		give_up("memory");
	for (int i = 1; i < argc; i++)
		encode_parts(&l, argv[i],
		    (struct span){ m, read_file(argv[i], m) });
	encodelaws_close(&l);
	return 0;
}
