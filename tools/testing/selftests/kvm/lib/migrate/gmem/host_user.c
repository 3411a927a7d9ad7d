// SPDX-License-Identifier: GPL-2.0-only
#include <sched.h>

#include "kvm_util.h"
#include "migrate/gmem/host_user.h"

/* Pattern words per page that are compared in an iteration. */
#define WORDS 8

static void note_bad_word(struct gmem_vm *gvm, size_t page, size_t word, u64 expected, u64 got)
{
	struct guest_page *noted = &gvm->pages[page];

	if (noted->bad_word != GUEST_NO_BAD_WORD)
		return;
	noted->expected = expected;
	noted->got = got;
	noted->bad_word = word;
}

static void use_page(struct host_user *user, size_t page)
{
	size_t counter = GUEST_COUNTER_WORD(user->gvm->page_size), word, end;
	volatile u64 *words = gmem_page(user->gvm, page);
	u64 got = words[counter], expected = gmem_expected_word(user->gvm, page, counter);

	if (got != expected)
		note_bad_word(user->gvm, page, counter, expected, got);
	/* Continue from the value read, so that one lost addition is reported once. */
	user->gvm->pages[page].count += got - expected + 1;
	words[counter] = got + 1;
	word = (user->iterations + page) * WORDS % counter;
	for (end = word + WORDS; word < end && word < counter; word++) {
		expected = pattern_word(&user->gvm->pattern, page, word);
		got = words[word];
		if (got != expected)
			note_bad_word(user->gvm, page, word, expected, got);
	}
}

static void *use_pages(void *arg)
{
	struct host_user *user = arg;
	size_t page;

	while (!__atomic_load_n(&user->stop, __ATOMIC_ACQUIRE)) {
		for (page = user->first; page < user->gvm->nr_pages; page += user->step)
			use_page(user, page);
		__atomic_store_n(&user->iterations, user->iterations + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

void host_user_start(struct host_user *user, struct gmem_vm *gvm)
{
	*user = (struct host_user) {
		.gvm = gvm,
		.first = gvm->nr_vcpus,
		.step = gvm->nr_vcpus + gvm->nr_host_users,
	};
	kvm_pthread_create(&user->thread, NULL, use_pages, user);
}

void host_user_stop(struct host_user *user)
{
	__atomic_store_n(&user->stop, true, __ATOMIC_RELEASE);
	kvm_pthread_join(user->thread, NULL);
}

void host_user_iterate(struct host_user *user)
{
	uint64_t target = __atomic_load_n(&user->iterations, __ATOMIC_ACQUIRE) + 2;

	while (__atomic_load_n(&user->iterations, __ATOMIC_ACQUIRE) < target)
		sched_yield();
}
