// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "migrate/util/kmsg.h"
#include "migrate/util/sysfile.h"

/* Lines shown behind a complaint's first one: registers and the top of the call trace. */
#define LINES_BEHIND 24

bool kmsg_is_splat(const char *line)
{
	static const char * const marks[] = {
		"WARNING: ", "BUG: ", "kernel BUG at ", "Oops: ", "general protection fault",
		"INFO: task ", "INFO: rcu", "Bad page state", "Bad page map", "UBSAN: ",
		"possible circular locking", "possible recursive locking",
		"inconsistent lock state", "suspicious RCU usage",
		/* A counter that is below zero (vmstat_refresh() in mm/vmstat.c). */
		"vmstat_refresh: ",
	};
	size_t i;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strstr(line, marks[i]))
			return true;
	return false;
}

char *taint_letters(unsigned long taint, char *text, size_t size)
{
	static const char letters[] = "PFSRMBUDAWCIOELKXTNJ";
	size_t bit, used = 0;

	for (bit = 0; bit < sizeof(letters) - 1 && used + 1 < size; bit++)
		if (taint & (1UL << bit))
			text[used++] = letters[bit];
	text[used] = '\0';
	return text;
}

static unsigned long read_taint(void)
{
	char text[32];

	return sysfile_read("/proc/sys/kernel/tainted", text, sizeof(text)) < 0 ?
	       0 : strtoul(text, NULL, 10);
}

int kmsg_watch(struct kmsg_watch *watch)
{
	watch->taint = read_taint();
	watch->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (watch->fd < 0)
		return -errno;
	lseek(watch->fd, 0, SEEK_END);
	return 0;
}

/*
 * The next record's message, without the prefix that ends in ';' and without the key=value lines
 * behind it (Documentation/ABI/testing/dev-kmsg).  Returns NULL where there is none left.
 */
static const char *next_message(int fd, char *record, size_t size)
{
	ssize_t n;
	char *text;

	do {
		/* EPIPE: records were overwritten before they were read; go on behind them. */
		n = read(fd, record, size - 1);
	} while (n < 0 && (errno == EINTR || errno == EPIPE));
	if (n <= 0)
		return NULL;
	record[n] = '\0';
	text = strchr(record, ';');
	text = text ? text + 1 : record;
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static int log_complaints(int fd, FILE *out)
{
	int complaints = 0, lines_left = 0;
	char record[8192];
	const char *line;

	while ((line = next_message(fd, record, sizeof(record)))) {
		if (kmsg_is_splat(line)) {
			complaints++;
			lines_left = LINES_BEHIND + 1;
		}
		if (lines_left) {
			fprintf(out, "# kernel: %s\n", line);
			lines_left--;
		}
	}
	return complaints;
}

int kmsg_splats(struct kmsg_watch *watch, FILE *out)
{
	unsigned long taint = read_taint();
	int complaints = watch->fd < 0 ? 0 : log_complaints(watch->fd, out);
	char letters[32];

	if (taint & ~watch->taint) {
		fprintf(out, "# kernel: tainted since the case began: %s\n",
			taint_letters(taint & ~watch->taint, letters, sizeof(letters)));
		complaints++;
	}
	watch->taint = taint;
	return complaints;
}
