// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/memory_block.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/vmstat.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

#define MEMORY		"/sys/devices/system/memory"

/* Period of the checks for failed migrations. */
#define LOOK_MS		5

static char *block_file(unsigned long block, const char *file, char *path, size_t size)
{
	snprintf(path, size, MEMORY "/memory%lu/%s", block, file);
	return path;
}

size_t memory_block_pages(void)
{
	return sysfile_read_number(MEMORY "/block_size_bytes", 16) / getpagesize();
}

unsigned long memory_block_of(uint64_t pfn)
{
	return pfn / memory_block_pages();
}

unsigned long memory_block_next(unsigned long block)
{
	unsigned long number, next = NO_MEMORY_BLOCK;
	DIR *dir = opendir(MEMORY);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (sscanf(entry->d_name, "memory%lu", &number) == 1 && number < next &&
		    (block == NO_MEMORY_BLOCK || number > block))
			next = number;
	if (dir)
		closedir(dir);
	return next;
}

int memory_block_node(unsigned long block)
{
	struct nodemask nodes;
	char path[128], name[32];
	int node;

	if (numa_usable_nodes(&nodes))
		return -1;
	for_each_node_in(node, &nodes) {
		snprintf(name, sizeof(name), "node%d", node);
		if (!access(block_file(block, name, path, sizeof(path)), F_OK))
			return node;
	}
	return -1;
}

static bool block_says(unsigned long block, const char *file, const char *value)
{
	char path[128], text[64];

	return sysfile_read(block_file(block, file, path, sizeof(path)), text, sizeof(text)) > 0 &&
	       !strcmp(text, value);
}

bool memory_block_is_online(unsigned long block)
{
	return block_says(block, "state", "online\n");
}

bool memory_block_in_zone_movable(unsigned long block)
{
	return memory_block_is_online(block) && block_says(block, "valid_zones", "Movable\n");
}

static bool node_has_movable_block(int node)
{
	unsigned long block;

	for (block = memory_block_next(NO_MEMORY_BLOCK); block != NO_MEMORY_BLOCK;
	     block = memory_block_next(block))
		if (memory_block_in_zone_movable(block) && memory_block_node(block) == node)
			return true;
	return false;
}

const char *memory_block_skip_reason(void)
{
	struct nodemask nodes;
	int node;

	if (!folio_pfns_visible())
		return "PFNs are hidden (be root)";
	if (access(MEMORY "/block_size_bytes", R_OK) || numa_usable_nodes(&nodes))
		return "no memory blocks (CONFIG_MEMORY_HOTPLUG, CONFIG_MEMORY_HOTREMOVE)";
	for_each_node_in(node, &nodes)
		if (!node_has_movable_block(node))
			return "a node has no memory block in ZONE_MOVABLE (hot-plug memory to "
			       "each node, boot with memhp_default_state=online_movable)";
	return NULL;
}

struct watch {
	pthread_t offliner;
	long enough;
	int ms;
	volatile bool done, failed_enough;
};

/* In a thread: interrupt the thread that takes a block offline. */
static void *watch(void *data)
{
	const struct timespec look = { .tv_nsec = LOOK_MS * 1000000L };
	struct watch *watch = data;
	long before = vmstat_read(NUMA_ANY_NODE, "pgmigrate_fail");
	int looks;

	for (looks = 0; !watch->done; looks++) {
		nanosleep(&look, NULL);
		if (vmstat_read(NUMA_ANY_NODE, "pgmigrate_fail") - before >= watch->enough)
			watch->failed_enough = true;
		/* A signal before the write() has no effect: repeat it. */
		if (!watch->done && (watch->failed_enough || looks > watch->ms / LOOK_MS))
			pthread_kill(watch->offliner, SIGUSR1);
	}
	return NULL;
}

static void on_signal(int sig)
{
	(void)sig;
}

static int offline_watched(const char *state, long enough, int ms)
{
	struct sigaction action = { .sa_handler = on_signal }, old;
	struct watch context = { .offliner = pthread_self(), .enough = enough, .ms = ms };
	int r = 0, fd = open(state, O_WRONLY | O_CLOEXEC);
	pthread_t thread;

	if (fd < 0)
		return -errno;
	sigaction(SIGUSR1, &action, &old);
	kvm_pthread_create(&thread, NULL, watch, &context);
	/* Unlike in sysfile_write(), a signal ends it. */
	if (write(fd, "offline", strlen("offline")) < 0)
		r = -errno;
	context.done = true;
	kvm_pthread_join(thread, NULL);
	sigaction(SIGUSR1, &old, NULL);
	close(fd);
	return r == -EINTR && !context.failed_enough ? -ETIME : r;
}

int memory_block_offline(unsigned long block, long enough, int ms)
{
	char state[128];
	int r;

	block_file(block, "state", state, sizeof(state));
	undo_add(state, memory_block_in_zone_movable(block) ? "online_movable" : "online_kernel");
	r = offline_watched(state, enough, ms);
	if (r)
		undo_cancel(state, NULL);
	return r;
}

void memory_block_online(unsigned long block)
{
	char state[128];
	int r = undo_run(block_file(block, "state", state, sizeof(state)), NULL);

	TEST_ASSERT(!r, "memory block %lu stays offline: %s", block, strerror(-r));
}
