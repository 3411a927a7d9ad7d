// SPDX-License-Identifier: GPL-2.0-only
/*
 * The undo list runs the latest entry first, by layer, and only in the process that owns it.  A
 * file in a temporary directory replaces those of /proc and /sys.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

static char path[64] = "/tmp/undo_test.XXXXXX";

static bool holds(const char *wanted)
{
	char text[32];

	return sysfile_read(path, text, sizeof(text)) >= 0 && !strcmp(text, wanted);
}

static void check_layers(void)
{
	int mark;

	CHECK("a setting is written", !setting_write(path, "1") && holds("1"));
	CHECK("and written again", !setting_write(path, "2") && holds("2"));
	mark = undo_mark();
	CHECK("and in a layer",
	      !setting_write(path, "3") && !setting_write(path, "4") && holds("4"));
	undo_run_from(mark);
	CHECK("a layer restores the text before it", holds("2"));
	undo_mark();
	setting_write(path, "5");
	undo_run_from(0);
	CHECK("all layers together restore the first text", holds("0"));
	sysfile_write(path, "6");
	undo_run_from(0);
	CHECK("once only", holds("6"));
}

static void check_errors(void)
{
	CHECK("a setting that does not exist is an error",
	      setting_write("/nonexistent/setting", "1") < 0);
	CHECK("and leaves nothing to undo", !undo_run("/nonexistent/setting", NULL));
	setting_write(path, "7");
	undo_run_from(0);
	CHECK("and other undos are kept", holds("6"));
}

static void check_several(void)
{
	undo_add(path, "7");
	undo_add(path, "8");
	CHECK("a path keeps its first text", !undo_run(path, NULL) && holds("7"));
	CHECK("an undo runs once", !undo_run(path, NULL) && holds("7"));
	undo_add_another(path, "1");
	undo_add_another(path, "2");
	CHECK("one of several is run", !undo_run(path, "1") && holds("1"));
	undo_cancel(path, "2");
	undo_run_from(0);
	CHECK("one of several is cancelled", holds("1"));
	undo_add_another(path, "1");
	undo_add_another(path, "2");
	undo_cancel(path, "1");
	undo_add_another(path, "3");
	undo_run_from(0);
	CHECK("a later undo runs first, also after a cancelled one", holds("2"));
	sysfile_write(path, "6");
}

static void check_child(void)
{
	pid_t pid;

	setting_write(path, "8");
	pid = fork();
	if (!pid) {
		undo_run_from(0);
		undo_add_another(path, "9");
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	CHECK("a child does not undo what its parent did", holds("8"));
	CHECK("the parent undoes what a dead child did", !undo_run(path, "9") && holds("9"));
	undo_run_from(0);
	CHECK("and its own", holds("6"));
}

int main(void)
{
	int fd = mkstemp(path);

	ksft_print_header();
	if (fd < 0 || write(fd, "0", 1) != 1)
		return KSFT_FAIL;
	close(fd);
	undo_init();
	check_layers();
	check_errors();
	check_several();
	check_child();
	unlink(path);
	return unit_finish();
}
