// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lookups in hand-made BTF, valid and invalid, and in the BTF of the running kernel.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include <linux/btf.h>

#include "migrate/util/btf.h"
#include "migrate/verdict/contract.h"
#include "unit.h"

#define INFO(kind, vlen) ((uint32_t)(kind) << 24 | (vlen))

/* Strings, and where each begins. */
static const char strings[] = "\0int\0mapping_flags\0AS_EIO\0AS_UNMOVABLE\0gfp";
enum { INT = 1, MAPPING_FLAGS = 5, AS_EIO = 19, AS_UNMOVABLE = 26, GFP = 39 };

/* An int, a struct of one member, and an enum of two. */
struct sample {
	struct btf_header header;
	struct btf_type integer;
	uint32_t integer_data;
	struct btf_type structure;
	struct btf_member member;
	struct btf_type enumeration;
	struct btf_enum values[2];
	char strings[sizeof(strings)];
};

static struct sample make_sample(void)
{
	struct sample sample = {
		.header = {
			.magic = BTF_MAGIC,
			.version = BTF_VERSION,
			.hdr_len = sizeof(struct btf_header),
			.type_len = offsetof(struct sample, strings) -
				    sizeof(struct btf_header),
			.str_off = offsetof(struct sample, strings) - sizeof(struct btf_header),
			.str_len = sizeof(strings),
		},
		.integer = { .name_off = INT, .info = INFO(BTF_KIND_INT, 0), .size = 4 },
		.structure = { .name_off = GFP, .info = INFO(BTF_KIND_STRUCT, 1), .size = 4 },
		.enumeration = { .name_off = MAPPING_FLAGS, .info = INFO(BTF_KIND_ENUM, 2) },
		.values = { { .name_off = AS_EIO }, { .name_off = AS_UNMOVABLE, .val = 9 } },
	};

	memcpy(sample.strings, strings, sizeof(strings));
	return sample;
}

static int has(const struct sample *sample, const char *name, const char *enumerator)
{
	return btf_enum_has(sample, sizeof(*sample), name, enumerator);
}

static void check_unsound(void)
{
	struct sample sample = make_sample();

	CHECK("a short file is unsound", btf_enum_has(&sample, 8, "x", "y") == -EINVAL);
	CHECK("a cut file is unsound",
	      btf_enum_has(&sample, offsetof(struct sample, strings) + 8, "x", "y") == -EINVAL);
	sample.header.magic = 0x1234;
	CHECK("another magic is unsound", has(&sample, "x", "y") == -EINVAL);
	sample = make_sample();
	sample.header.hdr_len = 8;
	CHECK("a header without the needed fields is unsound",
	      has(&sample, "x", "y") == -EINVAL);
	sample = make_sample();
	sample.enumeration.info = INFO(BTF_KIND_ENUM, 200);
	CHECK("more values than there is room for are unsound",
	      has(&sample, "mapping_flags", "AS_EIO") == -EINVAL);
	sample = make_sample();
	sample.structure.info = INFO(31, 0);
	CHECK("an unknown kind is unsound", has(&sample, "mapping_flags", "AS_EIO") == -EINVAL);
	sample = make_sample();
	sample.strings[sizeof(strings) - 1] = 'x';
	CHECK("strings without an end are unsound", has(&sample, "x", "y") == -EINVAL);
	sample = make_sample();
	sample.values[1].name_off = 0xffffff;
	CHECK("a name beyond the strings matches none",
	      has(&sample, "mapping_flags", "AS_UNMOVABLE") == 0);
}

int main(void)
{
	struct sample sample = make_sample();
	struct sample shorter = sample;
	int r;

	/* Its header may end earlier than the one that these sources were compiled with. */
	shorter.header.hdr_len = offsetof(struct btf_header, str_len) + sizeof(uint32_t);
	shorter.header.type_off = sizeof(struct btf_header) - shorter.header.hdr_len;
	shorter.header.str_off += shorter.header.type_off;
	ksft_print_header();
	CHECK("an enumerator is found", has(&sample, "mapping_flags", "AS_UNMOVABLE") == 1);
	CHECK("an absent one is not", has(&sample, "mapping_flags", "AS_OTHER") == 0);
	CHECK("also behind a header of fewer fields",
	      has(&shorter, "mapping_flags", "AS_UNMOVABLE") == 1);
	CHECK("a part of its name is not found", has(&sample, "mapping_flags", "AS_UNMOV") == 0);
	CHECK("an absent enum is an error", has(&sample, "other_flags", "AS_EIO") == -ENOENT);
	CHECK("a struct is no enum", has(&sample, "gfp", "AS_EIO") == -ENOENT);
	check_unsound();
	CHECK("contracts have names", contract_parse("movable") == CONTRACT_MOVABLE &&
				      contract_parse("unmovable") == CONTRACT_UNMOVABLE);
	CHECK("nothing else is one", contract_parse("") < 0 && contract_parse("mov") < 0);
	r = btf_vmlinux_enum_has("mapping_flags", "AS_EIO");
	if (r == -ENOENT || r == -EACCES)
		ksft_test_result_code(KSFT_SKIP, "the running kernel is understood",
				      "no readable /sys/kernel/btf/vmlinux "
				      "(CONFIG_DEBUG_INFO_BTF)");
	else
		CHECK("the running kernel is understood", r == 1);
	return unit_finish();
}
