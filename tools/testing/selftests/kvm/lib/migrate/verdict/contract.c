// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kvm.h>

#include "migrate/verdict/contract.h"

static const char * const contract_names[] = {
	[CONTRACT_UNMOVABLE] = "unmovable",
	[CONTRACT_MOVABLE] = "movable",
	[CONTRACT_OPT_IN] = "opt-in",
};

#ifdef GUEST_MEMFD_FLAG_MIGRATABLE
#define FLAG_MIGRATABLE	GUEST_MEMFD_FLAG_MIGRATABLE
#else
#define FLAG_MIGRATABLE	0ULL
#endif

/* The flags that do not make a file movable. */
#define OTHER_FLAGS	(GUEST_MEMFD_FLAG_MMAP | GUEST_MEMFD_FLAG_INIT_SHARED)

bool outcome_moves(enum outcome outcome)
{
	return outcome == OUTCOME_MOVED || outcome == OUTCOME_MOVED_SOME;
}

const char *outcome_name(enum outcome outcome)
{
	static const char * const names[] = {
		[OUTCOME_MOVED] = "MOVED",
		[OUTCOME_MOVED_SOME] = "MOVED_SOME",
		[OUTCOME_REFUSED] = "REFUSED",
		[OUTCOME_NEVER] = "NEVER",
		[OUTCOME_NOT_MAPPED] = "NOT_MAPPED",
		[OUTCOME_NO_FOLIO] = "NO_FOLIO",
		[OUTCOME_UNTOUCHED] = "UNTOUCHED",
	};

	return names[outcome];
}

const char *contract_name(enum contract_id id)
{
	return contract_names[id];
}

const char *contract_source_name(enum contract_source source)
{
	static const char * const names[] = {
		[CONTRACT_BY_OPTION] = "-k",
		[CONTRACT_BY_BTF] = "BTF",
		[CONTRACT_PROBED] = "probed",
	};

	return names[source];
}

int contract_flag_bit(void)
{
	return FLAG_MIGRATABLE ? __builtin_ctzll(FLAG_MIGRATABLE) : 0;
}

uint64_t contract_unknown_flags(uint64_t offered)
{
	return offered & ~(OTHER_FLAGS | FLAG_MIGRATABLE);
}

int contract_of_kernel(int has_unmovable, uint64_t offered, struct contract *contract)
{
	bool unknown = contract_unknown_flags(offered);

	contract->flag_bit = 0;
	if (offered & FLAG_MIGRATABLE) {
		contract->id = CONTRACT_OPT_IN;
		contract->flag_bit = contract_flag_bit();
		return 0;
	}
	if (has_unmovable < 0)
		return has_unmovable;
	/* The flags of kernels that move nothing have other meanings. */
	contract->id = !has_unmovable ? CONTRACT_UNMOVABLE :
		       unknown ? CONTRACT_OPT_IN : CONTRACT_MOVABLE;
	return 0;
}

enum contract_id contract_of_file(enum contract_id kernel, bool flagged)
{
	if (kernel != CONTRACT_OPT_IN)
		return kernel;
	return flagged ? CONTRACT_MOVABLE : CONTRACT_UNMOVABLE;
}

const char *contract_option(const struct contract *contract)
{
	static char text[16];

	if (!contract->flag_bit)
		return contract_names[contract->id];
	snprintf(text, sizeof(text), "%s=%d", contract_names[contract->id], contract->flag_bit);
	return text;
}

static int parse_bit(const char *text)
{
	char *end;
	unsigned long bit;

	errno = 0;
	bit = strtoul(text, &end, 10);
	/* strtoul() accepts a sign and spaces. */
	if (errno || *end || text[0] < '0' || text[0] > '9' || bit > 63)
		return -ERANGE;
	return (1ULL << bit) & OTHER_FLAGS ? -EEXIST : (int)bit;
}

int contract_parse(const char *text, int *flag_bit)
{
	size_t length = strcspn(text, "=");
	int id, bit;

	for (id = 0; id < NR_CONTRACTS; id++)
		if (!strncmp(text, contract_names[id], length) && !contract_names[id][length])
			break;
	if (id == NR_CONTRACTS || (text[length] && id != CONTRACT_OPT_IN))
		return -EINVAL;
	bit = text[length] ? parse_bit(text + length + 1) :
	      id == CONTRACT_OPT_IN ? contract_flag_bit() : 0;
	if (bit < 0)
		return bit;
	*flag_bit = bit;
	return id;
}

long expected_return(const struct expected *expected, size_t nr_pages)
{
	static const int rets[] = {
		[RET_EIO] = -EIO,
		[RET_EBUSY] = -EBUSY,
		[RET_ENOMEM] = -ENOMEM,
		[RET_EINVAL] = -EINVAL,
		[RET_EINTR] = -EINTR,
	};

	return expected->ret == RET_NR_FAILED ? (long)nr_pages : rets[expected->ret];
}
