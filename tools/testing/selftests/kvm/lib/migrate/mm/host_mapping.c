// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/host_mapping.h"
#include "migrate/util/sysfile.h"

#define CLEAR_REFS	"/proc/self/clear_refs"
#define SOFT_DIRTY	(1ULL << 55)

/* Lines of the mapping follow the line with its addresses, until the next such line. */
static bool is_head(const char *line, uint64_t *start, char *protection)
{
	uint64_t end;

	return sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", start, &end, protection) == 3;
}

static void read_line(const char *line, struct host_mapping *mapping)
{
	long *number = NULL;

	if (!strncmp(line, "Rss:", 4))
		number = &mapping->rss;
	else if (!strncmp(line, "Referenced:", 11))
		number = &mapping->referenced;
	else if (!strncmp(line, "Locked:", 7))
		number = &mapping->locked;
	if (number)
		*number = strtol(strchr(line, ':') + 1, NULL, 10);
	else if (!strncmp(line, "VmFlags:", 8))
		snprintf(mapping->flags, sizeof(mapping->flags), "%.*s",
			 (int)strcspn(line + 8, "\n"), line + 8);
}

int host_mapping_read(const void *addr, struct host_mapping *mapping)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	char line[512], protection[8];
	bool found = false, inside = false;
	uint64_t start;

	if (!smaps)
		return -errno;
	memset(mapping, 0, sizeof(*mapping));
	while (fgets(line, sizeof(line), smaps)) {
		if (is_head(line, &start, protection)) {
			inside = start == (uintptr_t)addr;
			found |= inside;
			if (inside)
				memcpy(mapping->protection, protection, sizeof(protection));
		} else if (inside) {
			read_line(line, mapping);
		}
	}
	fclose(smaps);
	return found ? 0 : -ENOENT;
}

static bool same_number(const char *name, long before, long after)
{
	if (before == after)
		return true;
	ksft_print_msg("the host's mapping: wanted %s %ld kB, got %ld kB\n", name, before, after);
	return false;
}

static bool same_text(const char *name, const char *before, const char *after)
{
	if (!strcmp(before, after))
		return true;
	ksft_print_msg("the host's mapping: wanted %s %s, got %s\n", name, before, after);
	return false;
}

bool host_mapping_same(const struct host_mapping *before, const struct host_mapping *after)
{
	bool same = same_text("protection", before->protection, after->protection);

	same &= same_text("VmFlags", before->flags, after->flags);
	same &= same_number("Rss", before->rss, after->rss);
	same &= same_number("Referenced", before->referenced, after->referenced);
	return same & same_number("Locked", before->locked, after->locked);
}

long host_rss_file(void)
{
	static const char key[] = "\nRssFile:";
	char text[16384], *line;
	int r = sysfile_read("/proc/self/status", text, sizeof(text));

	if (r < 0)
		return r;
	line = strstr(text, key);
	return line ? strtol(line + sizeof(key) - 1, NULL, 10) : -EPROTO;
}

int host_clear_soft_dirty(void)
{
	return sysfile_write(CLEAR_REFS, "4");
}

int host_clear_accessed(void)
{
	return sysfile_write(CLEAR_REFS, "1");
}

bool pagemap_soft_dirty(uint64_t entry)
{
	return entry & SOFT_DIRTY;
}
