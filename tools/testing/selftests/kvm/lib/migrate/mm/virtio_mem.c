// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/memory_block.h"
#include "migrate/mm/pageflags_scan.h"
#include "migrate/mm/virtio.h"
#include "migrate/mm/virtio_mem.h"
#include "migrate/util/undo.h"

#define IOMEM	"/proc/iomem"
#define NAME	": System RAM (virtio_mem)"

/* The driver tries again 5 seconds after a failure. */
#define WAIT_TRIES	4000
#define WAIT_US		5000

static char port[64];
static size_t all_bytes;	/* before the first unplug */

struct range {
	uint64_t first, end;		/* bytes */
};

/* Read the next range of @iomem that is plugged memory.  Returns whether there is one. */
static bool next_range(FILE *iomem, struct range *range)
{
	char line[160];

	while (iomem && fgets(line, sizeof(line), iomem))
		if (strstr(line, NAME) && sscanf(line, "%" SCNx64 "-%" SCNx64, &range->first,
						 &range->end) == 2) {
			range->end++;
			return true;
		}
	return false;
}

static size_t plugged_bytes(void)
{
	FILE *iomem = fopen(IOMEM, "re");
	struct range range;
	size_t bytes = 0;

	while (next_range(iomem, &range))
		bytes += range.end - range.first;
	if (iomem)
		fclose(iomem);
	return bytes;
}

bool virtio_mem_has(uint64_t pfn)
{
	uint64_t address = pfn * getpagesize();
	FILE *iomem = fopen(IOMEM, "re");
	struct range range;
	bool found = false;

	while (!found && next_range(iomem, &range))
		found = address >= range.first && address < range.end;
	if (iomem)
		fclose(iomem);
	return found;
}

int virtio_mem_node(void)
{
	FILE *iomem = fopen(IOMEM, "re");
	struct range range;
	int node = -ENOENT;

	if (next_range(iomem, &range))
		node = pfn_to_node(range.first / getpagesize());
	if (iomem)
		fclose(iomem);
	return node;
}

const char *virtio_mem_skip_reason(void)
{
	char device[64];

	if (pageflags_skip_reason())
		return pageflags_skip_reason();
	if (!virtio_find_device("virtio_mem", device, sizeof(device)) || virtio_mem_node() < 0)
		return "no virtio-mem device with memory (CONFIG_VIRTIO_MEM, and QEMU's -device "
		       "virtio-mem-pci)";
	if (!virtio_find_port("virtio-mem.mib", port, sizeof(port)))
		return "the host does not unplug memory (needs a virtio-serial port "
		       "virtio-mem.mib, see migrate/mm/virtio_mem.h; be root)";
	return NULL;
}

static bool wait_for(size_t bytes)
{
	int tries;

	for (tries = 0; plugged_bytes() != bytes && tries < WAIT_TRIES; tries++)
		usleep(WAIT_US);
	return plugged_bytes() == bytes;
}

int virtio_mem_unplug(void)
{
	if (!all_bytes)
		all_bytes = plugged_bytes();
	virtio_port_ask(port, 0, all_bytes >> 20);
	return wait_for(0) ? 0 : -EBUSY;
}

/* A block appears before it is online. */
static bool is_online(void)
{
	unsigned long block;

	for (block = memory_block_next(NO_MEMORY_BLOCK); block != NO_MEMORY_BLOCK;
	     block = memory_block_next(block))
		if (!memory_block_is_online(block) &&
		    virtio_mem_has(block * memory_block_pages()))
			return false;
	return true;
}

void virtio_mem_plug(void)
{
	int r = undo_run(port, NULL), tries = 0;
	bool plugged = !r && wait_for(all_bytes);

	for (; plugged && !is_online() && tries < WAIT_TRIES; tries++)
		usleep(WAIT_US);
	TEST_ASSERT(plugged && is_online(), "%zu of %zu bytes of the virtio-mem device are plugged",
		    plugged_bytes(), all_bytes);
}
