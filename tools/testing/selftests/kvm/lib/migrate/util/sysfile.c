// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "migrate/util/sysfile.h"

int sysfile_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t n = 1;
	int r = 0;

	if (fd < 0)
		return -errno;
	while (n && !r && length < size) {
		n = read(fd, text + length, size - length);
		if (n > 0)
			length += n;
		else if (n < 0 && errno != EINTR)
			r = -errno;
	}
	close(fd);
	if (r)
		return r;
	if (length == size)
		return -EFBIG;
	text[length] = '\0';
	return length;
}

uint64_t sysfile_read_number(const char *path, int base)
{
	char text[64];

	return sysfile_read(path, text, sizeof(text)) < 0 ? 0 : strtoull(text, NULL, base);
}

int sysfile_write(const char *path, const char *text)
{
	ssize_t n, length = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	do {
		n = write(fd, text, length);
	} while (n < 0 && errno == EINTR);
	if (n != length)
		r = n < 0 ? -errno : -EIO;
	close(fd);
	return r;
}
