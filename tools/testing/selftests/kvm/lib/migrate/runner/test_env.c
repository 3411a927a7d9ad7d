// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "migrate/runner/hook.h"
#include "migrate/runner/test_env.h"
#include "migrate/util/cgroup.h"
#include "migrate/util/undo.h"

static volatile int mark;

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
	const char *what;
	int r = apply(env, &what);

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
	undo_run_all();
	cgroup_remove();
}

const struct runner_hook hook_test_env = {
	.init = undo_init,
	.skip_reason = test_env_skip_reason,
	.setup = setup,
	.enter = enter,
	.teardown = teardown,
	.exit = undo_all,
};
