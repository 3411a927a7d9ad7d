/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM with one guest_memfd under test, mapped into host and guest, and guest code that uses it
 * (migrate/gmem/guest.h).
 *
 *	host				VM				guest
 *	.mem  --------- mmap ------+
 *				   +-- guest_memfd -- memslot(s) ------ from GMEM_GVA on
 *	userspace_addr of a slot: its part of .mem or of .elsewhere (see struct gmem_config)
 *
 * One memslot holds the whole file, or two slots hold a part each.  The first part is above the
 * second in guest memory, so that no gpa follows from another by addition, and an eighth of the
 * file between them is a hole: only the host maps it.
 *
 *	file		[ 0 ........ hole ) [ hole .. split ) [ split ........ n )
 *	memory of VM	    GMEM_GPA_HIGH	   none		    GMEM_GPA
 *	guest		GMEM_GVA ............	not mapped	 .................
 *
 * A guest that encrypts private memory also maps the pages from GMEM_GVA_SHARED on, without
 * encryption, for the time that they are shared.
 *
 * Page 0 is at offset 0 of the file, or with .large_offset at GMEM_LARGE_OFFSET.
 *
 * All functions assert success, except where they return a result.
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
#define GMEM_GVA_SHARED	(1ULL << 45)
#define GMEM_VCPUS_MAX	16

/* Neither this offset nor its page number fits in 32 bits. */
#define GMEM_LARGE_OFFSET	((1ULL << 44) + (5ULL << 32))

struct folio_info;
struct gmem_vm;
struct launch_ops;

/* Finds the frames of pages that the host does not map (migrate/gmem/unmapped_pfns.h). */
struct unmapped_ops {
	const char *(*skip_reason)(void);
	/* Returns whether a frame with these page flags is still that of a filled page. */
	bool (*frame_is)(u64 flags);
	/* Allocate all pages of @gvm on @node, have the guest fill them, and find their frames. */
	void (*populate)(struct gmem_vm *gvm, int node);
	/* Describe the pages before or after a trigger; an unknown PFN is 0, with node -ENOENT. */
	void (*look)(struct gmem_vm *gvm, struct folio_info *info, bool after);
	void (*free)(struct gmem_vm *gvm);
};

/* A kind of VM, as the contract's rows name it. */
struct vm_kind {
	const char *name;
	unsigned long type;	/* of KVM_CREATE_VM */
	u64 gmem_flags;		/* of KVM_CREATE_GUEST_MEMFD */
	/* The same without the flag that makes a file movable; NULL: this kind is without it. */
	const struct vm_kind *unflagged;
	/*
	 * The guest uses the guest_memfd where memory attributes are private, and userspace_addr,
	 * which is .mem in ordinary memory, elsewhere.
	 */
	bool private_mem;
	/*
	 * The guest encrypts its memory, without memory attributes: the host maps ciphertext, and
	 * only registration (KVM_MEMORY_ENCRYPT_REG_REGION) holds the pages.
	 */
	bool encrypted;
	const struct unmapped_ops *unmapped;	/* NULL: the frames of such pages stay unknown */
	const struct launch_ops *launch;	/* migrate/gmem/launch.h; NULL: it just runs */
	/* Returns why this machine lacks this kind, as a reason to skip, or NULL; may be absent. */
	const char *(*skip_reason)(const struct vm_kind *kind, int kvm_fd);
};

/* No private memory; guest_memfd that host user space maps and shares. */
extern const struct vm_kind vm_kind_default;

/* The same without GUEST_MEMFD_FLAG_INIT_SHARED: it can be mapped, each access is SIGBUS. */
extern const struct vm_kind vm_kind_default_unshared;

/*
 * Those with the flag of CONTRACT_OPT_IN, which kernel headers may not know: .gmem_flags lacks it
 * until opt_in_set_flag().
 */
extern struct vm_kind vm_kind_default_migratable, vm_kind_default_unshared_migratable;

/* An ordinary VM with such a file that becomes a VM with encrypted memory; in lib/ARCH/migrate. */
extern struct vm_kind *const vm_kind_becomes_private_migratable;	/* NULL: there is none */

/*
 * Returns a kind with private memory, or NULL; in lib/ARCH/migrate.  It needs no hardware, or it is
 * one that the CPU encrypts.
 */
const struct vm_kind *vm_kind_private(bool encrypted);

