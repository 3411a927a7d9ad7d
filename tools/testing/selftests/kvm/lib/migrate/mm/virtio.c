// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/virtio.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

#define DRIVERS	"/sys/bus/virtio/drivers"
#define PORTS	"/sys/class/virtio-ports"

bool virtio_find_device(const char *driver, char *name, size_t size)
{
	struct dirent *entry;
	char path[128];
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), DRIVERS "/%s", driver);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		snprintf(name, size, "%.32s", entry->d_name);
		found = !strncmp(name, "virtio", strlen("virtio"));
	}
	if (dir)
		closedir(dir);
	return found;
}

bool virtio_find_port(const char *name, char *path, size_t size)
{
	DIR *dir = opendir(PORTS);
	char its_name[64], file[320];
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		snprintf(file, sizeof(file), PORTS "/%.255s/name", entry->d_name);
		if (sysfile_read(file, its_name, sizeof(its_name)) < 0)
			continue;
		its_name[strcspn(its_name, "\n")] = '\0';
		snprintf(path, size, "/dev/%.48s", entry->d_name);
		found = !strcmp(its_name, name) && !access(path, W_OK);
	}
	if (dir)
		closedir(dir);
	return found;
}

void virtio_port_ask(const char *path, size_t mib, size_t before)
{
	char text[32];
	int r;

	snprintf(text, sizeof(text), "%zu\n", before);
	undo_add(path, text);
	snprintf(text, sizeof(text), "%zu\n", mib);
	r = sysfile_write(path, text);
	TEST_ASSERT(!r, "cannot write to %s: %s", path, strerror(-r));
}
