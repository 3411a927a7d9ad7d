/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM with one guest_memfd under test: mapped into host and guest, with guest code that works
 * on it (migrate/gmem/guest.h).
 *
 *	host				VM				guest
 *	.mem  --------- mmap ------+
 *				   +-- guest_memfd -- memslot(s) ------ GMEM_GVA and on
 *	userspace_addr of a slot: its part of .mem, or 0 (see struct gmem_config)
 *
 * One memslot holds the whole file, or two hold a part each, the first part above the second and
 * both with a gap around them, so that no address follows from another by mere addition.  Between
 * the two, an eighth of the file is in no slot: the host has it to itself.
 *
 *	file		[ 0 ......... gap ) [ gap ... split ) [ split ........ n )
 *	memory of VM	    GMEM_GPA_HIGH	   none		    GMEM_GPA
 *	guest		GMEM_GVA ............	not mapped	 .................
 *
 * What the picture shows begins at offset 0 of the file, or, .far, at GMEM_LARGE_OFFSET.
 *
 * Whatever cannot be set up is an assertion of the KVM selftest library: the case fails.
 */
#ifndef SELFTEST_KVM_MIGRATE_GMEM_GMEM_VM_H
#define SELFTEST_KVM_MIGRATE_GMEM_GMEM_VM_H

#include <pthread.h>
#include <stdbool.h>

#include "kvm_util.h"
#include "migrate/gmem/guest.h"

#define GMEM_SLOT	10		/* and the one after it */
#define GMEM_GPA	(1ULL << 32)
#define GMEM_GPA_HIGH	(3ULL << 32)
#define GMEM_GVA	GMEM_GPA
#define GMEM_VCPUS_MAX	16

/* Neither the bytes before it nor the pages fit in 32 bits. */
#define GMEM_LARGE_OFFSET	((1ULL << 44) + (5ULL << 32))

/* A kind of VM, as the contract's rows name it. */
struct vm_kind {
	const char *name;
	unsigned long type;	/* of KVM_CREATE_VM */
	u64 gmem_flags;		/* of KVM_CREATE_GUEST_MEMFD */
	/*
	 * Private memory: the guest uses the guest_memfd where memory attributes say so, and
	 * userspace_addr, where .mem is memory of the ordinary kind, everywhere else.
	 */
	bool private_mem;
	/* What this machine lacks for this very kind, as vm_kind_skip_reason(); may be absent. */
	const char *(*skip_reason)(const struct vm_kind *kind, int kvm_fd);
};

/* No private memory; guest_memfd that host user space maps and shares. */
extern const struct vm_kind vm_kind_default;

/*
 * No private memory either, but guest_memfd that was not created shared: it can be mapped, yet a
 * touch of the mapping is SIGBUS.
 */
extern const struct vm_kind vm_kind_default_unshared;

/*
 * The architecture's kind of VM with private memory that needs nothing of the hardware, or NULL;
 * in lib/ARCH.
 */
const struct vm_kind *vm_kind_private(void);

/* Whether host user space gets at the guest_memfd, so that page table entries lead to it. */
bool vm_kind_host_maps(const struct vm_kind *kind);

/*
 * What this machine lacks to run VMs of @kind, with how to provide it; NULL where it has all.
 * A constant string, and no output: fit for a SKIP.
 */
const char *vm_kind_skip_reason(const struct vm_kind *kind);

/*
 * Keep one VM open until this process ends.  The first VM of a machine and the last have the
 * kernel patch its own code (the preempt notifiers' static key in kernel/sched/core.c); emulated
 * CPUs have been seen to trip over that, and each case would do it twice.
 */
void vm_keep_one_open(void);

struct gmem_config {
	size_t nr_pages;
	int nr_vcpus;
	/*
	 * The slot's userspace_addr is .mem.  Migration of .mem then zaps the guest's mappings
	 * through the ordinary MMU notifier as well, which hides a guest_memfd that forgets to.
	 * Without it userspace_addr is 0, and guest_memfd's own invalidation is all there is.
	 */
	bool uaddr_is_mapping;
	bool two_slots;
	bool large_offset;
	int node;		/* bind the file to this node before first touch */
	u64 seed;
	/*
	 * Guests that run leave most of a CPU to whoever else wants it: for hosts with fewer CPUs
	 * than there are vCPUs and threads that want to get something done.
	 */
	bool yielding;
};

struct gmem_vcpu {
	struct gmem_vm *owner;
	struct kvm_vcpu *vcpu;
	struct guest_job *job;		/* host's view */
	pthread_t thread;
	bool running;			/* the thread exists */
	bool stopped;			/* the guest left GUEST_RUN, as told or not */
	bool died;			/* the VM ended it: no GUEST_SYNC came */
};

