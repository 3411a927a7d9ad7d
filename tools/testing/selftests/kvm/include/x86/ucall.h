/* SPDX-License-Identifier: GPL-2.0-only */
/* A ucall on x86 writes to an I/O port without a device. */
#ifndef SELFTEST_KVM_UCALL_H
#define SELFTEST_KVM_UCALL_H

#include "kvm_util.h"

#define UCALL_EXIT_REASON	KVM_EXIT_IO

#endif /* SELFTEST_KVM_UCALL_H */
