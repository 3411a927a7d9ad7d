/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that the kernel holds, as it does for I/O on user memory.  Migration must refuse them
 * (folio_migrate_mapping() in mm/migrate.c): the kernel would go on using the old frame.
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_GUP_PIN_H
#define SELFTEST_KVM_MIGRATE_MM_GUP_PIN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* The capacity of a pipe (PIPE_DEF_BUFFERS in include/linux/pipe_fs_i.h); io_uring takes more. */
#define GUP_PIN_PAGES_MAX 16

struct gup_pin {
	int fds[2];			/* a pipe; or a ring in the first one */
	uint32_t tail, array;		/* offsets in the ring */
	struct iovec mem;
	size_t nr_pages;
};

struct gup_pin_kind {
	const char *name;
	/* Returns why this machine lacks it, as a reason to skip, or NULL; may be absent. */
	const char *(*skip_reason)(void);
	/* Hold up to GUP_PIN_PAGES_MAX pages that are mapped from @mem on. */
	void (*hold)(struct gup_pin *pin, void *mem, size_t nr_pages);
	/* Read the content of the held frames, once; may drop the references. */
	void (*read)(struct gup_pin *pin, void *buffer);
	void (*release)(struct gup_pin *pin);
};

/* vmsplice() into a pipe: references until the pipe is read (FOLL_GET). */
extern const struct gup_pin_kind gup_pin_pipe;

/* A buffer registered with io_uring, until it is unregistered (FOLL_PIN | FOLL_LONGTERM). */
extern const struct gup_pin_kind gup_pin_io_uring;

/* gup_pin_io_uring.hold() for any number of pages.  Returns 0 or -errno. */
int gup_pin_register(struct gup_pin *pin, void *mem, size_t nr_pages);

/* For the kinds: note what is held, and read all of it from @fd. */
void gup_pin_set_pages(struct gup_pin *pin, void *mem, size_t nr_pages);
void gup_pin_read(const struct gup_pin *pin, int fd, void *buffer);

#endif /* SELFTEST_KVM_MIGRATE_MM_GUP_PIN_H */
