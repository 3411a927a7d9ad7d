// SPDX-License-Identifier: GPL-2.0-only
/* The choice of guest modes. */
#include "guest_modes.h"

static bool supported[NUM_VM_MODES], chosen[NUM_VM_MODES];
static bool any_chosen;

void guest_modes_append_default(void)
{
	supported[VM_MODE_DEFAULT] = true;
}

void guest_modes_cmdline(const char *arg)
{
	u32 mode = atoi_non_negative("Guest mode", arg);

	TEST_ASSERT(mode < NUM_VM_MODES, "%u is no guest mode: there are 0 to %d", mode,
		    NUM_VM_MODES - 1);
	TEST_ASSERT(supported[mode], "this machine has no guest mode %u, %s", mode,
		    vm_guest_mode_string(mode));
	chosen[mode] = true;
	any_chosen = true;
}

void guest_modes_help(void)
{
	int mode;

	printf(" -m: run in this guest mode; may be given again (default: in all there are)\n");
	for (mode = 0; mode < NUM_VM_MODES; mode++)
		if (supported[mode])
			printf("         %d: %s\n", mode, vm_guest_mode_string(mode));
}

void for_each_guest_mode(void (*func)(enum vm_guest_mode mode, void *arg), void *arg)
{
	int mode;

	for (mode = 0; mode < NUM_VM_MODES; mode++)
		if (any_chosen ? chosen[mode] : supported[mode])
			func(mode, arg);
}
