/* SPDX-License-Identifier: GPL-2.0-only */
/* How an x86 guest calls the test: a write to an I/O port nobody else uses. */
#ifndef SELFTEST_KVM_UCALL_H
#define SELFTEST_KVM_UCALL_H

#include "kvm_util.h"

#define UCALL_EXIT_REASON	KVM_EXIT_IO

#endif /* SELFTEST_KVM_UCALL_H */
