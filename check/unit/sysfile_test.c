// SPDX-License-Identifier: GPL-2.0-only
/*
 * Knobs are given back as they were: by layer, in the reverse order, and only by the process that
 * turned them.  Files of a temporary directory stand in for those of /proc and /sys.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"
#include "migrate/sysfile.h"

static char path[64] = "/tmp/sysfile_test.XXXXXX";

static bool holds(const char *wanted)
{
	char text[32];

	return sysfile_read(path, text, sizeof(text)) >= 0 && !strcmp(text, wanted);
}

static void check_layers(void)
{
	int layer;

	CHECK("a knob is turned", !knob_set(path, "1") && holds("1"));
	CHECK("and turned again", !knob_set(path, "2") && holds("2"));
	layer = knob_layer();
	CHECK("and in a layer", !knob_set(path, "3") && !knob_set(path, "4") && holds("4"));
	knob_restore_layer(layer);
	CHECK("a layer gives back what the knob held when it began", holds("2"));
	layer = knob_layer();
	knob_set(path, "5");
	knob_restore_all();
	CHECK("all layers together give back what it held first", holds("0"));
	sysfile_write(path, "6");
	knob_restore_all();
	CHECK("once only", holds("6"));
	knob_restore_layer(layer);
}

static void check_missing(void)
{
	int layer = knob_layer();

	CHECK("a knob that is not there is an error", knob_set("/nonexistent/knob", "1") < 0);
	CHECK("which leaves nothing to give back", !knob_set(path, "7"));
	knob_restore_layer(layer);
	CHECK("and no other knob is lost", holds("6"));
}

static void check_child(void)
{
	pid_t pid;

	knob_set(path, "8");
	pid = fork();
	if (!pid) {
		knob_restore_all();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	CHECK("a child does not give back what its parent turned", holds("8"));
	knob_restore_all();
	CHECK("the parent does", holds("6"));
}

int main(void)
{
	int fd = mkstemp(path);

	ksft_print_header();
	if (fd < 0 || write(fd, "0", 1) != 1)
		return KSFT_FAIL;
	close(fd);
	check_layers();
	check_missing();
	check_child();
	unlink(path);
	return unit_finish();
}
