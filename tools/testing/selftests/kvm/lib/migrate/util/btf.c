// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kselftest.h"
#include "migrate/util/btf.h"
#include "migrate/util/sysfile.h"

#define VMLINUX "/sys/kernel/btf/vmlinux"

/* All names are in one section, each between two NULs. */
bool btf_has(const void *data, size_t size, const char *name)
{
	char text[64] = "";

	snprintf(text + 1, sizeof(text) - 1, "%s", name);
	return memmem(data, size, text, strlen(name) + 2);
}

int btf_vmlinux_has(const char *name)
{
	char *data = NULL;
	struct stat st;
	int r;

	if (!stat(VMLINUX, &st))
		data = malloc(st.st_size + 1);
	if (!data)
		return -errno;
	r = sysfile_read(VMLINUX, data, st.st_size + 1);
	if (r >= 0)
		r = btf_has(data, r, name);
	free(data);
	return r;
}
