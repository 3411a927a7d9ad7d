// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property smm; see migrate/matrix/x86_property_table.h.
 *
 * In system management mode a vCPU uses the memslots of address space 1.  One of them binds a
 * guest_memfd.  Each SMI adds one to the last word of each of its pages, while the pages move.
 */
#include <fcntl.h>
#include <stdlib.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"
#include "migrate/matrix/side_file.h"
#include "migrate/matrix/x86_property_table.h"

#define SMM_SLOT(slot)	(1 << 16 | (slot))	/* of address space 1 */

/* At reset SMBASE is 0x30000.  The handler starts at 0x8000 from there, with all segments at 0. */
#define SMRAM_GPA	0x30000
#define SMRAM_BYTES	0x10000
#define SMI_ENTRY	0x8000
#define NR_PAGES_AT	0x7ff8

#define SMM_GPA		0x10000000
#define PAGES_MAX	1024		/* all below 4 GiB */

asm(".pushsection .rodata\n"
	"	.code16\n"
	"smi_handler:\n"
	"	movl	$0x10000000, %esi\n"		/* SMM_GPA */
	"	movl	$0x37ff8, %edi\n"		/* SMRAM_GPA + NR_PAGES_AT */
	"	movl	(%edi), %ecx\n"
	"1:	incl	0xff8(%esi)\n"
	"	addl	$0x1000, %esi\n"
	"	decl	%ecx\n"
	"	jnz	1b\n"
	"	rsm\n"
	"smi_handler_end:\n"
	"	.code64\n"
	".popsection\n");

extern const char smi_handler[], smi_handler_end[];

const char *smm_skip_reason(void)
{
	int kvm_fd = open(KVM_DEV_PATH, O_RDWR | O_CLOEXEC), r = 0;

	if (kvm_fd >= 0) {
		r = ioctl(kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_X86_SMM);
		close(kvm_fd);
	}
	return r > 0 ? NULL : "KVM has no SMM (needs CONFIG_KVM_SMM)";
}

/* Outside SMM, the vCPU only returns to the host. */
static void guest_syncs(void)
{
	for (;;)
		GUEST_SYNC(0);
}

struct smm {
	struct side_file file;
	struct kvm_vcpu *vcpu;
	void *smram;
	pthread_t thread;
	bool stop, died;
	u32 smis;
};

static void create(struct smm *smm, struct fixture *fx)
{
	struct kvm_vm *vm = fx->gvm->vm;
	u32 nr_pages = min_t(size_t, fx->gvm->nr_pages, PAGES_MAX);

	side_file_create(&smm->file, fx, nr_pages, SMM_SLOT(GMEM_SLOT), SMM_GPA, false);
	smm->vcpu = fx->gvm->vcpus[1].vcpu;
	smm->smram = kvm_mmap(SMRAM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1);
	memcpy(smm->smram + SMI_ENTRY, smi_handler, smi_handler_end - smi_handler);
	memcpy(smm->smram + NR_PAGES_AT, &nr_pages, sizeof(nr_pages));
	vm_set_user_memory_region(vm, SMM_SLOT(1), 0, SMRAM_GPA, SMRAM_BYTES, smm->smram);
	vcpu_arch_set_entry_point(smm->vcpu, guest_syncs);
}

/* One SMI.  Returns false where the vCPU died. */
static bool enter_smm(struct smm *smm)
{
	struct ucall uc;

	vcpu_ioctl(smm->vcpu, KVM_SMI, NULL);
	smm->smis++;
	return !__vcpu_run(smm->vcpu) && get_ucall(smm->vcpu, &uc) == UCALL_SYNC;
}

static void *enter_smm_until_stop(void *arg)
{
	struct smm *smm = arg;

	while (!smm->died && !__atomic_load_n(&smm->stop, __ATOMIC_ACQUIRE))
		smm->died = !enter_smm(smm);
	return NULL;
}

/* Returns the number of pages whose counter is not the number of SMIs. */
static size_t count_bad(const struct smm *smm)
{
	size_t page, bad = 0, words = GUEST_PAGE_WORDS(smm->file.fx->gvm->page_size);
	const u64 *mem = smm->file.mem;

	for (page = 0; page < smm->file.nr_pages; page++)
		bad += mem[(page + 1) * words - 1] != smm->smis;
	return bad;
}

static int judge(const struct smm *smm, size_t stay)
{
	size_t bad = count_bad(smm);

	if (!stay && !bad && !smm->died)
		return KSFT_PASS;
	ksft_print_msg("SMM%s: %zu of %zu pages are on the wrong node, %zu do not count the %u "
		       "SMIs, wanted 0; %s\n", smm->died ? ", the vCPU died" : "", stay,
		       smm->file.nr_pages, bad, smm->smis, suite_context(smm->file.fx->suite));
	return KSFT_FAIL;
}

/* Moves between two SMIs. */
static int move_idle(struct smm *smm)
{
	unsigned long i;
	int result = KSFT_PASS;

	for (i = 0; i < smm->file.fx->suite->options.iterations && !result; i++) {
		smm->died = !enter_smm(smm);
		result = judge(smm, side_file_move(&smm->file));
		if (!result)
			smm->died = !enter_smm(smm);
	}
	return result ?: judge(smm, 0);
}

/* Moves during SMIs; a page that stays too often must move afterwards. */
static int move_running(struct smm *smm)
{
	unsigned long i;
	size_t stay = 0;

	kvm_pthread_create(&smm->thread, NULL, enter_smm_until_stop, smm);
	for (i = 0; i < 2 * smm->file.fx->suite->options.iterations && !stay; i++)
		stay = side_file_move(&smm->file);
	__atomic_store_n(&smm->stop, true, __ATOMIC_RELEASE);
	kvm_pthread_join(smm->thread, NULL);
	if (stay)
		stay = side_file_move(&smm->file);
	return judge(smm, stay);
}

int act_smm(struct fixture *fx)
{
	struct smm smm = {};
	int result;

	create(&smm, fx);
	result = move_idle(&smm) ?: move_running(&smm);
	side_file_free(&smm.file);
	return result;
}
