/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that the kernel holds on to for a while, as it does for I/O on user memory: a reference
 * beyond those of the file and of page tables.  Migration must refuse them
 * (folio_migrate_mapping() in mm/migrate.c): whoever holds a frame goes on reading and writing it,
 * and would do so behind the back of everyone else.
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_GUP_PIN_H
#define SELFTEST_KVM_MIGRATE_MM_GUP_PIN_H

#include <stddef.h>

/* Before the next one, as tools/include/linux/types.h of a kernel tree does not bring it in. */
#include <linux/stddef.h>
#include <linux/io_uring.h>

/* What a pipe holds without being asked for more (PIPE_DEF_BUFFERS). */
#define GUP_PIN_PAGES_MAX 16

struct gup_pin {
	int fds[2];			/* a pipe, or a ring and nothing */
	struct io_uring_params params;
	void *mem;
	size_t nr_pages;
};

struct gup_pin_kind {
	const char *name;
	/* What this machine lacks for it, as a reason to skip; NULL or absent: nothing. */
	const char *(*skip_reason)(void);
	/* Hold up to GUP_PIN_PAGES_MAX pages that are mapped from @mem on. */
	void (*hold)(struct gup_pin *pin, void *mem, size_t nr_pages);
	/* What the frames hold that are held, page after page; may let go of them. */
	void (*read)(struct gup_pin *pin, void *buffer);
	void (*release)(struct gup_pin *pin);
};

/* vmsplice() into a pipe: a reference for as long as nobody reads it (FOLL_GET). */
extern const struct gup_pin_kind gup_pin_pipe;

/* A buffer registered with io_uring, for as long as the ring lives (FOLL_PIN | FOLL_LONGTERM). */
extern const struct gup_pin_kind gup_pin_io_uring;

#endif /* SELFTEST_KVM_MIGRATE_MM_GUP_PIN_H */
