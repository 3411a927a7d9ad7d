// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/balloon.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/virtio.h"
#include "migrate/mm/vmstat.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

#define DRIVER	"/sys/bus/virtio/drivers/virtio_balloon"

/* The host takes seconds at most. */
#define WAIT_TRIES	4000
#define WAIT_NS		2500000

/* A pending interrupt may still reach the previous CPU. */
#define STEER_TRIES	3

static char device[64];		/* "virtioN" */
static char port[64];
static char irq[64];		/* affinity file of the interrupt, if steered */

const char *balloon_skip_reason(void)
{
	if (!virtio_find_device("virtio_balloon", device, sizeof(device)))
		return "no memory balloon (CONFIG_VIRTIO_BALLOON, and QEMU's -device "
		       "virtio-balloon-pci)";
	if (!vmstat_has("balloon_migrate"))
		return "the kernel cannot migrate balloon pages (CONFIG_BALLOON_MIGRATION, or "
		       "CONFIG_BALLOON_COMPACTION before Linux 7.0)";
	if (!virtio_find_port("balloon.mib", port, sizeof(port)))
		return "the host does not set the balloon's size (needs a virtio-serial port "
		       "balloon.mib, see migrate/mm/balloon.h; be root)";
	return NULL;
}

void balloon_ask(size_t mib)
{
	virtio_port_ask(port, mib, 0);
}

size_t balloon_pages(void)
{
	return vmstat_read(NUMA_ANY_NODE, "balloon_inflate") -
	       vmstat_read(NUMA_ANY_NODE, "balloon_deflate");
}

size_t balloon_wait(size_t pages)
{
	const struct timespec moment = { .tv_nsec = WAIT_NS };
	int tries;

	for (tries = 0; balloon_pages() != pages && tries < WAIT_TRIES; tries++)
		nanosleep(&moment, NULL);
	return balloon_pages();
}

/* Returns the interrupt that announces a new size, perhaps a shared one, or -1. */
static int find_interrupt(void)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char line[4096], *end;
	int number = -1, here;

	while (file && number < 0 && fgets(line, sizeof(line), file)) {
		end = strstr(line, device);
		if (!end || sscanf(line, "%d:", &here) != 1)
			continue;
		end += strlen(device);
		if (strchr(",\n", *end) || !strncmp(end, "-config", strlen("-config")))
			number = here;
	}
	if (file)
		fclose(file);
	return number;
}

static bool steered_to(int number, int cpu)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "/proc/irq/%d/effective_affinity_list", number);
	return sysfile_read(path, text, sizeof(text)) > 0 && atoi(text) == cpu;
}

/* The driver's worker runs on the CPU that took the interrupt. */
void balloon_steer(int cpu)
{
	int number = find_interrupt(), tries;
	char text[32];

	if (number < 0 || cpu < 0)
		return;
	snprintf(irq, sizeof(irq), "/proc/irq/%d/smp_affinity_list", number);
	snprintf(text, sizeof(text), "%d\n", cpu);
	if (setting_write(irq, text))
		return;
	for (tries = 0; tries < STEER_TRIES && !steered_to(number, cpu); tries++) {
		balloon_ask(1);
		balloon_wait((1UL << 20) / getpagesize());
		balloon_ask(0);
		balloon_wait(0);
	}
}

void balloon_let_go(void)
{
	if (irq[0])
		undo_run(irq, NULL);
	irq[0] = '\0';
}

void balloon_rebind(size_t pages)
{
	int r;

	/* The driver gets new interrupts. */
	balloon_let_go();
	undo_add(DRIVER "/bind", device);
	r = sysfile_write(DRIVER "/unbind", device);
	TEST_ASSERT(!r, "cannot unbind %s: %s", device, strerror(-r));
	TEST_ASSERT(!balloon_pages(), "%zu pages in a balloon without a driver", balloon_pages());
	r = undo_run(DRIVER "/bind", NULL);
	TEST_ASSERT(!r, "cannot bind %s: %s", device, strerror(-r));
	TEST_ASSERT(balloon_wait(pages) == pages, "%zu pages in the balloon, expected %zu",
		    balloon_pages(), pages);
}
