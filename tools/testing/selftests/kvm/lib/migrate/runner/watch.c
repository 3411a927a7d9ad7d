// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks that show what the kernel does with a case.
 */
#include <string.h>

#include "kselftest.h"
#include "migrate/runner/hook.h"
#include "migrate/util/kmsg.h"
#include "migrate/util/task_stack.h"

static struct kmsg_watch watch;

/* Not before the first case: splats of the probe are not those of a case. */
static bool start(const struct test_env *env)
{
	static bool started;
	int r;

	(void)env;
	if (started)
		return true;
	started = true;
	r = kmsg_watch(&watch);
	if (r)
		ksft_print_msg("cannot read the kernel log (%s): only taint is watched\n",
			       strerror(-r));
	return true;
}

static bool no_splats(void)
{
	return !kmsg_splats(&watch, stdout);
}

const struct runner_hook hook_kmsg = {
	.setup = start,
	.check = no_splats,
};

static void print_stack(pid_t pid)
{
	task_stack_print(pid, stdout);
}

const struct runner_hook hook_task_stack = {
	.timeout = print_stack,
};
