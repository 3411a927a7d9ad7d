// SPDX-License-Identifier: GPL-2.0-only
#include "migrate/stress/stress.h"

bool stress_over(const struct stress *stress)
{
	return __atomic_load_n(&stress->failed, __ATOMIC_ACQUIRE);
}

void stress_fail(struct stress *stress)
{
	__atomic_store_n(&stress->failed, true, __ATOMIC_RELEASE);
}

struct stress_stream stress_random(const struct stress *stress, uint32_t id)
{
	return (struct stress_stream) {
		.pattern = {
			.seed = stress->suite->options.seed,
			.file = id,
			.round = stress->round,
		},
	};
}

uint64_t stress_draw(struct stress_stream *stream, uint64_t min, uint64_t max)
{
	return min + pattern_key(&stream->pattern, stream->drawn++) % (max - min + 1);
}

bool stress_flip(struct stress_stream *stream)
{
	return stress_draw(stream, 0, 1);
}

int stress_pick_node(const struct stress *stress, struct stress_stream *random, int other_than)
{
	int i = stress_draw(random, 0, stress->nr_nodes - 1);

	if (stress->nodes[i] == other_than)
		i = (i + 1) % stress->nr_nodes;
	return stress->nodes[i];
}

void stress_pick_range(struct stress_stream *random, size_t nr_pages, size_t most,
		       size_t *first, size_t *nr)
{
	*nr = stress_draw(random, 1, most < nr_pages ? most : nr_pages);
	*first = stress_draw(random, 0, nr_pages - *nr);
}

void stress_shuffle(struct stress_stream *random, int *order, int nr)
{
	int i, j;

	for (i = 0; i < nr; i++) {
		j = stress_draw(random, 0, i);
		order[i] = order[j];
		order[j] = i;
	}
}
