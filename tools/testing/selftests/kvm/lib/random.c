// SPDX-License-Identifier: GPL-2.0-only
/* Random numbers that can be repeated, for host and guest. */
#include <sys/random.h>

#include "kvm_util.h"

u32 kvm_random_seed;
struct kvm_random_state kvm_rng;
static u32 seed_in_use;

void kvm_seed_rng(u32 seed)
{
	kvm_random_seed = seed;
	seed_in_use = seed;
	kvm_rng = new_kvm_random_state(seed);
}

static void __attribute__((constructor)) seed_by_chance(void)
{
	u32 seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = time(NULL) ^ (u32)getpid() << 16;
	kvm_seed_rng(seed);
}

void kvm_sync_rng_to_guest(struct kvm_vm *vm)
{
	if (kvm_random_seed != seed_in_use)
		kvm_seed_rng(kvm_random_seed);
	sync_global_to_guest(vm, kvm_rng);
}

struct kvm_random_state new_kvm_random_state(u32 seed)
{
	return (struct kvm_random_state){ .seed = seed };
}

/*
 * A counter with a long stride, its bits mixed so that each depends on all others.  Every seed is
 * good, 0 included, and the sequence repeats only after 2^32 numbers.
 */
u32 kvm_random_u32(struct kvm_random_state *state)
{
	u32 x = state->seed += 0x9e3779b9;

	x = (x ^ x >> 16) * 0x21f0aaad;
	x = (x ^ x >> 15) * 0x735a2d97;
	return x ^ x >> 15;
}

u32 kvm_random_u32_in_range(struct kvm_random_state *state, u32 min, u32 max)
{
	TEST_ASSERT(min <= max, "no number is >= %#x and <= %#x", min, max);
	return min + (u32)((kvm_random_u32(state) * ((u64)max - min + 1)) >> 32);
}

u64 kvm_random_u64_in_range(struct kvm_random_state *state, u64 min, u64 max)
{
	u64 span = max - min + 1;

	TEST_ASSERT(min <= max, "no number is >= %#lx and <= %#lx", min, max);
	return span ? min + kvm_random_u64(state) % span : kvm_random_u64(state);
}
