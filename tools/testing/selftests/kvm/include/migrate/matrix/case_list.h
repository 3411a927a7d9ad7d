/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cases of a program.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_CASE_LIST_H
#define SELFTEST_KVM_MIGRATE_MATRIX_CASE_LIST_H

#include "migrate/runner/testcase.h"

struct case_list {
	struct testcase *cases;
	size_t nr;
};

/*
 * Append @test with the name "trigger.vm.@property" of its row and the environment of its trigger,
 * or its own where the trigger has none.
 */
void case_list_add(struct case_list *list, const struct testcase *test, const char *property);

/* The same with @what for the name of the trigger. */
void case_list_add_named(struct case_list *list, const struct testcase *test, const char *what,
			 const char *property);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_CASE_LIST_H */
