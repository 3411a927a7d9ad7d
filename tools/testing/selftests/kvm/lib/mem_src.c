// SPDX-License-Identifier: GPL-2.0-only
/* Backing memory types, and what the host supports. */
#include <sys/mman.h>

#include "test_util.h"

const struct vm_mem_backing_src_alias *vm_mem_backing_src_alias(u32 i)
{
	static const struct vm_mem_backing_src_alias aliases[NUM_SRC_TYPES] = {
#define X(constant, text, flags)	[VM_MEM_SRC_##constant] = { .name = text, .flag = flags },
		VM_MEM_SRC_LIST(X)
#undef X
	};

	TEST_ASSERT(i < NUM_SRC_TYPES, "memory type %u does not exist", i);
	return &aliases[i];
}

size_t get_backing_src_pagesz(u32 i)
{
	u32 shift = vm_mem_backing_src_alias(i)->flag >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;

	if (shift)
		return 1UL << shift;
	if (is_backing_src_hugetlb(i) || i == VM_MEM_SRC_SHARED_HUGETLB)
		return get_def_hugetlb_pagesz();
	if (i == VM_MEM_SRC_ANONYMOUS_THP)
		return get_trans_hugepagesz();
	return getpagesize();
}

bool is_backing_src_hugetlb(u32 i)
{
	return vm_mem_backing_src_alias(i)->flag & MAP_HUGETLB;
}

bool backing_src_is_shared(enum vm_mem_backing_src_type t)
{
	return vm_mem_backing_src_alias(t)->flag & MAP_SHARED;
}

bool backing_src_can_be_huge(enum vm_mem_backing_src_type t)
{
	switch (t) {
	case VM_MEM_SRC_ANONYMOUS:
	case VM_MEM_SRC_SHMEM:
		return false;
	default:
		return true;
	}
}

static void print_backing_src_types(const char *indent)
{
	u32 i;

	for (i = 0; i < NUM_SRC_TYPES; i++)
		printf("%s%s\n", indent, vm_mem_backing_src_alias(i)->name);
}

void backing_src_help(const char *flag)
{
	printf(" %s: memory type of the guest's data (default: %s), one of\n", flag,
	       vm_mem_backing_src_alias(DEFAULT_VM_MEM_SRC)->name);
	print_backing_src_types("       ");
}

enum vm_mem_backing_src_type parse_backing_src_type(const char *type_name)
{
	u32 i;

	for (i = 0; i < NUM_SRC_TYPES; i++)
		if (!strcmp(type_name, vm_mem_backing_src_alias(i)->name))
			return i;
	printf("# memory types:\n");
	print_backing_src_types("#   ");
	TEST_FAIL("memory type '%s' does not exist", type_name);
}

/* ---- Host support ---------------------------------------------------------------------- */

/* Reads a number from a file; returns false if the file does not exist. */
static bool read_number(const char *path, unsigned long *number)
{
	FILE *file = fopen(path, "re");
	bool ok;

	if (!file)
		return false;
	ok = fscanf(file, "%lu", number) == 1;
	fclose(file);
	TEST_ASSERT(ok, "cannot read a number from %s", path);
	return true;
}

bool thp_configured(void)
{
	return !access("/sys/kernel/mm/transparent_hugepage", F_OK);
}

size_t get_trans_hugepagesz(void)
{
	unsigned long size;

	TEST_ASSERT(read_number("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", &size),
		    "this kernel has no transparent huge pages");
	return size;
}

bool is_numa_balancing_enabled(void)
{
	unsigned long mode;

	return read_number("/proc/sys/kernel/numa_balancing", &mode) && mode;
}

size_t get_def_hugetlb_pagesz(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long total = 0, kb = 0;
	char line[128];

	TEST_ASSERT(file, "cannot open /proc/meminfo");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "HugePages_Total: %lu", &total) != 1 &&
		    sscanf(line, "Hugepagesize: %lu", &kb) == 1)
			break;
	}
	fclose(file);
	__TEST_REQUIRE(total && kb, "no huge pages (write a number to /proc/sys/vm/nr_hugepages)");
	return kb << 10;
}