/* Whether host user space can access the guest_memfd, so that PTEs map it. */
bool vm_kind_host_maps(const struct vm_kind *kind);

/*
 * Whether the guest reads zero where nothing was written.  The kernel clears new pages, and a CPU
 * that decrypts them makes anything of that.
 */
bool vm_kind_reads_zero(const struct vm_kind *kind);

/* Returns why this machine cannot run VMs of @kind, as a reason to skip, or NULL. */
const char *vm_kind_skip_reason(const struct vm_kind *kind);

/*
 * Keep a VM open until this process ends.  When the first VM is created and the last is freed, the
 * kernel patches its code (the static key of preempt notifiers in kernel/sched/core.c).  Emulated
 * CPUs have crashed there, and each case would do it twice.
 */
void vm_keep_one_open(void);

struct gmem_config {
	size_t nr_pages;
	bool few_pages;		/* a quarter of them; for fixture_open() */
	int nr_vcpus;		/* 0: only the host uses the pages */
	/*
	 * The slot's userspace_addr is .mem, so migration also zaps the guest's mappings by the
	 * MMU notifier, which hides a guest_memfd that does not.  Otherwise it is .elsewhere,
	 * and only guest_memfd's own invalidation zaps them.
	 */
	bool uaddr_is_mapping;
	bool two_slots;
	bool large_offset;
	int node;		/* bind the file to this node before first touch */
	u64 seed;
	bool yielding;		/* lower the priority of vCPUs, for hosts with few CPUs */
	bool launch_later;	/* for fixture_open(): the case calls gmem_launch_fill() */
	/*
	 * Not NULL: no file, but an ordinary memslot over the mapping of @over's file, which
	 * .kind cannot be private for.
	 */
	const struct gmem_vm *over;
};

struct gmem_vcpu {
	struct gmem_vm *owner;
	struct kvm_vcpu *vcpu;
	struct guest_job *job;		/* host's view */
	gva_t job_gva;			/* the guest's */
	pthread_t thread;
	bool running;			/* the thread exists */
	bool stopped;			/* the guest left GUEST_RUN, on command or not */
	bool died;			/* the VM ended it: the command is not done */
	u64 interrupted;		/* times that a signal ended KVM_RUN */
};

struct gmem_vm {
	const struct vm_kind *kind;
	struct kvm_vm *vm;
	int fd;				/* -1: the memory is another VM's */
	void *mem;
	void *elsewhere;		/* as large as .mem, PROT_NONE: KVM must not look there */
	u64 start;			/* offset of its pages in the file */
	gva_t gva;			/* of page 0, where the guest's next command finds it */
	bool launched;			/* the guest may run; see migrate/gmem/launch.h */
	size_t nr_pages, page_size;
	size_t nr_placed;		/* by gmem_allocate(), since a hole */
	size_t split;			/* first page of the second slot; 0: there is none */
	size_t hole;			/* first page before it that is in no slot */
	size_t left_out, left_out_end;	/* pages that no check reads: gmem_leave_out() */
	struct pattern pattern;		/* what the memory holds now */
	struct guest_page *pages;	/* host's view of the per-page counters */
	struct gmem_vcpu vcpus[GMEM_VCPUS_MAX];
	int nr_vcpus;
	bool yielding;			/* as in struct gmem_config */
	int nr_host_users;		/* threads that GUEST_RUN leaves pages to */
	/* While the host has no PTEs for the pages, else NULL: */
	const struct unmapped_ops *finder;
	void *unmapped;			/* its data */
	bool *left;			/* set by triggers too: the page has left its frame */
};

struct gmem_vm *gmem_vm_create(const struct vm_kind *kind, const struct gmem_config *config);
void gmem_vm_free(struct gmem_vm *gvm);

/* Prepare a command for @gv, on pages @first, @first + @step, ...  The first ends the launch. */
void gmem_vcpu_command(struct gmem_vcpu *gv, enum guest_command command, size_t first, size_t step);

/* Returns whether the last exit of @gv was the end of a command. */
bool gmem_vcpu_is_done(struct gmem_vcpu *gv);

/* Whether page @page is in no memslot. */
bool gmem_in_hole(const struct gmem_vm *gvm, size_t page);

/* Offset of page @page in the file. */
u64 gmem_offset(const struct gmem_vm *gvm, size_t page);

