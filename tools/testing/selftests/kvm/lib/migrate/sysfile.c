// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "migrate/sysfile.h"

#define KNOBS_MAX 16

static pid_t knobs_owner;

static struct knob {
	const char *path;
	char before[128];
	volatile bool changed;
} knobs[KNOBS_MAX];

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

static struct knob *knob_find(const char *path)
{
	struct knob *knob;

	for (knob = knobs; knob < knobs + KNOBS_MAX; knob++)
		if (!knob->path || !strcmp(knob->path, path))
			return knob;
	return NULL;
}

int knob_set(const char *path, const char *value)
{
	struct knob *knob = knob_find(path);
	bool changed_before;
	int r;

	if (!knob)
		return -ENOSPC;
	if (!knob->changed) {
		r = sysfile_read(path, knob->before, sizeof(knob->before));
		if (r < 0)
			return r;
		knob->path = path;
	}
	knobs_owner = getpid();
	/* A signal right after the write must find the note already made. */
	changed_before = knob->changed;
	knob->changed = true;
	r = sysfile_write(path, value);
	if (r)
		knob->changed = changed_before;
	return r;
}

void knob_restore_all(void)
{
	int saved_errno = errno;
	struct knob *knob;

	/* A forked child that exits must not undo what its parent still relies on. */
	if (knobs_owner != getpid())
		return;
	for (knob = knobs; knob < knobs + KNOBS_MAX; knob++) {
		if (!knob->changed)
			continue;
		sysfile_write(knob->path, knob->before);
		knob->changed = false;
	}
	errno = saved_errno;
}
