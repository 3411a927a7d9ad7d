// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/gup_pin.h"

void gup_pin_set_pages(struct gup_pin *pin, void *mem, size_t nr_pages)
{
	pin->mem.iov_base = mem;
	pin->mem.iov_len = nr_pages * getpagesize();
	pin->nr_pages = nr_pages;
}

void gup_pin_read(const struct gup_pin *pin, int fd, void *buffer)
{
	size_t size = pin->mem.iov_len;
	ssize_t n;

	for (; size; size -= n, buffer = (char *)buffer + n) {
		n = read(fd, buffer, size);
		TEST_ASSERT(n > 0, "read of held pages = %zd, errno %d", n, errno);
	}
}

static void hold_by_pipe(struct gup_pin *pin, void *mem, size_t nr_pages)
{
	ssize_t n;

	TEST_ASSERT(nr_pages <= GUP_PIN_PAGES_MAX, "%zu pages, %d at most", nr_pages,
		    GUP_PIN_PAGES_MAX);
	gup_pin_set_pages(pin, mem, nr_pages);
	TEST_ASSERT(!pipe2(pin->fds, O_CLOEXEC), "pipe: %s", strerror(errno));
	n = vmsplice(pin->fds[1], &pin->mem, 1, 0);
	TEST_ASSERT(n == pin->mem.iov_len, "vmsplice of %zu pages = %zd, errno %d", nr_pages, n,
		    errno);
}

static void read_by_pipe(struct gup_pin *pin, void *buffer)
{
	gup_pin_read(pin, pin->fds[0], buffer);
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
