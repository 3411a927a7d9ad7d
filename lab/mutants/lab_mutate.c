// SPDX-License-Identifier: GPL-2.0-only
/*
 * Selects a mutant (include/linux/lab_mutate.h) and tells which of them were executed.
 */
#include <linux/lab_mutate.h>
#include <linux/moduleparam.h>
#include <linux/sysfs.h>

int lab_mutant_selected;
module_param_named(select, lab_mutant_selected, int, 0600);

unsigned char lab_mutant_hits[LAB_MUTANTS_MAX];

/* A hexadecimal digit for four mutants, the first of them in its lowest bit.  Clears them. */
static int hits_get(char *buffer, const struct kernel_param *kp)
{
	int i, bit, digit, len = 0;

	for (i = 0; i < LAB_MUTANTS_MAX; i += 4) {
		digit = 0;
		for (bit = 0; bit < 4; bit++) {
			if (lab_mutant_hits[i + bit])
				digit |= 1 << bit;
			lab_mutant_hits[i + bit] = 0;
		}
		buffer[len++] = "0123456789abcdef"[digit];
	}
	buffer[len++] = '\n';
	return len;
}

static const struct kernel_param_ops hits_ops = {
	.get = hits_get,
};
module_param_cb(hits, &hits_ops, NULL, 0400);
