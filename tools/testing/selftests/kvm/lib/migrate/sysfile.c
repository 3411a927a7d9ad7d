// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "migrate/sysfile.h"

#define KNOBS_MAX 32

static pid_t knobs_owner;

/* In the order they were noted; a knob that was turned in two layers is there twice. */
static struct knob {
	const char *path;
	char before[128];
	volatile bool changed;
} knobs[KNOBS_MAX];

static volatile int nr_knobs, layer;

int sysfile_read(const char *path, char *text, size_t size)
{
	size_t length = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	while (length < size) {
		ssize_t n = read(fd, text + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = -errno;
		if (n <= 0)
			break;
		length += n;
	}
	close(fd);
	if (r)
		return r;
	if (length == size)
		return -EFBIG;
	text[length] = '\0';
	return length;
}

int sysfile_write(const char *path, const char *text)
{
	size_t length = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;
	int r = 0;

	if (fd < 0)
		return -errno;
	do {
		n = write(fd, text, length);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		r = -errno;
	else if ((size_t)n != length)
		r = -EIO;
	close(fd);
	return r;
}

/* The note of the current layer about @path, or room for one. */
static struct knob *knob_find(const char *path)
{
	int i;

	for (i = layer; i < nr_knobs; i++)
		if (!strcmp(knobs[i].path, path))
			return &knobs[i];
	return nr_knobs < KNOBS_MAX ? &knobs[nr_knobs] : NULL;
}

/* Note what @knob holds, unless that is still what has to be given back. */
static int knob_note(struct knob *knob, const char *path)
{
	int r;

	if (knob < &knobs[nr_knobs] && knob->changed)
		return 0;
	r = sysfile_read(path, knob->before, sizeof(knob->before));
	if (r < 0)
		return r;
	knob->path = path;
	knob->changed = false;
	if (knob == &knobs[nr_knobs])
		nr_knobs++;
	return 0;
}

int knob_set(const char *path, const char *value)
{
	struct knob *knob = knob_find(path);
	bool changed_before;
	int r;

	if (!knob)
		return -ENOSPC;
	r = knob_note(knob, path);
	if (r)
		return r;
	knobs_owner = getpid();
	/* A signal right after the write must find the note already made. */
	changed_before = knob->changed;
	knob->changed = true;
	r = sysfile_write(path, value);
	if (r)
		knob->changed = changed_before;
	return r;
}

int knob_layer(void)
{
	layer = nr_knobs;
	return layer;
}

/* The latest change first: what was turned twice ends as it was before the first time. */
static void restore_down_to(int first)
{
	int i;

	for (i = nr_knobs - 1; i >= first; i--) {
		if (!knobs[i].changed)
			continue;
		sysfile_write(knobs[i].path, knobs[i].before);
		knobs[i].changed = false;
	}
}

void knob_restore_layer(int first)
{
	restore_down_to(first);
	nr_knobs = first;
	layer = 0;
}

void knob_restore_all(void)
{
	int saved_errno = errno;

	/* A forked child that exits must not undo what its parent still relies on. */
	if (knobs_owner == getpid())
		restore_down_to(0);
	errno = saved_errno;
}
