/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest modes (enum vm_guest_mode) that a test runs in: all that this machine supports, or
 * those that the command line names.
 */
#ifndef SELFTEST_KVM_GUEST_MODES_H
#define SELFTEST_KVM_GUEST_MODES_H

#include "kvm_util.h"

/* Enables the modes that this machine supports; call it before the others. */
void guest_modes_append_default(void);

/* Enables mode number @arg; the first call disables all other modes. */
void guest_modes_cmdline(const char *arg);

/* Prints the usage text of option -m. */
void guest_modes_help(void);

/* Calls @func for each enabled mode. */
void for_each_guest_mode(void (*func)(enum vm_guest_mode mode, void *arg), void *arg);

#endif /* SELFTEST_KVM_GUEST_MODES_H */
