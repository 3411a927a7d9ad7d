// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "migrate/util/ksft_text.h"

void ksft_print_text(FILE *out, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		fprintf(out, "# %.*s\n", (int)length, text);
		text += length;
		text += *text == '\n';
	}
}

const char *errno_name(int err, char *text, size_t size)
{
#define NAME(e) case e: return #e
	switch (err) {
	NAME(EPERM);
	NAME(ENOENT);
	NAME(ESRCH);
	NAME(EINTR);
	NAME(EIO);
	NAME(EBADF);
	NAME(EAGAIN);
	NAME(ETIME);
	NAME(ENOMEM);
	NAME(EACCES);
	NAME(EFAULT);
	NAME(EBUSY);
	NAME(EEXIST);
	NAME(ENODEV);
	NAME(EINVAL);
	NAME(ENOSPC);
	NAME(EFBIG);
	NAME(ENODATA);
	NAME(EOPNOTSUPP);
	NAME(ENOSYS);
	NAME(EHWPOISON);
	}
#undef NAME
	snprintf(text, size, "errno %d", err);
	return text;
}

const char *return_text(long ret, char *text, size_t size)
{
	char name[32];

	if (ret < 0)
		snprintf(text, size, "-1 %s", errno_name(-ret, name, sizeof(name)));
	else
		snprintf(text, size, "%ld", ret);
	return text;
}
