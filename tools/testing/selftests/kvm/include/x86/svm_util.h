/* SPDX-License-Identifier: GPL-2.0-only */
/* AMD's virtualization extensions. */
#ifndef SELFTEST_KVM_SVM_UTIL_H
#define SELFTEST_KVM_SVM_UTIL_H

/* Opens /dev/sev, the SEV firmware; exits with a SKIP if it is missing or may not be opened. */
int open_sev_dev_path_or_exit(void);

#endif /* SELFTEST_KVM_SVM_UTIL_H */
