// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/util/child.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

#define UNDO_MAX	64

#define REMOVE		"(remove)"

/* zram refuses to remove a new device while udev has it open. */
#define BUSY_TRIES	200
#define BUSY_NS		10000000

/* A dropped entry has an empty path, that of a directory the text REMOVE. */
struct undo {
	char path[128], text[256];
};

struct undo_list {
	pid_t owner;
	int layer, nr;
	struct undo undos[UNDO_MAX];
};

static struct undo_list *list;

void undo_init(void)
{
	list = shared_alloc(sizeof(*list));
	list->owner = getpid();
}

int undo_mark(void)
{
	list->layer = list->nr;
	return list->layer;
}

static struct undo *find(const char *path, const char *text)
{
	int i;

	for (i = list->nr - 1; i >= list->layer; i--)
		if (!strcmp(list->undos[i].path, path) &&
		    (!text || !strcmp(list->undos[i].text, text)))
			return &list->undos[i];
	return NULL;
}

/* Entries keep their order: only those at the end give their place back. */
static void drop(struct undo *undo)
{
	undo->path[0] = '\0';
	while (list->nr > list->layer && !list->undos[list->nr - 1].path[0])
		list->nr--;
}

/* Counts an entry once it is complete: a signal or the death of a case must not expose half. */
void undo_add_another(const char *path, const char *text)
{
	struct undo *undo = &list->undos[list->nr];

	TEST_ASSERT(list->nr < UNDO_MAX, "more than %d undos", UNDO_MAX);
	TEST_ASSERT(strlen(path) < sizeof(undo->path) && strlen(text) < sizeof(undo->text),
		    "the undo of %s is too long", path);
	strcpy(undo->text, text);
	strcpy(undo->path, path);
	__atomic_store_n(&list->nr, list->nr + 1, __ATOMIC_RELEASE);
}

void undo_add(const char *path, const char *text)
{
	if (!find(path, NULL))
		undo_add_another(path, text);
}

void undo_add_dir(const char *path)
{
	undo_add(path, REMOVE);
}

void undo_cancel(const char *path, const char *text)
{
	struct undo *undo = find(path, text);

	if (undo)
		drop(undo);
}

static int apply(const struct undo *undo)
{
	if (!strcmp(undo->text, REMOVE))
		return rmdir(undo->path) ? -errno : 0;
	return sysfile_write(undo->path, undo->text);
}

static int run(const struct undo *undo)
{
	const struct timespec delay = { .tv_nsec = BUSY_NS };
	int tries, r = -EBUSY;

	for (tries = 0; r == -EBUSY && tries < BUSY_TRIES; tries++) {
		if (tries)
			nanosleep(&delay, NULL);
		r = apply(undo);
	}
	return r;
}

int undo_run(const char *path, const char *text)
{
	struct undo *undo = find(path, text);
	int r = undo ? run(undo) : 0;

	if (undo && !r)
		drop(undo);
	return r;
}

void undo_run_from(int mark)
{
	int saved_errno = errno;

	if (!list || list->owner != getpid())
		return;
	/* Counts down after the write: a signal here repeats an undo rather than miss it. */
	for (; list->nr > mark; list->nr--)
		if (list->undos[list->nr - 1].path[0])
			run(&list->undos[list->nr - 1]);
	list->layer = 0;
	errno = saved_errno;
}

int setting_write(const char *path, const char *value)
{
	bool known = find(path, NULL);
	char before[sizeof(list->undos[0].text)];
	int r = sysfile_read(path, before, sizeof(before));

	if (r < 0)
		return r;
	/* Before the write: a signal may follow it at once. */
	undo_add(path, before);
	r = sysfile_write(path, value);
	if (r && !known)
		undo_cancel(path, NULL);
	return r;
}