struct gmem_vm {
	const struct vm_kind *kind;
	struct kvm_vm *vm;
	int fd;
	void *mem;
	u64 start;			/* offset of its pages in the file */
	size_t nr_pages, page_size;
	size_t split;			/* first page of the second slot; 0: there is none */
	size_t hole;			/* first page before it that is in no slot */
	struct pattern pattern;		/* what the memory holds now */
	struct guest_page *pages;	/* host's view of the guest's books */
	struct gmem_vcpu vcpus[GMEM_VCPUS_MAX];
	int nr_vcpus;
	bool yielding;			/* as in struct gmem_config */
};

struct gmem_vm *gmem_vm_create(const struct vm_kind *kind, const struct gmem_config *config);
void gmem_vm_free(struct gmem_vm *gvm);

/* The guest's own memory: program, stacks, page tables, and this library's books. */
struct slot0_gmem {
	int fd;
	void *mem;
	size_t nr_pages;
};

/*
 * Have a guest that is not running continue in a guest_memfd on @node, which the host maps and the
 * memslot's userspace_addr does not.  The caller closes @own->fd, the VM's end unmaps it.
 */
void slot0_gmem_create(struct gmem_vm *gvm, int node, struct slot0_gmem *own);

/*
 * What this machine lacks for that, as a reason to skip; NULL: nothing.  Of each architecture, in
 * lib/ARCH/migrate.
 */
const char *slot0_gmem_skip_reason(void);

/* Prepare an order for @gv, to pages @first, @first + @step, ... */
void gmem_vcpu_command(struct gmem_vcpu *gv, enum guest_command command, size_t first, size_t step);

/* Whether page @page is in no memslot. */
bool gmem_in_hole(const struct gmem_vm *gvm, size_t page);

/* Offset of page @page in the file. */
u64 gmem_offset(const struct gmem_vm *gvm, size_t page);

/*
 * Create memslot @slot, which holds @nr pages of the file from @first on where gmem_gpa() has them;
 * @uaddr_is_mapping as in struct gmem_config.
 */
void gmem_set_slot(struct gmem_vm *gvm, u32 slot, size_t first, size_t nr, bool uaddr_is_mapping);

/* Make a hole of @nr pages from @first on. */
void gmem_punch(const struct gmem_vm *gvm, size_t first, size_t nr);

/*
 * Allocate @nr pages from @first on, of node @node unless a policy of the file says otherwise; the
 * same for @size bytes from @offset on of any guest_memfd.
 */
void gmem_allocate(const struct gmem_vm *gvm, size_t first, size_t nr, int node);
void gmem_file_allocate(int fd, u64 offset, u64 size, int node);

/* Address of page @page in the host's mapping, and in the VM's memory, if it is there. */
void *gmem_page(const struct gmem_vm *gvm, size_t page);
gpa_t gmem_gpa(const struct gmem_vm *gvm, size_t page);

/*
 * Start the next round: the guest, or the host, writes its pattern to every page.  What the guest
 * does not have the host writes for it.
 */
void gmem_guest_fill(struct gmem_vm *gvm);
void gmem_host_fill(struct gmem_vm *gvm);

/* The same in steps: start the next round, and have the guest write one page of it. */
void gmem_next_round(struct gmem_vm *gvm);
void gmem_guest_fill_page(struct gmem_vm *gvm, size_t page);

/*
 * Of a VM with private memory: have the guest use the guest_memfd, or .mem, for all pages under
 * test.  What either holds stays there.
 */
void gmem_set_private(struct gmem_vm *gvm, bool private);

/* Whether the guest can read its memory under test: tries it on the first page. */
bool gmem_guest_reaches(struct gmem_vm *gvm);

/* Have the guest compare every page; findings are in .pages, .bad_word. */
void gmem_guest_check(struct gmem_vm *gvm);

/* The word at @offset of page @page, as the guest reads it. */
u64 gmem_guest_peek(struct gmem_vm *gvm, size_t page, size_t offset);

/* What word @word of page @page should hold now; stop the guest first. */
u64 gmem_wanted_word(const struct gmem_vm *gvm, size_t page, size_t word);

/*
 * Compare page @page of the host's mapping with what it should hold.
 * Returns the first bad word's number, or GUEST_PAGE_WORDS().
 */
size_t gmem_host_check(const struct gmem_vm *gvm, size_t page);

/*
 * Have all vCPUs work on the memory (GUEST_RUN) until gmem_guest_stop(), which returns the number
 * of vCPUs that died meanwhile, each described on @out.
 */
void gmem_guest_start(struct gmem_vm *gvm);
int gmem_guest_stop(struct gmem_vm *gvm, FILE *out);
bool gmem_guest_running(const struct gmem_vm *gvm);

/*
 * Wait until every vCPU has gone over all of its pages at least once more.
 * Returns false where one died instead.
 */
bool gmem_guest_iterate(struct gmem_vm *gvm);

/*
 * Have every vCPU keep its hands off the memory, in the guest and with all it has mapped, until
 * gmem_guest_resume().  Returns false where one died instead.
 */
bool gmem_guest_pause(struct gmem_vm *gvm);
void gmem_guest_resume(struct gmem_vm *gvm);

#endif /* SELFTEST_KVM_MIGRATE_GMEM_GMEM_VM_H */
