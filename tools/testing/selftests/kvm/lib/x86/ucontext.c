// SPDX-License-Identifier: GPL-2.0-only
/* Finds the instruction that a signal interrupted, for lib/assert.c. */
#include <ucontext.h>

#include "symbol.h"

unsigned long symbol_ucontext_ip(void *ucontext)
{
	return ((ucontext_t *)ucontext)->uc_mcontext.gregs[REG_RIP];
}
