// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/gmem/second_mapper.h"
#include "migrate/util/child.h"

static size_t count_bad(const struct gmem_vm *gvm)
{
	size_t page, bad = 0;

	for (page = 0; page < gvm->nr_pages; page++)
		bad += gmem_host_check(gvm, page) < GUEST_PAGE_WORDS(gvm->page_size);
	return bad;
}

/* In the other process: an answer, then another one for each order until there are no more. */
static void serve(const struct gmem_vm *gvm, int orders, int answers)
{
	size_t bad;
	char order;

	do {
		bad = count_bad(gvm);
		if (write(answers, &bad, sizeof(bad)) != sizeof(bad))
			_exit(1);
	} while (read(orders, &order, 1) == 1);
	_exit(0);
}

static size_t read_answer(const struct second_mapper *second_mapper)
{
	size_t bad;

	TEST_ASSERT(read(second_mapper->answers, &bad, sizeof(bad)) == sizeof(bad),
		    "the process that shares the memory died");
	return bad;
}

void second_mapper_start(struct second_mapper *second_mapper, const struct gmem_vm *gvm)
{
	int orders[2], answers[2];

	TEST_ASSERT(!pipe(orders) && !pipe(answers), "pipe: %s", strerror(errno));
	second_mapper->pid = child_fork();
	if (!second_mapper->pid) {
		close(orders[1]);
		close(answers[0]);
		serve(gvm, orders[0], answers[1]);
	}
	close(orders[0]);
	close(answers[1]);
	second_mapper->orders = orders[1];
	second_mapper->answers = answers[0];
	second_mapper->bad = read_answer(second_mapper);
}

size_t second_mapper_finish(struct second_mapper *second_mapper)
{
	size_t bad;

	TEST_ASSERT_EQ(write(second_mapper->orders, "", 1), 1);
	bad = read_answer(second_mapper);
	kvm_close(second_mapper->orders);
	kvm_close(second_mapper->answers);
	child_wait(second_mapper->pid);
	return second_mapper->bad ?: bad;
}
