// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties uaddr_unused, ordinary_memslot, ordinary_memslot_other_vm and memslot_refused; see
 * migrate/matrix/property_table.h.
 *
 * An ordinary memslot has the host's mapping of the guest_memfd as userspace_addr.  The file does
 * not know this slot: only the MMU notifier of the mapping zaps what the guest maps through it.
 */
#include <errno.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/property.h"

#define UADDR_CONTENT	0x6b

/*
 * Without the TDP MMU, KVM maps up to seven more pages with the one that the guest touches, and
 * looks for them at userspace_addr (kvm_mmu_prefetch_sptes() in arch/x86/kvm/mmu/mmu.c).  A guest
 * that gets such a page can write to memory that is not its own: unsafe.
 */
int property_uaddr_unused(struct fixture *fx, int (*act)(struct fixture *fx))
{
	size_t i, size = fx->gvm->nr_pages * fx->gvm->page_size;
	unsigned char *other = fx->gvm->elsewhere;
	int result;

	TEST_ASSERT(!mprotect(other, size, PROT_READ | PROT_WRITE), "mprotect() failed");
	memset(other, UADDR_CONTENT, size);
	result = act(fx);
	for (i = 0; i < size && other[i] == UADDR_CONTENT; i++)
		;
	if (i == size)
		return result;
	ksft_print_msg("the guest wrote to userspace_addr + %#zx: want %#x, got %#x\n", i,
		       UADDR_CONTENT, other[i]);
	return KSFT_FAIL;
}

int act_uaddr_unused(struct fixture *fx)
{
	return property_uaddr_unused(fx, act_running);
}

#define ORDINARY_SLOT	(GMEM_SLOT + 2)
#define ORDINARY_GVA	(2 * GMEM_GVA)

/* Let the vCPUs swap the memslots that they use, and move the pages once more. */
static int swap_and_move(struct fixture *fx)
{
	struct gmem_vm *gvm = fx->gvm;
	u64 gva = gvm->vcpus[0].job->gva;

	gvm->vcpus[0].job->gva = gvm->vcpus[1].job->gva;
	gvm->vcpus[1].job->gva = gva;
	if (fx->expected.outcome == OUTCOME_MOVED)
		fixture_swap_nodes(fx);
	else
		verdict_reset(&fx->verdict);
	gmem_guest_check(gvm);
	property_fire_all(fx);
	return fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
}

/* vCPU 0, which checks the content, uses the file's memslot in one half of the case. */
int act_ordinary_memslot(struct fixture *fx)
{
	gmem_add_ordinary_slot(fx->gvm, ORDINARY_SLOT, GMEM_GPA_HIGH, ORDINARY_GVA);
	fx->gvm->vcpus[1].job->gva = ORDINARY_GVA;
	return act_running(fx) ?: swap_and_move(fx) ?: swap_and_move(fx);
}

/* @gvm holds what @from wrote to the same memory. */
static void take_over_content(struct gmem_vm *gvm, const struct gmem_vm *from)
{
	size_t page;

	gvm->pattern = from->pattern;
	for (page = 0; page < gvm->nr_pages; page++)
		gvm->pages[page].count = from->pages[page].count;
}

int act_ordinary_memslot_other_vm(struct fixture *fx)
{
	struct gmem_vm *owner = fx->gvm;
	const struct gmem_config config = {
		.nr_pages = owner->nr_pages,
		.nr_vcpus = 2,
		.seed = owner->pattern.seed,
		.over = owner,
	};
	struct gmem_vm *other = gmem_vm_create(owner->kind, &config);
	int result;

	other->pattern = owner->pattern;
	fx->gvm = other;
	gmem_guest_fill(other);
	fixture_check_host(fx);
	result = act_running(fx);
	fx->gvm = owner;
	if (!result) {
		take_over_content(owner, other);
		result = fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
	}
	gmem_vm_free(other);
	return result;
}

/*
 * Memslots that virt/kvm/guest_memfd.c refuses: kvm_gmem_prepare_memory_region(), and
 * kvm_gmem_commit_memory_region() where another memslot has the range.
 */
enum { OWN_FILE, OTHER_VMS_FILE, MEMFD, NO_FILE, NR_FILES };

static const struct bad_memslot {
	const char *call;
	int file;
	int first;			/* page; below 0, from the end of the file */
	size_t nr;			/* pages; 0: as many as the file has */
	int wanted;			/* -errno */
} bad_memslots[] = {
	{ "a second memslot over the file", OWN_FILE, 0, 0, -EEXIST },
	{ "a second memslot over the first page", OWN_FILE, 0, 1, -EEXIST },
	{ "a second memslot over the last page", OWN_FILE, -1, 1, -EEXIST },
	{ "a memslot beyond the end of the file", OWN_FILE, 1, 0, -EINVAL },
	{ "a memslot with the file of another VM", OTHER_VMS_FILE, 0, 0, -EINVAL },
	{ "a memslot with a memfd", MEMFD, 0, 0, -EINVAL },
	{ "a memslot without a file", NO_FILE, 0, 0, -EBADF },
};

/* Every page keeps its frame and its content. */
static int try_memslot(struct fixture *fx, const struct bad_memslot *bad, const int *fds)
{
	const struct gmem_vm *gvm = fx->gvm;
	size_t nr = bad->nr ?: gvm->nr_pages;
	size_t first = bad->first < 0 ? gvm->nr_pages + bad->first : bad->first;
	int r;

	fixture_inspect_before(fx);
	r = __vm_set_user_memory_region2(gvm->vm, ORDINARY_SLOT, KVM_MEM_GUEST_MEMFD,
					 GMEM_GPA_HIGH, nr * gvm->page_size, NULL, fds[bad->file],
					 gmem_offset(gvm, 0) + first * gvm->page_size);
	verdict_call(&fx->verdict, bad->call, r ? -errno : 0, bad->wanted, NULL, 0, 0);
	fixture_inspect_after(fx);
	verdict_expect(&fx->verdict, 0, gvm->nr_pages, OUTCOME_UNTOUCHED, fx->from, fx->from);
	return fixture_judge_content(fx);
}

/* A binding that a refused memslot took away would leave the guest its old frames. */
int act_memslot_refused(struct fixture *fx)
{
	size_t i, size = fx->gvm->nr_pages * fx->gvm->page_size;
	struct kvm_vm *other = vm_create_barebones();
	const int fds[NR_FILES] = {
		[OWN_FILE] = fx->gvm->fd,
		[OTHER_VMS_FILE] = vm_create_guest_memfd(other, size, fx->gvm->kind->gmem_flags),
		[MEMFD] = kvm_memfd_alloc(size, false),
		[NO_FILE] = -1,
	};
	int result = KSFT_PASS;

	for (i = 0; i < ARRAY_SIZE(bad_memslots) && !result; i++)
		result = try_memslot(fx, &bad_memslots[i], fds);
	kvm_close(fds[MEMFD]);
	kvm_close(fds[OTHER_VMS_FILE]);
	kvm_vm_free(other);
	return result ?: act_running(fx);
}
