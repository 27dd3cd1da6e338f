// SPDX-License-Identifier: GPL-2.0
/* What core/machine.h asks for, without a machine. */
#include <stdlib.h>
#include <string.h>

#include "machine_fake.h"
#include "../../core/script/guest.h"

#define WEAK __attribute__((weak))

struct machine_fake machine_fake;
u64 fixup_fake_hole, fixup_fake_read_only;

void machine_fake_reset(void)
{
	machine_fake = (struct machine_fake){ .tsc = 1000000, .tsc_step = 1 };
}

/* AMD-V: poison that is read with GIF=0 is a shutdown. */
void machine_fake_access(void)
{
	if (machine_fake.amd && !machine_fake.gif)
		abort();
}

WEAK void svm_stgi(void)
{
	machine_fake.gif = true;
}

WEAK void svm_clgi(void)
{
	machine_fake.gif = false;
}

u64 tg_hw_tsc(void)
{
	u64 now = machine_fake.tsc;

	machine_fake.tsc += machine_fake.tsc_step;
	return now;
}

/* The guest of a script: registers, and memory as one piece; unless a test has arch/x86's. */

WEAK u64 *tg_guest_regs_begin(struct tg_cpu *cpu)
{
	(void)cpu;
	return machine_fake.gpr;
}

WEAK void tg_guest_regs_end(struct tg_cpu *cpu, bool changed)
{
	(void)cpu;
	machine_fake.changed |= changed;
}

WEAK int tg_guest_register_get(struct tg_cpu *cpu, u32 reg, u64 *value)
{
	(void)cpu;
	if (reg == TG_REG_RIP)
		*value = machine_fake.snap.rip;
	else
		*value = machine_fake.snap.rflags;
	return reg == TG_REG_RIP || reg == TG_REG_RFLAGS ? 0 : -1;
}

WEAK int tg_guest_register_set(struct tg_cpu *cpu, const struct tg_trap *trap, u32 reg, u64 value)
{
	(void)cpu;
	(void)trap;
	if (reg == TG_REG_RIP && !(value >> 47))
		machine_fake.snap.rip = value;
	else
		return -1;
	return 0;
}

static u8 *memory(u64 address, u32 size)
{
	if (address < MACHINE_FAKE_MEMORY || size > sizeof(machine_fake.memory) ||
	    address - MACHINE_FAKE_MEMORY > sizeof(machine_fake.memory) - size)
		return NULL;
	return machine_fake.memory + (address - MACHINE_FAKE_MEMORY);
}

WEAK void tg_guest_let_in(struct tg_run *run)
{
	(void)run;
}

WEAK u32 tg_guest_read(struct tg_run *run, u64 address, void *to, u32 size)
{
	const u8 *from = memory(address, size);

	if (!from)
		return tg_run_fail(run, TG_ERR_READ, address);
	memcpy(to, from, size);
	return TG_ERR_NONE;
}

WEAK u32 tg_guest_write(struct tg_run *run, u64 address, const void *from, u32 size)
{
	u8 *to = memory(address, size);

	(void)run;
	if (!to)
		return TG_ERR_WRITE;
	memcpy(to, from, size);
	return TG_ERR_NONE;
}

WEAK u32 tg_guest_read_phys(struct tg_run *run, u64 address, void *to, u32 size)
{
	return tg_guest_read(run, address, to, size);
}

WEAK u32 tg_guest_write_phys(struct tg_run *run, u64 address, const void *from, u32 size)
{
	return tg_guest_write(run, address, from, size);
}

WEAK u32 tg_guest_to_phys(struct tg_run *run, u64 address, u64 *phys)
{
	(void)run;
	*phys = address;
	return TG_ERR_NONE;
}

WEAK u32 tg_guest_to_virt(struct tg_run *run, u64 phys, u64 *address)
{
	(void)run;
	*address = phys;
	return TG_ERR_NONE;
}

void tg_guest_snapshot(struct tg_cpu *cpu, struct tg_snapshot *snap)
{
	u64 rflags = snap->rflags;

	machine_fake.snapshots++;
	if (machine_fake.on_snapshot)
		machine_fake.on_snapshot();
	*snap = machine_fake.snap;
	if (cpu->has_rflags)			/* which has been read at this exit */
		snap->rflags = rflags;
}

bool tg_hw_apic_in_service(u8 vector)
{
	return machine_fake.in_service[vector];
}

bool tg_hw_apic_level(u8 vector)
{
	return machine_fake.level[vector];
}

static int highest_in_service(void)
{
	int v;

	for (v = 255; v >= 0; v--)
		if (machine_fake.in_service[v])
			return v;
	return -1;
}

void tg_hw_apic_eoi(void)
{
	int v = highest_in_service();

	if (machine_fake.nr_eoi == MACHINE_FAKE_LOG)
		abort();
	machine_fake.eoi[machine_fake.nr_eoi++] = v < 0 ? 0 : v;
	if (v >= 0)
		machine_fake.in_service[v] = false;
}

void tg_hw_apic_self_ipi(u8 vector)
{
	if (machine_fake.pending[vector])
		return;
	if (machine_fake.nr_ipi == MACHINE_FAKE_LOG)
		abort();
	machine_fake.ipi[machine_fake.nr_ipi++] = vector;
	machine_fake.pending[vector] = true;
}
