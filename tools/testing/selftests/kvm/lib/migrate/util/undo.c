// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

#define UNDO_MAX	64

/* udev has a new block device open for a moment; zram refuses to remove it meanwhile. */
#define BUSY_TRIES	200
#define BUSY_NS		10000000

/* An entry with an empty path is free. */
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
	list = kvm_mmap(sizeof(*list), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
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

/* The path counts, so it comes last: a signal must not see half an entry. */
void undo_add_another(const char *path, const char *text)
{
	struct undo *undo = find("", NULL);

	if (!undo) {
		TEST_ASSERT(list->nr < UNDO_MAX, "more than %d undos", UNDO_MAX);
		undo = &list->undos[list->nr];
		undo->path[0] = '\0';
	}
	TEST_ASSERT(strlen(path) < sizeof(undo->path) && strlen(text) < sizeof(undo->text),
		    "the undo of %s is too long", path);
	strcpy(undo->text, text);
	strcpy(undo->path, path);
	if (undo == &list->undos[list->nr])
		list->nr++;
}

void undo_add(const char *path, const char *text)
{
	if (!find(path, NULL))
		undo_add_another(path, text);
}

void undo_cancel(const char *path, const char *text)
{
	struct undo *undo = find(path, text);

	if (undo)
		undo->path[0] = '\0';
}

static int run(const struct undo *undo)
{
	const struct timespec moment = { .tv_nsec = BUSY_NS };
	int tries, r = -EBUSY;

	for (tries = 0; r == -EBUSY && tries < BUSY_TRIES; tries++) {
		if (tries)
			nanosleep(&moment, NULL);
		r = sysfile_write(undo->path, undo->text);
	}
	return r;
}

int undo_run(const char *path, const char *text)
{
	struct undo *undo = find(path, text);
	int r = undo ? run(undo) : 0;

	if (undo && !r)
		undo->path[0] = '\0';
	return r;
}

void undo_run_from(int mark)
{
	int saved_errno = errno;

	if (!list || list->owner != getpid())
		return;
	while (list->nr > mark) {
		struct undo *undo = &list->undos[list->nr - 1];

		if (undo->path[0])
			run(undo);
		list->nr--;
	}
	list->layer = 0;
	errno = saved_errno;
}

void undo_run_all(void)
{
	undo_run_from(0);
}

int setting_write(const char *path, const char *value)
{
	bool known = find(path, NULL);
	char before[sizeof(list->undos[0].text)];
	int r = sysfile_read(path, before, sizeof(before));

	if (r < 0)
		return r;
	/* Registered first: a signal may come right after the write. */
	undo_add(path, before);
	r = sysfile_write(path, value);
	if (r && !known)
		undo_cancel(path, NULL);
	return r;
}
