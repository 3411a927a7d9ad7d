/* SPDX-License-Identifier: GPL-2.0-only */
/* Function names for code addresses of this program, in host and guest code. */
#ifndef SELFTEST_KVM_SYMBOL_H
#define SELFTEST_KVM_SYMBOL_H

#include <stddef.h>

/*
 * Writes @addr to @buf (@size bytes) as "0x401234 guest_code+0x14", or only the number if no
 * function covers @addr or the program is stripped.  Returns @buf.
 */
const char *symbol_name(unsigned long addr, char *buf, size_t size);

/* Returns the address of the interrupted instruction; @ucontext: see sigaction(2), SA_SIGINFO. */
unsigned long symbol_ucontext_ip(void *ucontext);

#endif /* SELFTEST_KVM_SYMBOL_H */
