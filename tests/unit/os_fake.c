// SPDX-License-Identifier: GPL-2.0
/* What core/os.h asks for, without a machine. */
#include <stdlib.h>

#include "os_fake.h"

struct os_fake os_fake;

void os_fake_reset(void)
{
	os_fake = (struct os_fake){ .tsc = 1000000, .tsc_step = 1 };
}

u64 tg_os_tsc(void)
{
	u64 now = os_fake.tsc;

	os_fake.tsc += os_fake.tsc_step;
	return now;
}

void tg_os_snapshot(struct tg_cpu *cpu, struct tg_snapshot *snap)
{
	(void)cpu;
	os_fake.snapshots++;
	*snap = os_fake.snap;
}

bool tg_os_apic_in_service(u8 vector)
{
	return os_fake.in_service[vector];
}

static int highest_in_service(void)
{
	int v;

	for (v = 255; v >= 0; v--)
		if (os_fake.in_service[v])
			return v;
	return -1;
}

void tg_os_apic_eoi(void)
{
	int v = highest_in_service();

	if (os_fake.nr_eoi == OS_FAKE_LOG)
		abort();
	os_fake.eoi[os_fake.nr_eoi++] = v < 0 ? 0 : v;
	if (v >= 0)
		os_fake.in_service[v] = false;
}

void tg_os_apic_self_ipi(u8 vector)
{
	if (os_fake.nr_ipi == OS_FAKE_LOG)
		abort();
	os_fake.ipi[os_fake.nr_ipi++] = vector;
	os_fake.pending[vector] = true;
}
