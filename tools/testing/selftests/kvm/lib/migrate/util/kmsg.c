// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "migrate/util/kmsg.h"
#include "migrate/util/sysfile.h"

/* Lines shown of a splat: registers and the top of the call trace follow its first line. */
#define SPLAT_LINES 25

#define TAINT "/proc/sys/kernel/tainted"

bool kmsg_is_splat(const char *line)
{
	static const char * const marks[] = {
		"WARNING: ", "BUG: ", "kernel BUG at ", "Oops: ", "general protection fault",
		"INFO: task ", "INFO: rcu", "Bad page state", "Bad page map", "UBSAN: ",
		"possible circular locking", "possible recursive locking",
		"inconsistent lock state", "suspicious RCU usage",
		/* a negative counter: vmstat_refresh() in mm/vmstat.c */
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

int kmsg_watch(struct kmsg_watch *watch)
{
	watch->taint = sysfile_read_number(TAINT, 10);
	watch->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (watch->fd < 0)
		return -errno;
	lseek(watch->fd, 0, SEEK_END);
	return 0;
}

/*
 * Returns the message of the next record, or NULL at the end of the log.  ";" ends the prefix; the
 * lines below the message are properties (Documentation/ABI/testing/dev-kmsg).
 */
static const char *next_message(int fd, char *record, size_t size)
{
	ssize_t n;
	char *text;

	do {
		/* EPIPE: unread records were overwritten; the next read() skips them. */
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

static int print_splats(int fd, FILE *out)
{
	int splats = 0, lines_left = 0;
	char record[8192];
	const char *line;

	while ((line = next_message(fd, record, sizeof(record)))) {
		if (kmsg_is_splat(line)) {
			splats++;
			lines_left = SPLAT_LINES;
		}
		if (lines_left) {
			fprintf(out, "# kernel: %s\n", line);
			lines_left--;
		}
	}
	return splats;
}

int kmsg_splats(struct kmsg_watch *watch, FILE *out)
{
	unsigned long taint = sysfile_read_number(TAINT, 10);
	int splats = watch->fd < 0 ? 0 : print_splats(watch->fd, out);
	char letters[32];

	if (taint & ~watch->taint) {
		fprintf(out, "# kernel: tainted since the case began: %s\n",
			taint_letters(taint & ~watch->taint, letters, sizeof(letters)));
		splats++;
	}
	watch->taint = taint;
	return splats;
}
