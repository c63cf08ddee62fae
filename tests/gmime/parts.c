/*
 * What GMime makes of a message: a line for each part, in the order in which
 * they begin: depth, type, and where the body of one that holds no others
 * begins and ends.  Only for tests/cli/test_gmime.py.
 */
#include <gmime/gmime.h>
#include <stdio.h>

static void
show(GMimeObject *o, unsigned depth)
{
	GMimeContentType *t = g_mime_object_get_content_type(o);
	char *type = g_mime_content_type_get_mime_type(t);

	(void)printf("%u %s", depth, type);
	g_free(type);
	if (GMIME_IS_PART(o)) {
		GMimeDataWrapper *d = g_mime_part_get_content(GMIME_PART(o));
		GMimeStream *s = d == NULL ? NULL :
		    g_mime_data_wrapper_get_stream(d);

		if (s != NULL)
			(void)printf(" %lld %lld", (long long)s->bound_start,
			    (long long)s->bound_end);
	}
	(void)printf("\n");
	if (GMIME_IS_MULTIPART(o)) {
		GMimeMultipart *m = GMIME_MULTIPART(o);

		for (int i = 0; i < g_mime_multipart_get_count(m); i++)
			show(g_mime_multipart_get_part(m, i), depth + 1);
	} else if (GMIME_IS_MESSAGE_PART(o)) {
		GMimeMessage *m = g_mime_message_part_get_message(
		    GMIME_MESSAGE_PART(o));

		if (m != NULL && g_mime_message_get_mime_part(m) != NULL)
			show(g_mime_message_get_mime_part(m), depth + 1);
	}
}

int
main(int argc, char **argv)
{
	g_mime_init();
	for (int i = 1; i < argc; i++) {
		GMimeStream *s = g_mime_stream_file_open(argv[i], "r", NULL);
		GMimeParser *p = g_mime_parser_new_with_stream(s);
		GMimeMessage *m;

		g_mime_parser_set_persist_stream(p, TRUE);
		m = g_mime_parser_construct_message(p, NULL);
		(void)printf("%s\n", argv[i]);
		if (m != NULL)
			show(g_mime_message_get_mime_part(m), 0);
		g_clear_object(&m);
		g_object_unref(p);
		g_object_unref(s);
	}
	g_mime_shutdown();
	return 0;
}
