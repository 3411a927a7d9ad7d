// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/fs.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/zram.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

#define HOT_ADD		"/sys/class/zram-control/hot_add"
#define HOT_REMOVE	"/sys/class/zram-control/hot_remove"

/* Compressed sizes, in eighths of a page. */
#define SIZES		8

const char *zram_skip_reason(void)
{
	if (access("/sys/class/zram-control", F_OK))
		return "no zram (CONFIG_ZRAM, modprobe zram)";
	if (access(HOT_ADD, R_OK) || access(HOT_REMOVE, W_OK))
		return "zram devices cannot be added and removed (be root)";
	return NULL;
}

static void add_device(struct zram *zram)
{
	int r = sysfile_read(HOT_ADD, zram->number, sizeof(zram->number));

	TEST_ASSERT(r > 0, "cannot read " HOT_ADD ": %s", strerror(-r));
	zram->number[strcspn(zram->number, "\n")] = '\0';
	undo_add_another(HOT_REMOVE, zram->number);
}

static char *device_file(const struct zram *zram, const char *file, char *path, size_t size)
{
	snprintf(path, size, "/sys/block/zram%s/%s", zram->number, file);
	return path;
}

void zram_open(struct zram *zram, size_t nr_pages, uint32_t file, uint64_t seed)
{
	char path[64], text[32];
	int r;

	*zram = (struct zram) {
		.nr_pages = nr_pages,
		.pattern = { .seed = seed, .file = file },
	};
	add_device(zram);
	snprintf(text, sizeof(text), "%zu", nr_pages * getpagesize());
	r = sysfile_write(device_file(zram, "disksize", path, sizeof(path)), text);
	TEST_ASSERT(!r, "cannot write %s to %s: %s", text, path, strerror(-r));
	snprintf(path, sizeof(path), "/dev/zram%s", zram->number);
	zram->fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	TEST_ASSERT(zram->fd >= 0, "open %s: %s", path, strerror(errno));
}

void zram_close(struct zram *zram)
{
	int r;

	kvm_close(zram->fd);
	zram->fd = -1;
	r = undo_run(HOT_REMOVE, zram->number);
	TEST_ASSERT(!r, "cannot remove zram%s: %s", zram->number, strerror(-r));
}

void *zram_buffer(int node)
{
	void *buffer = numa_mmap(2 * getpagesize(), MAP_PRIVATE, node);

	memset(buffer, 0, 2 * getpagesize());
	return buffer;
}

void zram_buffer_free(void *buffer)
{
	kvm_munmap(buffer, 2 * getpagesize());
}

static size_t words(void)
{
	return getpagesize() / sizeof(uint64_t);
}

/* Random words up to the size that the page compresses to, then one word repeated. */
static void compose(const struct zram *zram, size_t page, uint32_t round, uint64_t *mem)
{
	struct pattern pattern = zram->pattern;
	size_t size = (page + round) % SIZES + 1, i;

	pattern.round = round;
	pattern_fill(&pattern, page, mem, words());
	for (i = words() * size / SIZES; i < words(); i++)
		mem[i] = mem[0];
}

static off_t offset_of(size_t page)
{
	return (off_t)page * getpagesize();
}

void zram_write(const struct zram *zram, void *buffer, size_t page, uint32_t round)
{
	ssize_t n;

	compose(zram, page, round, buffer);
	n = pwrite(zram->fd, buffer, getpagesize(), offset_of(page));
	TEST_ASSERT(n == getpagesize(), "write of page %zu to zram%s: %zd, errno %d", page,
		    zram->number, n, errno);
}

bool zram_check(const struct zram *zram, void *buffer, size_t page, uint32_t round)
{
	uint64_t *got = buffer, *expected = got + words();
	size_t i;

	/* So that a read that returns no data fails the comparison. */
	memset(got, 0, getpagesize());
	if (pread(zram->fd, got, getpagesize(), offset_of(page)) != getpagesize()) {
		ksft_print_msg("zram%s: page %zu of %zu, round %u: cannot be read: %s\n",
			       zram->number, page, zram->nr_pages, round, strerror(errno));
		return false;
	}
	compose(zram, page, round, expected);
	for (i = 0; i < words() && got[i] == expected[i]; i++)
		;
	if (i < words())
		ksft_print_msg("zram%s: page %zu of %zu, round %u: word at 0x%zx is 0x%016" PRIx64
			       ", wanted 0x%016" PRIx64 "\n", zram->number, page, zram->nr_pages,
			       round, i * sizeof(*got), got[i], expected[i]);
	return i == words();
}

void zram_fill(struct zram *zram, int node)
{
	void *buffer = zram_buffer(node);
	size_t page;

	zram->pattern.round++;
	for (page = 0; page < zram->nr_pages; page++)
		zram_write(zram, buffer, page, zram->pattern.round);
	zram_buffer_free(buffer);
}

/* Reports the first bad pages only. */
bool zram_check_all(const struct zram *zram)
{
	void *buffer = zram_buffer(NUMA_ANY_NODE);
	size_t page, bad = 0;

	for (page = 0; page < zram->nr_pages && bad < SIZES; page++)
		bad += !zram_check(zram, buffer, page, zram->pattern.round);
	zram_buffer_free(buffer);
	return !bad;
}

void zram_discard(const struct zram *zram)
{
	uint64_t range[2] = { 0, offset_of(zram->nr_pages) };

	TEST_ASSERT(!ioctl(zram->fd, BLKDISCARD, range), "BLKDISCARD of zram%s: %s", zram->number,
		    strerror(errno));
}

size_t zram_pages(const struct zram *zram)
{
	unsigned long long used = 0;
	char path[64], text[256];
	int r = sysfile_read(device_file(zram, "mm_stat", path, sizeof(path)), text, sizeof(text));

	TEST_ASSERT(r > 0 && sscanf(text, "%*u %*u %llu", &used) == 1, "cannot read %s: %s", path,
		    strerror(-r));
	return used / getpagesize();
}
