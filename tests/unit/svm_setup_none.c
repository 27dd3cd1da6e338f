// SPDX-License-Identifier: GPL-2.0
/* What setup.c of AMD-V takes from the entry code and explain.c, for tests of setup.c alone. */
#include "svm/backend.h"

long tg_svm_hypercall(enum tg_hypercall call)
{
	(void)call;
	return 0;
}

const char *tg_svm_dump_field(const struct tg_vcpu *v, u32 i, u64 *value)
{
	(void)v, (void)i, (void)value;
	return NULL;
}

const char *tg_svm_broken_rule(const struct tg_vcpu *v, u32 i)
{
	(void)v, (void)i;
	return NULL;
}
