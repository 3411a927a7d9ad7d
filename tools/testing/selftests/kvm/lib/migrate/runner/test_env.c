// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "migrate/runner/running_contract.h"
#include "migrate/runner/test_env.h"
#include "migrate/util/cgroup.h"
#include "migrate/util/kmsg.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

static volatile int mark;

/*
 * Only the triggers under test may move pages.  Freed pages must return to the buddy allocator at
 * once: compaction does not find them on a per-CPU list.
 */
static void prepare_system(void)
{
	static const struct {
		const char *path;
		const char *value;
		const char *consequence;
	} settings[] = {
		{ "/proc/sys/kernel/numa_balancing", "0\n", "it may move pages" },
		{ "/sys/kernel/mm/ksm/run", "0\n", "it may merge pages" },
		{ "/proc/sys/vm/percpu_pagelist_high_fraction", "1000000\n",
		  "compaction may find nothing to do" },
	};
	char before[32];
	size_t i;
	int r;

	undo_init();
	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		if (sysfile_read(settings[i].path, before, sizeof(before)) < 0 ||
		    !strcmp(before, settings[i].value))
			continue;
		r = setting_write(settings[i].path, settings[i].value);
		if (r)
			ksft_print_msg("cannot write %s (%s): %s\n", settings[i].path,
				       strerror(-r), settings[i].consequence);
	}
}

const char *test_env_skip_reason(const struct test_env *env)
{
	return env && env->cgroup ? cgroup_skip_reason(env->cgroup) : NULL;
}

static int apply(const struct test_env *env, const char **what)
{
	const struct setting *setting;
	int r = 0;

	mark = undo_mark();
	if (!env)
		return 0;
	setting = env->choose ? env->choose() : env->settings;
	for (; setting && setting->path && !r; setting++) {
		if (setting->optional && access(setting->path, F_OK))
			continue;
		*what = setting->path;
		r = setting_write(setting->path, setting->value);
	}
	if (!r && env->cgroup) {
		*what = "a cgroup";
		r = cgroup_create();
	}
	return r;
}

static bool setup(const struct test_env *env)
{
	static bool watching;
	const char *what;
	int r;

	/* Not before the first case: splats of the probe are not those of a case. */
	r = watching ? 0 : kmsg_watch();
	watching = true;
	if (r)
		ksft_print_msg("cannot read the kernel log (%s): only taint is watched\n",
			       strerror(-r));
	r = apply(env, &what);
	if (r)
		ksft_print_msg("cannot set up %s: %s\n", what, strerror(-r));
	return !r;
}

static void enter(const struct test_env *env)
{
	if (env && env->cgroup)
		cgroup_enter();
}

static void teardown(void)
{
	undo_run_from(mark);
	cgroup_remove();
}

static void undo_all(void)
{
	undo_run_from(0);
	cgroup_remove();
}

static bool no_splats(void)
{
	return !kmsg_splats();
}

const struct runner_hook test_env_hook = {
	.init = prepare_system,
	.exit = undo_all,
	.contract = running_contract,
	.skip_reason = test_env_skip_reason,
	.setup = setup,
	.enter = enter,
	.timeout = task_stack_print,
	.teardown = teardown,
	.check = no_splats,
};
