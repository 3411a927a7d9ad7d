/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel knows of a mapping of this process, from /proc/self/smaps, and the soft-dirty
 * and accessed bits of its PTEs (Documentation/admin-guide/mm/soft-dirty.rst, and clear_refs in
 * Documentation/filesystems/proc.rst).
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_HOST_MAPPING_H
#define SELFTEST_KVM_MIGRATE_MM_HOST_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host_mapping {
	char protection[8];		/* "rw-s" */
	char flags[128];		/* VmFlags */
	long rss, referenced, locked;	/* kB */
};

/* Describe the mapping that begins at @addr.  Returns 0 or -errno; -ENOENT: there is none. */
int host_mapping_read(const void *addr, struct host_mapping *mapping);

/* Print what differs in comments.  Returns whether nothing does. */
bool host_mapping_same(const struct host_mapping *before, const struct host_mapping *after);

/* Returns RssFile of this process in kB, or -errno. */
long host_rss_file(void);

/* Clear the soft-dirty bits, or the accessed bits, of this process.  Returns 0 or -errno. */
int host_clear_soft_dirty(void);
int host_clear_accessed(void);

/* Whether pagemap entry @entry has the soft-dirty bit. */
bool pagemap_soft_dirty(uint64_t entry);

#endif /* SELFTEST_KVM_MIGRATE_MM_HOST_MAPPING_H */
