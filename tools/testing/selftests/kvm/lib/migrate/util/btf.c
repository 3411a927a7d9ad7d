// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/btf.h>

#include "migrate/util/btf.h"

/* Newer than the oldest headers this builds with. */
#ifndef BTF_KIND_ENUM64
#define BTF_KIND_ENUM64 19
#endif

/* The type section and the string section, both inside the data. */
struct btf_view {
	const char *types, *types_end;
	const char *strings;
	size_t strings_size;
};

/* The header grows at its end; what is behind these fields nobody here asks for. */
#define BTF_HEADER_SIZE	(offsetof(struct btf_header, str_len) + sizeof(uint32_t))

static int btf_open(const void *data, size_t size, struct btf_view *view)
{
	const struct btf_header *header = data;
	uint64_t types_at, strings_at;

	if (size < BTF_HEADER_SIZE || header->magic != BTF_MAGIC ||
	    header->hdr_len < BTF_HEADER_SIZE)
		return -EINVAL;
	types_at = (uint64_t)header->hdr_len + header->type_off;
	strings_at = (uint64_t)header->hdr_len + header->str_off;
	if (types_at + header->type_len > size || strings_at + header->str_len > size)
		return -EINVAL;
	view->types = (const char *)data + types_at;
	view->types_end = view->types + header->type_len;
	view->strings = (const char *)data + strings_at;
	view->strings_size = header->str_len;
	/* Strings are compared with strcmp(): the section must end one. */
	return header->str_len && !view->strings[header->str_len - 1] ? 0 : -EINVAL;
}

static const char *btf_string(const struct btf_view *view, uint32_t offset)
{
	return offset < view->strings_size ? view->strings + offset : "";
}

/* Bytes that follow a type's common part, or -EINVAL for a kind unknown here. */
static long btf_tail(const struct btf_type *type)
{
	long n = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
		return sizeof(uint32_t);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return n * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return n * sizeof(struct btf_enum);
	case BTF_KIND_FUNC_PROTO:
		return n * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return n * sizeof(struct btf_var_secinfo);
	case BTF_KIND_ENUM64:
		return n * 3 * sizeof(uint32_t);
	default:
		return -EINVAL;
	}
}

static int enum_has(const struct btf_view *view, const struct btf_type *type,
		    const char *enumerator)
{
	const struct btf_enum *member = (const void *)(type + 1);
	unsigned int i;

	for (i = 0; i < BTF_INFO_VLEN(type->info); i++)
		if (!strcmp(btf_string(view, member[i].name_off), enumerator))
			return 1;
	return 0;
}

int btf_enum_has(const void *data, size_t size, const char *name, const char *enumerator)
{
	struct btf_view view;
	const char *at;
	int r = btf_open(data, size, &view);

	if (r)
		return r;
	for (at = view.types; at < view.types_end;) {
		const struct btf_type *type = (const void *)at;
		long room = view.types_end - at, tail;

		if (room < (long)sizeof(*type))
			return -EINVAL;
		tail = btf_tail(type);
		if (tail < 0 || tail > room - (long)sizeof(*type))
			return -EINVAL;
		if (BTF_INFO_KIND(type->info) == BTF_KIND_ENUM &&
		    !strcmp(btf_string(&view, type->name_off), name))
			return enum_has(&view, type, enumerator);
		at += sizeof(*type) + tail;
	}
	return -ENOENT;
}

/* Read all of @fd, @size bytes as the file system says, into a new buffer. */
static char *read_whole(int fd, size_t size)
{
	char *data = malloc(size);
	size_t length = 0;
	ssize_t n;

	while (data && length < size) {
		n = read(fd, data + length, size - length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : ENODATA;
			free(data);
			return NULL;
		}
		length += n;
	}
	return data;
}

int btf_vmlinux_enum_has(const char *name, const char *enumerator)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	char *data = NULL;
	struct stat st;
	int r;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st))
		data = read_whole(fd, st.st_size);
	r = data ? btf_enum_has(data, st.st_size, name, enumerator) : -errno;
	free(data);
	close(fd);
	return r;
}
