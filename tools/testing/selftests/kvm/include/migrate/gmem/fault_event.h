/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trace event by which KVM names the frame that a guest's page fault maps; in lib/ARCH/migrate.
 */
#ifndef SELFTEST_KVM_MIGRATE_GMEM_FAULT_EVENT_H
#define SELFTEST_KVM_MIGRATE_GMEM_FAULT_EVENT_H

#include "kvm_util.h"

/* For trace_open(); NULL where the architecture has none. */
extern const char * const fault_event;

/* Returns whether @line (migrate/mm/trace.h) is this event, and what it names. */
bool fault_event_parse(const char *line, gpa_t *gpa, u64 *pfn);

#endif /* SELFTEST_KVM_MIGRATE_GMEM_FAULT_EVENT_H */
