/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which guest modes (enum vm_guest_mode) a test runs in: all that this machine has, unless the
 * command line names some.
 */
#ifndef SELFTEST_KVM_GUEST_MODES_H
#define SELFTEST_KVM_GUEST_MODES_H

#include "kvm_util.h"

/* First of all: the modes of this machine. */
void guest_modes_append_default(void);

/* The number of a mode, @arg of a command line; the first call leaves no other enabled. */
void guest_modes_cmdline(const char *arg);

/* The usage text of option -m. */
void guest_modes_help(void);

void for_each_guest_mode(void (*func)(enum vm_guest_mode mode, void *arg), void *arg);

#endif /* SELFTEST_KVM_GUEST_MODES_H */
