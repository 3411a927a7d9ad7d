// SPDX-License-Identifier: GPL-2.0-only
/* Random numbers from a seed, for host and guest. */
#include "test_util.h"

struct kvm_random_state new_kvm_random_state(u32 seed)
{
	return (struct kvm_random_state){ .seed = seed };
}

/*
 * Mixes the bits of a counter with a long stride.  Every seed is valid, 0 included, and the
 * sequence repeats only after 2^32 numbers.
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
	TEST_ASSERT(min <= max, "the range %#x..%#x is empty", min, max);
	return min + (u32)((kvm_random_u32(state) * ((u64)max - min + 1)) >> 32);
}

u64 kvm_random_u64_in_range(struct kvm_random_state *state, u64 min, u64 max)
{
	u64 span = max - min + 1;

	TEST_ASSERT(min <= max, "the range %#lx..%#lx is empty", min, max);
	return span ? min + kvm_random_u64(state) % span : kvm_random_u64(state);
}
