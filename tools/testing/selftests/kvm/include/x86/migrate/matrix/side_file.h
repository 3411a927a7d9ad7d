/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second guest_memfd of the VM, for consumers whose pages must not have the pattern of the first
 * one, or that use memslots of their own.
 */
#ifndef SELFTEST_KVM_X86_MIGRATE_MATRIX_SIDE_FILE_H
#define SELFTEST_KVM_X86_MIGRATE_MATRIX_SIDE_FILE_H

#include "migrate/matrix/fixture.h"

struct side_file {
	struct fixture *fx;
	int fd;
	void *mem;
	size_t nr_pages;
	int from, to;
};

/*
 * Create a file of @nr_pages zeroed pages on the fixture's first node, mapped by the host, with
 * memslot @slot at @gpa.  @uaddr_is_mapping as in struct gmem_config.
 */
void side_file_create(struct side_file *file, struct fixture *fx, size_t nr_pages, u32 slot,
		      gpa_t gpa, bool uaddr_is_mapping);
void side_file_free(struct side_file *file);

/*
 * Fire the trigger at all pages, and at the next call in the other direction.  Returns the number
 * of pages that did not do what the contract says.  A page in use may stay: try again.
 */
size_t side_file_move(struct side_file *file);

#endif /* SELFTEST_KVM_X86_MIGRATE_MATRIX_SIDE_FILE_H */
