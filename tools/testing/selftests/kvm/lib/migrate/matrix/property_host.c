// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties host_* but host_accessed, host_soft_dirty and host_unmap_race; see
 * migrate/matrix/property_table.h.
 *
 * Migration replaces the host's PTEs by migration entries and maps the new folio afterwards
 * (try_to_migrate_one() in mm/rmap.c, remove_migration_pte() in mm/migrate.c).  What a PTE says
 * beyond the frame must be the same then.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/host_mapping.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"

/* Not in the headers for user space: the kernel's own linux/kernel-page-flags.h has it. */
#define PAGE_IS_MLOCKED	(1ULL << 33)

static size_t size_of(const struct fixture *fx)
{
	return fx->gvm->nr_pages * fx->gvm->page_size;
}

void property_protect(const struct fixture *fx, int protection)
{
	TEST_ASSERT(!mprotect(fx->gvm->mem, size_of(fx), protection), "mprotect: %s",
		    strerror(errno));
}

static void read_mapping(const struct fixture *fx, struct host_mapping *mapping)
{
	int r = host_mapping_read(fx->gvm->mem, mapping);

	TEST_ASSERT(!r, "cannot find the host's mapping: %s", strerror(-r));
}

int property_move_and_compare(struct fixture *fx)
{
	struct host_mapping before, after;

	read_mapping(fx, &before);
	property_fire_all(fx);
	read_mapping(fx, &after);
	return host_mapping_same(&before, &after) ? KSFT_PASS : KSFT_FAIL;
}

/* Have the kernel access a word by the PTEs of this process.  Returns whether that succeeds. */
static bool can_write(void *mem)
{
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	bool can;

	TEST_ASSERT(fd >= 0, "open /dev/zero: %s", strerror(errno));
	can = read(fd, mem, sizeof(u64)) >= 0;
	close(fd);
	return can;
}

static bool can_read(void *mem)
{
	int fds[2];
	bool can;

	TEST_ASSERT(!pipe(fds), "pipe: %s", strerror(errno));
	can = write(fds[1], mem, sizeof(u64)) >= 0;
	close(fds[0]);
	close(fds[1]);
	return can;
}

/* A refused access changes nothing. */
static int is_refused(const struct fixture *fx, bool (*can)(void *mem), const char *what)
{
	size_t page, first = 0, done = 0;

	for (page = 0; page < fx->gvm->nr_pages; page++)
		if (can(gmem_page(fx->gvm, page)) && !done++)
			first = page;
	if (!done)
		return KSFT_PASS;
	ksft_print_msg("the host can %s %zu of %zu pages, the first is page %zu; wanted EFAULT\n",
		       what, done, fx->gvm->nr_pages, first);
	return KSFT_FAIL;
}

int act_host_readonly(struct fixture *fx)
{
	int result;

	property_protect(fx, PROT_READ);
	result = property_move_and_compare(fx) ?: is_refused(fx, can_write, "write");
	property_protect(fx, PROT_READ | PROT_WRITE);
	return fixture_judge_content(fx) ?: result ?: property_rewrite_and_judge(fx);
}

int act_host_prot_none(struct fixture *fx)
{
	int result;

	property_protect(fx, PROT_NONE);
	result = property_move_and_compare(fx) ?: is_refused(fx, can_write, "write") ?:
		 is_refused(fx, can_read, "read");
	property_protect(fx, PROT_READ | PROT_WRITE);
	return fixture_judge_content(fx) ?: result ?: property_rewrite_and_judge(fx);
}

/* Unlocked, the folios must be unevictable but not locked, as before. */
static int unlock_and_judge(struct fixture *fx)
{
	TEST_ASSERT(!munlock(fx->gvm->mem, size_of(fx)), "munlock: %s", strerror(errno));
	verdict_reset(&fx->verdict);
	fx->verdict.flags_on &= ~PAGE_IS_MLOCKED;
	fx->verdict.flags_off |= PAGE_IS_MLOCKED;
	fixture_inspect_before(fx);
	fixture_inspect_after(fx);
	verdict_expect(&fx->verdict, 0, fx->gvm->nr_pages, OUTCOME_UNTOUCHED, NUMA_ANY_NODE,
		       NUMA_ANY_NODE);
	return fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
}

int act_host_mlocked(struct fixture *fx)
{
	int result;

	if (mlock(fx->gvm->mem, size_of(fx)))
		return suite_skip("not enough memory may be locked (be root, raise ulimit -l)");
	fx->verdict.flags_on |= PAGE_IS_MLOCKED;
	result = property_move_and_compare(fx);
	return fixture_judge_content(fx) ?: result ?: unlock_and_judge(fx);
}

/* Neither mapping of this process may be left behind. */
static int maps_same_frames(const struct fixture *fx, void *alias)
{
	size_t nr = fx->gvm->nr_pages, page, differ = 0;
	struct folio_info *info = calloc(nr, sizeof(*info));

	TEST_ASSERT(info && !folio_inspect(alias, nr, info), "cannot inspect the pages");
	for (page = 0; page < nr; page++)
		differ += info[page].pfn != fx->verdict.pages[page].after.pfn ||
			  info[page].node != fx->verdict.pages[page].after.node;
	free(info);
	if (!differ)
		return KSFT_PASS;
	ksft_print_msg("two mappings of this process differ in %zu of %zu pages\n", differ, nr);
	return KSFT_FAIL;
}

static void *map_again(const struct fixture *fx)
{
	void *alias = __kvm_mmap(size_of(fx), PROT_READ | PROT_WRITE, MAP_SHARED, fx->gvm->fd,
				 fx->gvm->start);
	size_t page;

	for (page = 0; page < fx->gvm->nr_pages; page++)
		READ_ONCE(*((char *)alias + page * fx->gvm->page_size));
	return alias;
}

int act_host_mapped_twice(struct fixture *fx)
{
	void *alias = map_again(fx);
	bool spares = property_spares_shared(fx->trigger);
	int result = KSFT_PASS;

	if (spares)
		property_fire_spared(fx);
	else
		result = property_move_and_compare(fx);
	result = maps_same_frames(fx, alias) ?: result;
	kvm_munmap(alias, size_of(fx));
	result = fixture_judge_content(fx) ?: result;
	if (!result && spares) {
		verdict_reset(&fx->verdict);
		result = property_move_and_compare(fx);
		result = fixture_judge_content(fx) ?: result;
	}
	return result ?: property_rewrite_and_judge(fx);
}

/* Move the mapping, but not the pages, to another address. */
static void move_mapping(struct fixture *fx)
{
	size_t size = size_of(fx);
	void *to = kvm_mmap(size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	void *moved = mremap(fx->gvm->mem, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to);

	TEST_ASSERT(moved == to, "mremap: %s", strerror(errno));
	fx->gvm->mem = moved;
}

int act_host_mremap(struct fixture *fx)
{
	int result;

	move_mapping(fx);
	result = property_move_and_compare(fx);
	result = fixture_judge_content(fx) ?: result ?: property_rewrite_and_judge(fx);
	if (result || fx->expected.outcome != OUTCOME_MOVED)
		return result;
	fixture_swap_nodes(fx);
	move_mapping(fx);
	result = property_move_and_compare(fx);
	return fixture_judge_content(fx) ?: result ?: property_rewrite_and_judge(fx);
}
