/*
 * See box.h.
 */
#include "box.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_FIRST 10u
#define PAUSE_MAX 500u

int
box_open(struct box *b, struct run *r, const char *folder, size_t root,
    const char *name, const struct owner *owner, struct err *e)
{
	const size_t n = strlen(name);
	int rc;

	*b = (struct box){ .run = r };
	if (n == 0 || n + strlen(DOTLOCK_SUFFIX) >= sizeof(b->name.text) ||
	    strchr(name, '/') != NULL)
		return err_set(e, ST_BAD, ENAMETOOLONG, "its name");
	memcpy(b->name.text, name, n + 1);
	rc = place_open_mailbox(&b->place, folder, root, name, owner, e);
	return rc;
}

void
box_close(struct box *b)
{
	if (b->lock.fd > 0 && owner_enter(b->place->owner, NULL) == ST_OK) {
		box_unlock(b);
		owner_leave();
	} else if (b->lock.fd > 0) {
		b->run->unsettled = true;
		(void)close(b->lock.fd);
	}
	place_close(b->place);
	*b = (struct box){ 0 };
}

static uint64_t
now(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void
box_allow(struct box *b, unsigned seconds)
{
	b->until = now() + (uint64_t)seconds * 1000;
	b->pause = PAUSE_FIRST;
}

bool
box_wait(struct box *b)
{
	uint16_t random = 0;
	struct timespec t;
	uint64_t ms;

	if (now() >= b->until)
		return false;
	/* Without it two that wait may do so in step. */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint16_t)getpid();
	ms = b->pause / 2 + random % b->pause;
	t.tv_sec = (time_t)(ms / 1000);
	t.tv_nsec = (long)(ms % 1000) * 1000000;
	(void)nanosleep(&t, NULL);
	b->pause = b->pause * 2 < PAUSE_MAX ? b->pause * 2 : PAUSE_MAX;
	return true;
}

int
box_lock(struct box *b, struct err *e)
{
	return dotlock_take(&b->lock, b->run, b->place, b->name.text, e);
}

void
box_unlock(struct box *b)
{
	dotlock_drop(&b->lock, b->run, b->place, b->name.text);
}
