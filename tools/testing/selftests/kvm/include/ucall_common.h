/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls from guest code to the test ("user space calls").
 *
 * The guest fills in a struct ucall and exits to user space; the test fetches it with
 * get_ucall().  Guest code uses the GUEST_ macros, the test uses the REPORT_ macros:
 *
 *	switch (get_ucall(vcpu, &uc)) {
 *	case UCALL_SYNC:	...uc.args[1]...
 *	case UCALL_PRINTF:	REPORT_GUEST_PRINTF(uc); break;
 *	case UCALL_ABORT:	REPORT_GUEST_ASSERT(uc);
 *	case UCALL_DONE:	return;
 *	}
 *
 * vcpu_run() itself fails the test for UCALL_ABORT and UCALL_UNHANDLED.
 */
#ifndef SELFTEST_KVM_UCALL_COMMON_H
#define SELFTEST_KVM_UCALL_COMMON_H

#include "test_util.h"
#include "ucall.h"

enum {
	UCALL_NONE = 0,		/* the vCPU exited for another reason */
	UCALL_SYNC = 1,		/* GUEST_SYNC*(): the test defines args */
	UCALL_ABORT = 2,	/* GUEST_ASSERT*(): args are enum guest_assert_builtin_args */
	UCALL_PRINTF = 3,	/* GUEST_PRINTF(): text in buffer */
	UCALL_DONE = 4,		/* GUEST_DONE() */
	UCALL_UNHANDLED = 5,	/* unhandled exception: args are struct ex_regs and CR2 on x86 */
};

#define UCALL_BUFFER_LEN	1024
#define UCALL_MAX_ARGS		7

struct ucall {
	struct ucall *hva;	/* address of this struct in the host process */
	u8 in_use;
	u64 cmd;
	u64 args[UCALL_MAX_ARGS];
	char buffer[UCALL_BUFFER_LEN];
};

/* Expression and place of a failed guest assertion; the strings are constants of the program. */
enum guest_assert_builtin_args {
	GUEST_ERROR_STRING = 0,
	GUEST_FILE = 1,
	GUEST_LINE = 2,
	GUEST_ASSERT_BUILTIN_NARGS = 3,
};

/* ---- Host code ------------------------------------------------------------------------- */

/*
 * Copies the last ucall of @vcpu to *@uc, unless @uc is NULL, and completes its I/O instruction.
 * Returns the command, or UCALL_NONE if the vCPU exited for another reason.
 */
u64 get_ucall(struct kvm_vcpu *vcpu, struct ucall *uc);

#define REPORT_GUEST_PRINTF(uc)		pr_info("%s", (uc).buffer)

/* Fails the test with the message of the guest's assertion. */
#define REPORT_GUEST_ASSERT(uc)							\
do {										\
	test_assert(false, (const char *)(uc).args[GUEST_ERROR_STRING],		\
		    (const char *)(uc).args[GUEST_FILE], (uc).args[GUEST_LINE],	\
		    "guest: %s", (uc).buffer);					\
	__builtin_unreachable();						\
} while (0)

/* ---- Guest code ------------------------------------------------------------------------ */

/* Makes ucall @cmd with @nargs arguments of type u64. */
void ucall(u64 cmd, int nargs, ...);

/* Makes ucall @cmd with a text; guest_snprintf() formats @fmt. */
__printf(2, 3) void ucall_fmt(u64 cmd, const char *fmt, ...);

/* Makes ucall @cmd with a text, and with the expression and place of an assertion. */
__printf(5, 6) void ucall_assert(u64 cmd, const char *exp, const char *file, unsigned int line,
				 const char *fmt, ...);

/* Exits without a struct ucall, thus without memory accesses; get_ucall() returns UCALL_NONE. */
#define GUEST_UCALL_NONE()	ucall_arch_do_ucall((gva_t)0)

#define GUEST_SYNC(stage)	ucall(UCALL_SYNC, 2, "hello", (u64)(stage))
#define GUEST_SYNC_ARGS(stage, a1, a2, a3, a4)	\
	ucall(UCALL_SYNC, 6, "hello", (u64)(stage), (u64)(a1), (u64)(a2), (u64)(a3), (u64)(a4))
#define GUEST_SYNC1(a0)			ucall(UCALL_SYNC, 1, (u64)(a0))
#define GUEST_SYNC2(a0, a1)		ucall(UCALL_SYNC, 2, (u64)(a0), (u64)(a1))
#define GUEST_SYNC3(a0, a1, a2)		ucall(UCALL_SYNC, 3, (u64)(a0), (u64)(a1), (u64)(a2))
#define GUEST_SYNC4(a0, a1, a2, a3)	\
	ucall(UCALL_SYNC, 4, (u64)(a0), (u64)(a1), (u64)(a2), (u64)(a3))
#define GUEST_SYNC5(a0, a1, a2, a3, a4)	\
	ucall(UCALL_SYNC, 5, (u64)(a0), (u64)(a1), (u64)(a2), (u64)(a3), (u64)(a4))
#define GUEST_SYNC6(a0, a1, a2, a3, a4, a5)	\
	ucall(UCALL_SYNC, 6, (u64)(a0), (u64)(a1), (u64)(a2), (u64)(a3), (u64)(a4), (u64)(a5))
#define GUEST_DONE()				ucall(UCALL_DONE, 0)
#define GUEST_PRINTF(fmt, args...)		ucall_fmt(UCALL_PRINTF, fmt, ##args)

#define ____GUEST_ASSERT(cond, text, fmt, args...)					\
do {											\
	if (!(cond))									\
		ucall_assert(UCALL_ABORT, text, __FILE__, __LINE__, fmt, ##args);	\
} while (0)

#define __GUEST_ASSERT(cond, fmt, args...)	____GUEST_ASSERT(cond, #cond, fmt, ##args)
#define GUEST_ASSERT(cond)			__GUEST_ASSERT(cond, "%s", #cond)

#define GUEST_FAIL(fmt, args...)	\
	ucall_assert(UCALL_ABORT, "GUEST_FAIL", __FILE__, __LINE__, fmt, ##args)

/* Compares two integers or pointers; the report has both values. */
#define __GUEST_ASSERT_OP(a, op, b)							\
do {											\
	typeof(a) _guest_a = (a);							\
	typeof(b) _guest_b = (b);							\
											\
	____GUEST_ASSERT(_guest_a op _guest_b, #a " " #op " " #b,			\
			 "%s is %#lx, %s is %#lx", #a, (unsigned long)_guest_a,		\
			 #b, (unsigned long)_guest_b);					\
} while (0)

#define GUEST_ASSERT_EQ(a, b)	__GUEST_ASSERT_OP(a, ==, b)
#define GUEST_ASSERT_NE(a, b)	__GUEST_ASSERT_OP(a, !=, b)

/* ---- Library internals ----------------------------------------------------------------- */

void ucall_init(struct kvm_vm *vm, gpa_t mmio_gpa);
u64 ucall_bytes_required(u32 nr_vcpus);

/* Every architecture defines these; ucall_arch_get_ucall() returns NULL for any other exit. */
void ucall_arch_init(struct kvm_vm *vm, gpa_t mmio_gpa);
void ucall_arch_do_ucall(gva_t uc);
void *ucall_arch_get_ucall(struct kvm_vcpu *vcpu);

#endif /* SELFTEST_KVM_UCALL_COMMON_H */
