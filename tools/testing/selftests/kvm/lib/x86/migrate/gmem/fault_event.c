// SPDX-License-Identifier: GPL-2.0-only
/* The event is in arch/x86/kvm/mmu/mmutrace.h: "gfn %llx pfn %llx level %d access %x". */
#include <stdio.h>
#include <string.h>

#include "migrate/gmem/fault_event.h"

#define NAME "kvm_mmu_spte_requested: "

const char * const fault_event = "kvmmmu/kvm_mmu_spte_requested";

bool fault_event_parse(const char *line, gpa_t *gpa, u64 *pfn)
{
	const char *at = strstr(line, NAME);
	unsigned long long gfn, frame;

	if (!at || sscanf(at + strlen(NAME), "gfn %llx pfn %llx", &gfn, &frame) != 2)
		return false;
	*gpa = gfn << 12;
	*pfn = frame;
	return true;
}
