/* SPDX-License-Identifier: GPL-2.0-only */
/* Names for addresses in this program, whether host or guest code was there. */
#ifndef SELFTEST_KVM_SYMBOL_H
#define SELFTEST_KVM_SYMBOL_H

#include <stddef.h>

/*
 * Writes @addr into @buf as "0x401234 guest_code+0x14", or as the bare number where the program
 * has no function there or is stripped.  Returns @buf.
 */
const char *symbol_name(unsigned long addr, char *buf, size_t size);

/* The instruction that a signal interrupted, from the third argument of the signal's handler. */
unsigned long symbol_ucontext_ip(void *ucontext);

#endif /* SELFTEST_KVM_SYMBOL_H */
