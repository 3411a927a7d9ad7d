// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/outside.h"
#include "migrate/sysfile.h"

#define CGROUPS		"/sys/fs/cgroup"
#define RMDIR_TRIES	100000

/* What is provided just now, and by which process. */
static const struct outside *volatile provided;
static pid_t owner;
static int layer;

/* Empty: there is none. */
static char cgroup[64];

/* What a case is to put right, in memory that the parent sees; a path that is empty is no note. */
#define NOTES_MAX	16

struct note {
	char path[128], text[64];
};

static struct note *notes;

/* Whether @word is one of the words of the file @path. */
static bool file_has_word(const char *path, const char *word)
{
	char text[512], *rest = text, *found;

	if (sysfile_read(path, text, sizeof(text)) < 0)
		return false;
	while ((found = strsep(&rest, " \n")))
		if (!strcmp(found, word))
			return true;
	return false;
}

static const char *cgroup_missing(const char *controller)
{
	if (access(CGROUPS "/cgroup.subtree_control", F_OK))
		return "no cgroup2 (mount it on " CGROUPS ")";
	if (access(CGROUPS, W_OK) || access(CGROUPS "/cgroup.procs", W_OK))
		return "cgroups cannot be made (be root)";
	if (file_has_word(CGROUPS "/cgroup.subtree_control", controller))
		return NULL;
	if (!strcmp(controller, "memory"))
		return "cgroups do not control memory (CONFIG_MEMCG, echo +memory >" CGROUPS
		       "/cgroup.subtree_control)";
	return "cgroups do not control the cpuset (CONFIG_CPUSETS, echo +cpuset >" CGROUPS
	       "/cgroup.subtree_control)";
}

const char *outside_missing(const struct outside *outside)
{
	return outside && outside->cgroup ? cgroup_missing(outside->cgroup) : NULL;
}

static int make_cgroup(void)
{
	snprintf(cgroup, sizeof(cgroup), CGROUPS "/kvm_migrate_test.%d", getpid());
	return mkdir(cgroup, 0755) ? -errno : 0;
}

static void share_notes(void)
{
	if (!notes)
		notes = kvm_mmap(NOTES_MAX * sizeof(*notes), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1);
}

int outside_provide(const struct outside *outside, const char **what)
{
	const struct knob_value *knob;
	int r = 0;

	share_notes();
	layer = knob_layer();
	owner = getpid();
	provided = outside;
	if (!outside)
		return 0;
	knob = outside->choose ? outside->choose() : outside->knobs;
	for (; knob && knob->path && !r; knob++) {
		if (knob->optional && access(knob->path, F_OK))
			continue;
		*what = knob->path;
		r = knob_set(knob->path, knob->value);
	}
	if (!r && outside->cgroup) {
		*what = "a cgroup of its own";
		r = make_cgroup();
	}
	return r;
}

void outside_enter(const struct outside *outside)
{
	char path[128];
	int r;

	if (!outside || !outside->cgroup)
		return;
	r = sysfile_write(outside_cgroup_file("cgroup.procs", path, sizeof(path)), "0");
	TEST_ASSERT(!r, "cannot enter %s: %s", cgroup, strerror(-r));
}

/*
 * The case has been waited for, but not what it may have forked, which dies with it a bit later
 * at most.
 */
static void remove_cgroup(void)
{
	char path[128];
	int tries;

	for (tries = 0; rmdir(cgroup) && errno == EBUSY && tries < RMDIR_TRIES; tries++) {
		if (!tries)
			sysfile_write(outside_cgroup_file("cgroup.kill", path, sizeof(path)), "1");
		sched_yield();
	}
}

static struct note *find_note(const char *path)
{
	int i;

	for (i = 0; notes && i < NOTES_MAX; i++)
		if (!strcmp(notes[i].path, path))
			return &notes[i];
	return NULL;
}

/* The path last: with it the note counts. */
void outside_remember(const char *path, const char *text)
{
	struct note *note = find_note(path);

	if (note)
		return;
	note = find_note("");
	TEST_ASSERT(note && strlen(path) < sizeof(note->path) && strlen(text) < sizeof(note->text),
		    "no room to remember %s", path);
	strcpy(note->text, text);
	strcpy(note->path, path);
}

void outside_forget(const char *path)
{
	struct note *note = *path ? find_note(path) : NULL;

	if (note)
		note->path[0] = '\0';
}

int outside_redo(const char *path)
{
	struct note *note = *path ? find_note(path) : NULL;
	int r = note ? sysfile_write(path, note->text) : 0;

	if (!r)
		outside_forget(path);
	return r;
}

static void redo_all(void)
{
	int i;

	for (i = 0; notes && i < NOTES_MAX; i++) {
		if (notes[i].path[0])
			sysfile_write(notes[i].path, notes[i].text);
		notes[i].path[0] = '\0';
	}
}

void outside_undo(void)
{
	if (owner != getpid())
		return;
	redo_all();
	if (!provided)
		return;
	if (provided->undo)
		provided->undo();
	if (cgroup[0])
		remove_cgroup();
}

void outside_remove(void)
{
	outside_undo();
	provided = NULL;
	cgroup[0] = '\0';
	knob_restore_layer(layer);
}

char *outside_cgroup_file(const char *file, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", cgroup, file);
	return path;
}
