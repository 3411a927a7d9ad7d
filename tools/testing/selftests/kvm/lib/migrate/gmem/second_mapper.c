// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/gmem/second_mapper.h"
#include "migrate/util/child.h"

/* The second process: an answer at the start, then one per request. */
static void serve(const struct gmem_vm *gvm, int requests, int answers)
{
	size_t page, bad;
	char request;

	do {
		for (page = 0, bad = 0; page < gvm->nr_pages; page++)
			bad += gmem_host_check(gvm, page) < GUEST_PAGE_WORDS(gvm->page_size);
		if (write(answers, &bad, sizeof(bad)) != sizeof(bad))
			_exit(1);
	} while (read(requests, &request, 1) == 1);
	_exit(0);
}

static size_t read_answer(const struct second_mapper *mapper)
{
	size_t bad;

	TEST_ASSERT(read(mapper->answers, &bad, sizeof(bad)) == sizeof(bad),
		    "the second process that maps the memory died");
	return bad;
}

void second_mapper_start(struct second_mapper *mapper, const struct gmem_vm *gvm)
{
	int requests[2], answers[2];

	TEST_ASSERT(!pipe(requests) && !pipe(answers), "pipe: %s", strerror(errno));
	mapper->pid = child_fork();
	if (!mapper->pid) {
		close(requests[1]);
		close(answers[0]);
		serve(gvm, requests[0], answers[1]);
	}
	close(requests[0]);
	close(answers[1]);
	mapper->requests = requests[1];
	mapper->answers = answers[0];
	mapper->bad = read_answer(mapper);
}

size_t second_mapper_finish(struct second_mapper *mapper)
{
	size_t bad;

	TEST_ASSERT_EQ(write(mapper->requests, "", 1), 1);
	bad = read_answer(mapper);
	kvm_close(mapper->requests);
	kvm_close(mapper->answers);
	child_wait(mapper->pid);
	return mapper->bad ?: bad;
}
