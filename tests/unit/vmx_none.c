// SPDX-License-Identifier: GPL-2.0
/* What scripts call on VT-x, for tests of AMD-V: none of it may be called. */
#include <stdlib.h>

#include "guest_regs.h"

u64 vmx_field(const struct tg_vcpu *cpu, enum guest_field field)
{
	(void)cpu;
	(void)field;
	abort();
}

void vmx_set_field(struct tg_vcpu *cpu, enum guest_field field, u64 value)
{
	(void)cpu;
	(void)field;
	(void)value;
	abort();
}

void vmx_forget_translations(struct tg_vcpu *cpu)
{
	(void)cpu;
	abort();
}

void vmx_fit_state(struct tg_vcpu *cpu, bool moved)
{
	(void)cpu;
	(void)moved;
	abort();
}

bool vmx_is_64(const struct tg_vcpu *cpu)
{
	(void)cpu;
	abort();
}

bool vmx_entry_injects_interrupt(void)
{
	abort();
}
