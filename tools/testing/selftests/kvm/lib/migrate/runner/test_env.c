// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <unistd.h>

#include "migrate/runner/test_env.h"
#include "migrate/util/cgroup.h"
#include "migrate/util/undo.h"

static volatile int mark;

const char *test_env_skip_reason(const struct test_env *env)
{
	return env && env->cgroup ? cgroup_skip_reason(env->cgroup) : NULL;
}

int test_env_setup(const struct test_env *env, const char **what)
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

void test_env_enter(const struct test_env *env)
{
	if (env && env->cgroup)
		cgroup_enter();
}

void test_env_teardown(void)
{
	undo_run_from(mark);
	cgroup_remove();
}
