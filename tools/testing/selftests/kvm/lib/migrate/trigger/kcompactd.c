// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compaction in the background by kcompactd (compact_node() in mm/compaction.c), which uses
 * MIGRATE_SYNC_LIGHT.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/fragment.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/vmstat.h"
#include "migrate/trigger/placement.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

#define PROACTIVENESS	"/proc/sys/vm/compaction_proactiveness"

/* Less than a second on an idle machine: give up after much longer. */
#define LOOK_NS		5000000
#define LOOKS_MAX	8000

/* Returns the PID of kcompactd of @node, or -1. */
static int kcompactd_pid(int node)
{
	char path[300], name[32], wanted[32];
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int pid = -1;

	snprintf(wanted, sizeof(wanted), "kcompactd%d\n", node);
	while (proc && pid < 0 && (entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		if (sysfile_read(path, name, sizeof(name)) > 0 && !strcmp(name, wanted))
			pid = atoi(entry->d_name);
	}
	if (proc)
		closedir(proc);
	return pid;
}

/* While it works, it runs, or sleeps on a lock in state D. */
static bool is_idle(int pid)
{
	char path[64], stat[512], *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (sysfile_read(path, stat, sizeof(stat)) < 0)
		return false;
	state = strrchr(stat, ')');
	return state && state[2] == 'S';
}

static int wait_until_idle(int pid)
{
	const struct timespec look = { .tv_nsec = LOOK_NS };
	int looks;

	for (looks = 0; looks < LOOKS_MAX; looks++) {
		if (is_idle(pid))
			return 0;
		nanosleep(&look, NULL);
	}
	return -ETIME;
}

/*
 * Kcompactd works as long as free pages are too small for a huge page.  Returns 0, or -EAGAIN where
 * it found nothing to do.
 */
static int wake_kcompactd(int pid)
{
	long long before = vmstat_read(NUMA_ANY_NODE, "compact_daemon_migrate_scanned");
	int r = setting_write(PROACTIVENESS, "100\n") ?: wait_until_idle(pid);

	undo_run(PROACTIVENESS, NULL);
	if (r)
		return r;
	return vmstat_read(NUMA_ANY_NODE, "compact_daemon_migrate_scanned") > before ? 0 : -EAGAIN;
}

/* After one compaction there is nothing to do until memory is fragmented again. */
static void fire_kcompactd(const struct trigger_range *range, struct trigger_result *result)
{
	int pid = kcompactd_pid(range->from);
	struct fragment fragment;

	result->ret = pid < 0 ? -ESRCH : wake_kcompactd(pid);
	if (result->ret != -EAGAIN)
		return;
	fragment_open(&fragment, range->from);
	result->ret = wake_kcompactd(pid);
	fragment_close(&fragment);
}

static const char *kcompactd_skip_reason(void)
{
	if (!folio_pfns_visible())
		return "PFNs are hidden (be root)";
	if (access(PROACTIVENESS, W_OK))
		return "vm.compaction_proactiveness cannot be set (needs CONFIG_COMPACTION)";
	return NULL;
}

const struct trigger trigger_kcompactd = {
	.name = "kcompactd", .call = "compaction_proactiveness", .reason = "MR_COMPACTION",
	.no_range = true, .kernel_picks_node = true, .partial = true, .solitary = true,
	.placement = &placement_fragment, .skip_reason = kcompactd_skip_reason,
	.fire = fire_kcompactd,
};
