// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <linux/btf.h>

#include "kselftest.h"
#include "migrate/util/btf.h"
#include "migrate/util/sysfile.h"

#define VMLINUX "/sys/kernel/btf/vmlinux"

/* The oldest supported headers lack it. */
#ifndef BTF_KIND_ENUM64
#define BTF_KIND_ENUM64 19
#endif

/* The sections of types and strings, inside the data. */
struct btf_view {
	const char *types, *types_end;
	const char *strings;
	size_t strings_size;
};

/* The header grows at its end; the later fields are not needed. */
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
	/* strcmp() reads the strings: the last must end in the section. */
	return header->str_len && !view->strings[header->str_len - 1] ? 0 : -EINVAL;
}

static const char *btf_string(const struct btf_view *view, uint32_t offset)
{
	return offset < view->strings_size ? view->strings + offset : "";
}

/* Bytes that follow struct btf_type: fixed, and for each of the vlen members. */
static const struct {
	uint8_t fixed, member;
} btf_data[] = {
	[BTF_KIND_INT] = { .fixed = sizeof(uint32_t) },
	[BTF_KIND_VAR] = { .fixed = sizeof(struct btf_var) },
	[BTF_KIND_DECL_TAG] = { .fixed = sizeof(struct btf_decl_tag) },
	[BTF_KIND_ARRAY] = { .fixed = sizeof(struct btf_array) },
	[BTF_KIND_STRUCT] = { .member = sizeof(struct btf_member) },
	[BTF_KIND_UNION] = { .member = sizeof(struct btf_member) },
	[BTF_KIND_ENUM] = { .member = sizeof(struct btf_enum) },
	[BTF_KIND_FUNC_PROTO] = { .member = sizeof(struct btf_param) },
	[BTF_KIND_DATASEC] = { .member = sizeof(struct btf_var_secinfo) },
	[BTF_KIND_ENUM64] = { .member = 3 * sizeof(uint32_t) },
};

static long btf_data_size(const struct btf_type *type)
{
	unsigned int kind = BTF_INFO_KIND(type->info);

	if (!kind || kind >= ARRAY_SIZE(btf_data))
		return -EINVAL;
	return btf_data[kind].fixed + BTF_INFO_VLEN(type->info) * btf_data[kind].member;
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
		tail = btf_data_size(type);
		if (tail < 0 || tail > room - (long)sizeof(*type))
			return -EINVAL;
		if (BTF_INFO_KIND(type->info) == BTF_KIND_ENUM &&
		    !strcmp(btf_string(&view, type->name_off), name))
			return enum_has(&view, type, enumerator);
		at += sizeof(*type) + tail;
	}
	return -ENOENT;
}

int btf_vmlinux_enum_has(const char *name, const char *enumerator)
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
		r = btf_enum_has(data, r, name, enumerator);
	free(data);
	return r;
}
