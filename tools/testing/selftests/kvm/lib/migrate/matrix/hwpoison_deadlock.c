// SPDX-License-Identifier: GPL-2.0-only
/*
 * Case deadlock; see migrate/matrix/memory_failure.h.
 *
 * memory_failure() calls kvm_gmem_error_folio() with the folio locked.  In released kernels that
 * function waits for the file's invalidate lock, which kvm_gmem_punch_hole() holds while
 * truncate_inode_pages_range() waits for the folio lock.  Both threads then stay in state D, and
 * the first one holds mf_mutex: the runner prints where they wait, and ends the program.
 */
#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/memory_failure.h"
#include "migrate/matrix/poisoned_pages.h"
#include "migrate/mm/hwpoison.h"

/* Released kernels hang after two errors. */
#define ERRORS	256

struct puncher {
	struct gmem_vm *gvm;
	bool stop;
};

static void *punch_all(void *data)
{
	struct puncher *puncher = data;

	while (!__atomic_load_n(&puncher->stop, __ATOMIC_ACQUIRE))
		gmem_punch(puncher->gvm, 0, puncher->gvm->nr_pages);
	return NULL;
}

/* An error in each page in turn.  Its frame is unknown: the page may be punched at any time. */
int act_hwpoison_deadlock(struct fixture *fx)
{
	struct puncher puncher = { .gvm = fx->gvm };
	struct pfn_set before = {};
	pthread_t thread;
	size_t nr;
	int i;

	hwpoison_scan(&before);
	kvm_pthread_create(&thread, NULL, punch_all, &puncher);
	for (i = 0; i < ERRORS; i++)
		hwpoison_mapped(gmem_page(fx->gvm, i % fx->gvm->nr_pages));
	__atomic_store_n(&puncher.stop, true, __ATOMIC_RELEASE);
	kvm_pthread_join(thread, NULL);
	poisoned_pages_punch(fx, 0, fx->gvm->nr_pages);
	nr = hwpoison_undo_since(&before);
	pfn_set_free(&before);
	ksft_print_msg("%d errors while holes are punched, %zu frames unpoisoned\n", ERRORS, nr);
	gmem_guest_fill(fx->gvm);
	return fixture_judge_content(fx);
}
