// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Included first, because tools/include/linux/types.h of a kernel tree does not include it. */
#include <linux/stddef.h>
#include <linux/io_uring.h>

#include "kvm_util.h"
#include "migrate/mm/gup_pin.h"

static int setup_ring(struct io_uring_params *params)
{
	memset(params, 0, sizeof(*params));
	return syscall(__NR_io_uring_setup, 1, params);
}

static const char *io_uring_skip_reason(void)
{
	struct io_uring_params params;
	int fd = setup_ring(&params);

	if (fd < 0)
		return "no io_uring (CONFIG_IO_URING, sysctl kernel.io_uring_disabled=0)";
	close(fd);
	return NULL;
}

/* The ring is in .fds[0]. */
int gup_pin_register(struct gup_pin *pin, void *mem, size_t nr_pages)
{
	struct io_uring_params params;
	int r;

	gup_pin_set_pages(pin, mem, nr_pages);
	pin->fds[0] = setup_ring(&params);
	TEST_ASSERT(pin->fds[0] >= 0, "io_uring_setup: %s", strerror(errno));
	pin->tail = params.sq_off.tail;
	pin->array = params.sq_off.array;
	if (!syscall(__NR_io_uring_register, pin->fds[0], IORING_REGISTER_BUFFERS, &pin->mem, 1))
		return 0;
	r = -errno;
	kvm_close(pin->fds[0]);
	return r;
}

static void hold_by_io_uring(struct gup_pin *pin, void *mem, size_t nr_pages)
{
	int r = gup_pin_register(pin, mem, nr_pages);

	TEST_ASSERT(!r, "io_uring_register of %zu pages: %s", nr_pages, strerror(-r));
}

static void *map_ring(const struct gup_pin *pin, off_t offset)
{
	return __kvm_mmap(getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED, pin->fds[0], offset);
}

/* Submit @request to a ring of one entry, each part of which fits into a page. */
static void submit(const struct gup_pin *pin, const struct io_uring_sqe *request)
{
	struct io_uring_sqe *entries = map_ring(pin, IORING_OFF_SQES);
	char *ring = map_ring(pin, IORING_OFF_SQ_RING);
	unsigned int *tail = (unsigned int *)(ring + pin->tail);
	int done;

	entries[0] = *request;
	*(unsigned int *)(ring + pin->array) = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	done = syscall(__NR_io_uring_enter, pin->fds[0], 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);
	TEST_ASSERT(done == 1, "io_uring_enter = %d, errno %d", done, errno);
	kvm_munmap(entries, getpagesize());
	kvm_munmap(ring, getpagesize());
}

/* Once per ring: the completion stays in the queue. */
static void read_by_io_uring(struct gup_pin *pin, void *buffer)
{
	int fd = kvm_memfd_alloc(pin->mem.iov_len, false);
	const struct io_uring_sqe request = {
		.opcode = IORING_OP_WRITE_FIXED,
		.fd = fd,
		.addr = (uintptr_t)pin->mem.iov_base,
		.len = pin->mem.iov_len,
	};

	submit(pin, &request);
	gup_pin_read(pin, fd, buffer);
	kvm_close(fd);
}

static void release_by_io_uring(struct gup_pin *pin)
{
	int r = syscall(__NR_io_uring_register, pin->fds[0], IORING_UNREGISTER_BUFFERS, NULL, 0);

	TEST_ASSERT(!r, "io_uring_register: %s", strerror(errno));
	kvm_close(pin->fds[0]);
}

const struct gup_pin_kind gup_pin_io_uring = {
	.name = "io_uring",
	.skip_reason = io_uring_skip_reason,
	.hold = hold_by_io_uring,
	.read = read_by_io_uring,
	.release = release_by_io_uring,
};
