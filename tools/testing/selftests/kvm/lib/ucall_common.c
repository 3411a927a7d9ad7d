// SPDX-License-Identifier: GPL-2.0-only
/* Calls from guest code to the test, see ucall_common.h. */
#include "kvm_util.h"
#include "ucall_common.h"

/* The guest passes this instead of an address when the pool has no free struct ucall. */
#define GUEST_UCALL_FAILED	((gva_t)-1)

struct ucall_pool {
	u32 nr;
	struct ucall ucalls[];
};

/* ucall_init() sets it in each guest; it stays NULL in the host process. */
static struct ucall_pool *guest_pool;

/* ---- Host code ------------------------------------------------------------------------- */

/* Two per vCPU, because an exception handler may interrupt a ucall and make one; and a reserve. */
static u32 pool_entries(u32 nr_vcpus)
{
	return nr_vcpus * 2 + 16;
}

u64 ucall_bytes_required(u32 nr_vcpus)
{
	return sizeof(struct ucall_pool) + pool_entries(nr_vcpus) * sizeof(struct ucall);
}

void ucall_init(struct kvm_vm *vm, gpa_t mmio_gpa)
{
	u64 size = ucall_bytes_required(vm->nr_runnable_vcpus);
	gva_t gva = vm_alloc_shared(vm, size, KVM_UTIL_MIN_VADDR, MEM_REGION_DATA);
	struct ucall_pool *pool = addr_gva2hva(vm, gva);
	u32 i;

	pool->nr = pool_entries(vm->nr_runnable_vcpus);
	for (i = 0; i < pool->nr; i++)
		pool->ucalls[i].hva = &pool->ucalls[i];

	write_guest_global(vm, guest_pool, (struct ucall_pool *)gva);
	ucall_arch_init(vm, mmio_gpa);
}

u64 get_ucall(struct kvm_vcpu *vcpu, struct ucall *uc)
{
	void *from = ucall_arch_get_ucall(vcpu);
	u64 cmd = UCALL_NONE;

	TEST_ASSERT(from != (void *)GUEST_UCALL_FAILED,
		    "vCPU %u found no free struct ucall: does the VM run more vCPUs than "
		    "__vm_create() counted?", vcpu->id);
	if (from) {
		cmd = ((struct ucall *)from)->cmd;
		if (uc)
			memcpy(uc, from, sizeof(*uc));
		vcpu_run_complete_io(vcpu);
	} else if (uc) {
		memset(uc, 0, sizeof(*uc));
	}
	return cmd;
}

/* ---- Guest code ------------------------------------------------------------------------ */

static struct ucall *ucall_alloc(void)
{
	struct ucall *uc;
	u32 i;

	for (i = 0; guest_pool && i < guest_pool->nr; i++) {
		uc = &guest_pool->ucalls[i];
		if (!__atomic_exchange_n(&uc->in_use, 1, __ATOMIC_ACQUIRE)) {
			memset(uc->args, 0, sizeof(uc->args));
			uc->buffer[0] = '\0';
			return uc;
		}
	}
	/* GUEST_ASSERT() would need a struct ucall too. */
	ucall_arch_do_ucall(GUEST_UCALL_FAILED);
	return NULL;
}

/* Exits to user space, then frees @uc. */
static void ucall_do(struct ucall *uc, u64 cmd)
{
	WRITE_ONCE(uc->cmd, cmd);
	ucall_arch_do_ucall((gva_t)uc->hva);
	__atomic_store_n(&uc->in_use, 0, __ATOMIC_RELEASE);
}

void ucall(u64 cmd, int nargs, ...)
{
	struct ucall *uc = ucall_alloc();
	va_list args;
	int i;

	va_start(args, nargs);
	for (i = 0; i < nargs && i < UCALL_MAX_ARGS; i++)
		uc->args[i] = va_arg(args, u64);
	va_end(args);
	ucall_do(uc, cmd);
}

void ucall_fmt(u64 cmd, const char *fmt, ...)
{
	struct ucall *uc = ucall_alloc();
	va_list args;
	int len;

	va_start(args, fmt);
	len = guest_vsnprintf(uc->buffer, UCALL_BUFFER_LEN, fmt, args);
	va_end(args);

	/* A truncated message may mislead.  ucall_assert() below may truncate its text. */
	__GUEST_ASSERT(len < UCALL_BUFFER_LEN, "a text of %d characters, starting with '%.40s'",
		       len, uc->buffer);
	ucall_do(uc, cmd);
}

void ucall_assert(u64 cmd, const char *exp, const char *file, unsigned int line,
		  const char *fmt, ...)
{
	struct ucall *uc = ucall_alloc();
	va_list args;

	uc->args[GUEST_ERROR_STRING] = (u64)exp;
	uc->args[GUEST_FILE] = (u64)file;
	uc->args[GUEST_LINE] = line;

	va_start(args, fmt);
	guest_vsnprintf(uc->buffer, UCALL_BUFFER_LEN, fmt, args);
	va_end(args);
	ucall_do(uc, cmd);
}
