// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property host_unmap_race; see migrate/matrix/property_table.h.
 *
 * The PTEs that one thread unmaps are migration entries for a moment while another one moves the
 * pages (zap_nonpresent_ptes() in mm/memory.c).  Which pages move during the race is undefined; the
 * kernel's log shows a wrong RSS when the process of the case ends.
 */
#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/host_mapping.h"

/* Even: the last move leads back to the first node. */
#define MOVES	20

struct unmapper {
	const struct gmem_vm *gvm;
	bool stop;
};

static void touch_all(const struct gmem_vm *gvm)
{
	size_t page;

	for (page = 0; page < gvm->nr_pages; page++)
		READ_ONCE(*(u64 *)gmem_page(gvm, page));
}

static void *unmap_and_touch(void *arg)
{
	struct unmapper *unmapper = arg;
	const struct gmem_vm *gvm = unmapper->gvm;

	while (!__atomic_load_n(&unmapper->stop, __ATOMIC_ACQUIRE)) {
		kvm_madvise(gvm->mem, gvm->nr_pages * gvm->page_size, MADV_DONTNEED);
		touch_all(gvm);
	}
	return NULL;
}

int act_host_unmap_race(struct fixture *fx)
{
	struct unmapper unmapper = { .gvm = fx->gvm };
	long rss = host_rss_file(), rss_now;
	size_t all = fx->gvm->nr_pages;
	pthread_t thread;

	kvm_pthread_create(&thread, NULL, unmap_and_touch, &unmapper);
	property_fire_times(fx, MOVES);
	__atomic_store_n(&unmapper.stop, true, __ATOMIC_RELEASE);
	kvm_pthread_join(thread, NULL);
	property_gather(fx);
	rss_now = host_rss_file();
	if (rss_now - rss > (long)(all * fx->gvm->page_size / 1024 / 2)) {
		ksft_print_msg("RssFile was %ld kB and is %ld kB with the same pages mapped\n", rss,
			       rss_now);
		return KSFT_FAIL;
	}
	property_fire_all(fx);
	return fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
}