/* Create memslot @slot for @nr pages from @first on; @uaddr_is_mapping as in gmem_config. */
void gmem_set_slot(struct gmem_vm *gvm, u32 slot, size_t first, size_t nr, bool uaddr_is_mapping);

/*
 * Create ordinary memslot @slot over the host's mapping of all pages, and map it for the guest from
 * @gva on.
 */
void gmem_add_ordinary_slot(struct gmem_vm *gvm, u32 slot, gpa_t gpa, gva_t gva);

/* Punch a hole of @nr pages from @first on. */
void gmem_punch(struct gmem_vm *gvm, size_t first, size_t nr);

/*
 * Allocate @nr pages from @first on by the task's policy, set to @node meanwhile: a policy of the
 * file comes first.  The same for @size bytes from @offset on of any guest_memfd.
 */
void gmem_allocate(struct gmem_vm *gvm, size_t first, size_t nr, int node);
void gmem_file_allocate(int fd, u64 offset, u64 size, int node);

/* Returns the page at @gpa; .nr_pages: none of them is there. */
size_t gmem_page_at(const struct gmem_vm *gvm, gpa_t gpa);

/* Address of page @page in the host's mapping; its gpa, unless it is in the hole. */
void *gmem_page(const struct gmem_vm *gvm, size_t page);
gpa_t gmem_gpa(const struct gmem_vm *gvm, size_t page);

/*
 * Start the next round: the guest, or the host, writes its pattern to every page.  The host also
 * writes the hole for the guest.
 */
void gmem_guest_fill(struct gmem_vm *gvm);
void gmem_host_fill(struct gmem_vm *gvm);

/* The same in steps: start the next round; have the guest write one page. */
void gmem_next_round(struct gmem_vm *gvm);
void gmem_guest_fill_page(struct gmem_vm *gvm, size_t page);

/*
 * Set the attributes of @nr pages from @first on of a VM with private memory and one memslot: the
 * guest uses the guest_memfd, or .mem.  The content of both stays.  Until the next call, commands
 * must name only pages that are private, or shared, like these.
 */
void gmem_set_private(struct gmem_vm *gvm, size_t first, size_t nr, bool private);

/*
 * Have the launch take over page @page, with its pattern of this round: nothing has written to the
 * folio then.  Only before the first command, and where the kind has .launch with .fill.
 */
void gmem_launch_fill(struct gmem_vm *gvm, size_t page);

/* Returns whether the guest can read the first page under test. */
bool gmem_guest_reaches(struct gmem_vm *gvm);

/* Have the guest compare every page; .pages[].bad_word has the result. */
void gmem_guest_check(struct gmem_vm *gvm);

/* Returns the word at @offset bytes of page @page, as the guest reads it. */
u64 gmem_guest_peek(struct gmem_vm *gvm, size_t page, size_t offset);

/* Returns what word @word of page @page must hold; stop the guest first. */
u64 gmem_expected_word(const struct gmem_vm *gvm, size_t page, size_t word);

/*
 * Compare page @page of the host's mapping with what it must hold.
 * Returns the number of the first bad word, or GUEST_PAGE_WORDS().
 */
size_t gmem_host_check(const struct gmem_vm *gvm, size_t page);

/*
 * Run all vCPUs with GUEST_RUN until gmem_guest_stop(), which returns how many died and describes
 * them on @out.
 */
void gmem_guest_start(struct gmem_vm *gvm);
void gmem_guest_start_command(struct gmem_vm *gvm, enum guest_command command);
int gmem_guest_stop(struct gmem_vm *gvm, FILE *out);
bool gmem_guest_running(const struct gmem_vm *gvm);

/* Wait until every vCPU has completed an iteration over its pages.  Returns false if one died. */
bool gmem_guest_iterate(struct gmem_vm *gvm);

/*
 * Wait until no vCPU accesses the memory under test; they stay in the guest until
 * gmem_guest_resume().  Returns false if one died.
 */
bool gmem_guest_pause(struct gmem_vm *gvm);
void gmem_guest_resume(struct gmem_vm *gvm);

/*
 * Assert that host user space cannot access the memory of @gvm: each access is SIGBUS where the
 * file can be mapped, else mmap() fails.
 */
void assert_host_access_faults(const struct gmem_vm *gvm);

#endif /* SELFTEST_KVM_MIGRATE_GMEM_GMEM_VM_H */
