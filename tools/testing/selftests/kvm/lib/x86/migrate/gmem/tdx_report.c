// SPDX-License-Identifier: GPL-2.0-only
/* What a failed step of a TDX launch prints. */
#include <sys/utsname.h>

#include "migrate/gmem/tdx.h"

#define STATUS_MASK	0xffffffff00000000ULL

struct code_name {
	u64 code;
	const char *name;
};

/* The upper half of a status, and operands in the lower half: asm/shared/tdx_errno.h. */
static const struct code_name statuses[] = {
	{ 0x4000000100000000ULL, "TDX_NON_RECOVERABLE_VCPU" },
	{ 0x4000000200000000ULL, "TDX_NON_RECOVERABLE_TD" },
	{ 0x6000000500000000ULL, "TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE" },
	{ 0x6000000700000000ULL, "TDX_NON_RECOVERABLE_TD_WRONG_APIC_MODE" },
	{ 0x8000000300000000ULL, "TDX_INTERRUPTED_RESUMABLE" },
	{ 0x8000020000000000ULL, "TDX_OPERAND_BUSY" },
	{ 0x8000020100000000ULL, "TDX_PREVIOUS_TLB_EPOCH_BUSY" },
	{ 0x8000020200000000ULL, "TDX_SYS_BUSY" },
	{ 0x8000070200000000ULL, "TDX_VCPU_NOT_ASSOCIATED" },
	{ 0x8000080000000000ULL, "TDX_KEY_GENERATION_FAILED" },
	{ 0x8000082400000000ULL, "TDX_FLUSHVP_NOT_DONE" },
	{ 0xc000010000000000ULL, "TDX_OPERAND_INVALID" },
	{ 0xc000030000000000ULL, "TDX_PAGE_METADATA_INCORRECT" },
	{ 0xc000081100000000ULL, "TDX_KEY_STATE_INCORRECT" },
	{ 0xc0000b0000000000ULL, "TDX_EPT_WALK_FAILED" },
	{ 0xc0000b0d00000000ULL, "TDX_EPT_ENTRY_STATE_INCORRECT" },
	{ 0xc0000c0200000000ULL, "TDX_METADATA_FIELD_NOT_READABLE" },
};

static const struct code_name operands[] = {
	{ 0x01, "RCX" }, { 0x80, "TDR" }, { 0x92, "SEPT" }, { 0xa9, "TD_EPOCH" },
};

static const char *name_of(const struct code_name *names, size_t nr, u64 code)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (names[i].code == code)
			return names[i].name;
	return NULL;
}

static void print_hw_error(FILE *out, u64 hw_error)
{
	const char *name = name_of(statuses, ARRAY_SIZE(statuses), hw_error & STATUS_MASK);
	const char *operand = name_of(operands, ARRAY_SIZE(operands), hw_error & ~STATUS_MASK);

	if (!hw_error) {
		fprintf(out, "  hw_error: 0 (KVM failed before or after the TDX module)\n");
		return;
	}
	fprintf(out, "  hw_error: %#lx (%s%s%s)\n", hw_error,
		name ?: "not in the kernel's asm/shared/tdx_errno.h",
		operand ? ", operand " : "", operand ?: "");
}

static void print_capabilities(FILE *out, const struct kvm_tdx_capabilities *caps)
{
	const struct kvm_cpuid_entry2 *e;
	u32 i;

	if (!caps) {
		fprintf(out, "  capabilities: not known\n");
		return;
	}
	fprintf(out, "  capabilities: attributes %#llx, xfam %#llx, %u CPUID leaves\n",
		caps->supported_attrs, caps->supported_xfam, caps->cpuid.nent);
	for (i = 0; i < caps->cpuid.nent; i++) {
		e = &caps->cpuid.entries[i];
		fprintf(out, "    %#010x.%-2x %08x %08x %08x %08x\n", e->function, e->index,
			e->eax, e->ebx, e->ecx, e->edx);
	}
}

static void print_kernel(FILE *out)
{
	struct utsname kernel;

	if (!uname(&kernel))
		fprintf(out, "  kernel: %s %s\n", kernel.release, kernel.version);
}

/* A case runs in a child of the program; the report of the case has its name. */
static void print_command(FILE *out)
{
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	char text[1024];
	ssize_t i, len = read(fd, text, sizeof(text));

	fprintf(out, "  repeat:");
	for (i = 0; i < len; i++)
		if (!i || !text[i - 1])
			fprintf(out, " %s", text + i);
	fprintf(out, "\n");
	close(fd);
}

void tdx_fail(const char *step, u64 hw_error, const struct kvm_tdx_capabilities *caps)
{
	int error = errno;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	TEST_ASSERT(out, "out of memory");
	fprintf(out, "%s failed.\n  TDX launches were written from the documentation and never ran "
		"on hardware.  Please send\n  us this block and what the kernel logged (dmesg):\n",
		step);
	fprintf(out, "  step: %s\n", step);
	fprintf(out, "  errno: %d (%s)\n", error, strerror(error));
	print_hw_error(out, hw_error);
	print_kernel(out);
	print_command(out);
	print_capabilities(out, caps);
	fclose(out);
	errno = error;
	TEST_FAIL("%s", text);
}
