// SPDX-License-Identifier: GPL-2.0-only
#include "migrate/trigger/placement.h"

int placement_select_node(struct placement_state *state, const struct placement *placement,
			  const int *nodes, int nr, bool moves)
{
	*state = (struct placement_state) {
		.placement = placement,
		.moves = moves,
		.node = nodes[0],
	};
	if (placement && placement->select_node)
		state->node = placement->select_node(state, nodes, nr);
	return state->node < 0 ? nodes[0] : state->node;
}

const char *placement_skip_reason(const struct placement_state *state)
{
	return state->node < 0 ? state->placement->skip_reason : NULL;
}

void placement_setup(struct placement_state *state)
{
	if (state->node < 0 || state->ready)
		return;
	if (state->placement && state->placement->setup)
		state->placement->setup(state);
	state->ready = true;
}

void placement_teardown(struct placement_state *state)
{
	if (state->ready && state->placement && state->placement->teardown)
		state->placement->teardown(state);
	state->ready = false;
}

bool placement_verify(const struct placement_state *state, const uint64_t *pfns, size_t nr)
{
	return !state->placement || !state->placement->verify ||
	       state->placement->verify(state, pfns, nr);
}

void placement_populated(struct placement_state *state)
{
	if (state->ready && state->placement && state->placement->populated)
		state->placement->populated(state);
}

int placement_populate(struct placement_state *state, int tries, int (*populate)(void *data),
		       void *data)
{
	int result;

	for (;;) {
		placement_setup(state);
		result = populate(data);
		if (result != PLACEMENT_RETRY || !--tries)
			return result;
		placement_teardown(state);
	}
}
