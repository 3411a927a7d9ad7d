// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/gup_pin.h"

static size_t size_of(const struct gup_pin *pin)
{
	return pin->nr_pages * getpagesize();
}

static void set_pages(struct gup_pin *pin, void *mem, size_t nr_pages)
{
	TEST_ASSERT(nr_pages <= GUP_PIN_PAGES_MAX, "%zu pages, %d at most", nr_pages,
		    GUP_PIN_PAGES_MAX);
	pin->mem = mem;
	pin->nr_pages = nr_pages;
}

static void read_all(int fd, void *buffer, size_t size)
{
	ssize_t n;

	for (; size; size -= n, buffer = (char *)buffer + n) {
		n = read(fd, buffer, size);
		TEST_ASSERT(n > 0, "read of held pages = %zd, errno %d", n, errno);
	}
}

static void hold_by_pipe(struct gup_pin *pin, void *mem, size_t nr_pages)
{
	struct iovec pages;
	ssize_t n;

	set_pages(pin, mem, nr_pages);
	pages = (struct iovec) { .iov_base = mem, .iov_len = size_of(pin) };
	TEST_ASSERT(!pipe2(pin->fds, O_CLOEXEC), "pipe: %s", strerror(errno));
	n = vmsplice(pin->fds[1], &pages, 1, 0);
	TEST_ASSERT(n == size_of(pin), "vmsplice of %zu pages = %zd, errno %d", nr_pages, n,
		    errno);
}

static void read_by_pipe(struct gup_pin *pin, void *buffer)
{
	read_all(pin->fds[0], buffer, size_of(pin));
}

static void release_by_pipe(struct gup_pin *pin)
{
	kvm_close(pin->fds[0]);
	kvm_close(pin->fds[1]);
}

const struct gup_pin_kind gup_pin_pipe = {
	.name = "vmsplice()",
	.hold = hold_by_pipe,
	.read = read_by_pipe,
	.release = release_by_pipe,
};

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
static void hold_by_io_uring(struct gup_pin *pin, void *mem, size_t nr_pages)
{
	struct iovec pages;
	int r;

	set_pages(pin, mem, nr_pages);
	pages = (struct iovec) { .iov_base = mem, .iov_len = size_of(pin) };
	pin->fds[0] = setup_ring(&pin->params);
	TEST_ASSERT(pin->fds[0] >= 0, "io_uring_setup: %s", strerror(errno));
	r = syscall(__NR_io_uring_register, pin->fds[0], IORING_REGISTER_BUFFERS, &pages, 1);
	TEST_ASSERT(!r, "io_uring_register of %zu pages: %s", nr_pages, strerror(errno));
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
	unsigned int *tail = (unsigned int *)(ring + pin->params.sq_off.tail);
	int done;

	entries[0] = *request;
	*(unsigned int *)(ring + pin->params.sq_off.array) = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	done = syscall(__NR_io_uring_enter, pin->fds[0], 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);
	TEST_ASSERT(done == 1, "io_uring_enter = %d, errno %d", done, errno);
	kvm_munmap(entries, getpagesize());
	kvm_munmap(ring, getpagesize());
}

/* Once per ring: the completion stays in the queue. */
static void read_by_io_uring(struct gup_pin *pin, void *buffer)
{
	int fd = kvm_memfd_alloc(size_of(pin), false);
	const struct io_uring_sqe request = {
		.opcode = IORING_OP_WRITE_FIXED,
		.fd = fd,
		.addr = (uintptr_t)pin->mem,
		.len = size_of(pin),
	};

	submit(pin, &request);
	read_all(fd, buffer, size_of(pin));
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
