// SPDX-License-Identifier: GPL-2.0-only
/* Guest modes: sizes, names and the -m option. */
#include "guest_modes.h"

const struct vm_guest_mode_params vm_guest_mode_params[NUM_VM_MODES] = {
	/* page_size, page_shift, va_bits, pa_bits */
	[VM_MODE_PXXVYY_4K] = { 1 << 12, 12, 0, 0 },	/* vm_arch_init_mode() sets the bits */
	[VM_MODE_P48V48_4K] = { 1 << 12, 12, 48, 48 },
	[VM_MODE_P40V48_4K] = { 1 << 12, 12, 48, 40 },
};

const char *vm_guest_mode_string(u32 mode)
{
	static const char * const name[NUM_VM_MODES] = {
		[VM_MODE_PXXVYY_4K] = "all physical bits of the CPU, 4K pages",
		[VM_MODE_P48V48_4K] = "48 physical bits, 48 virtual bits, 4K pages",
		[VM_MODE_P40V48_4K] = "40 physical bits, 48 virtual bits, 4K pages",
	};

	TEST_ASSERT(mode < NUM_VM_MODES, "guest mode %u does not exist", mode);
	return name[mode];
}

/* ---- Sizes ----------------------------------------------------------------------------- */

unsigned int vm_num_host_pages(enum vm_guest_mode mode, unsigned int num_guest_pages)
{
	u64 bytes = (u64)num_guest_pages << vm_guest_mode_params[mode].page_shift;

	return DIV_ROUND_UP(bytes, (u64)getpagesize());
}

unsigned int vm_num_guest_pages(enum vm_guest_mode mode, unsigned int num_host_pages)
{
	return ((u64)num_host_pages * getpagesize()) >> vm_guest_mode_params[mode].page_shift;
}

unsigned int vm_calc_num_guest_pages(enum vm_guest_mode mode, size_t size)
{
	return vm_adjust_num_guest_pages(mode,
			DIV_ROUND_UP(size, vm_guest_mode_params[mode].page_size));
}

/* ---- Command line ---------------------------------------------------------------------- */

static bool supported[NUM_VM_MODES], chosen[NUM_VM_MODES];
static bool any_chosen;

void guest_modes_append_default(void)
{
	supported[VM_MODE_DEFAULT] = true;
}

void guest_modes_cmdline(const char *arg)
{
	u32 mode = atoi_non_negative("Guest mode", arg);

	TEST_ASSERT(mode < NUM_VM_MODES, "guest mode %u does not exist: choose 0 to %d", mode,
		    NUM_VM_MODES - 1);
	TEST_ASSERT(supported[mode], "this machine does not support guest mode %u, %s", mode,
		    vm_guest_mode_string(mode));
	chosen[mode] = true;
	any_chosen = true;
}

void guest_modes_help(void)
{
	int mode;

	printf(" -m: run in this guest mode; may be repeated (default: all supported modes)\n");
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
