// SPDX-License-Identifier: GPL-2.0-only
#include "kvm_util.h"
#include "migrate/gmem/svm.h"
#include "migrate/matrix/x86_property_table.h"
#include "migrate/trigger/trigger.h"

#define ROW(_name, _uaddr, _skip_reason, ...)				\
	{								\
		.name = #_name,						\
		.act = act_##_name,					\
		.only = { &trigger_move_pages },			\
		.pages = PAGES_MAPPED,					\
		.config = { .nr_vcpus = 2, .uaddr_is_mapping = _uaddr },\
		.skip_reason = _skip_reason,				\
		__VA_ARGS__						\
	},

const struct property x86_properties[] = { X86_PROPERTIES(ROW) };
const size_t nr_x86_properties = ARRAY_SIZE(x86_properties);
