// SPDX-License-Identifier: GPL-2.0
/*
 * The local APIC from root mode, and the other functions of core/machine.h that only
 * need the processor. The accessors are chosen at each use: the guest may have
 * switched between xAPIC and x2APIC (APIC-ROOT).
 */
#include "../../core/machine.h"
#include "apic.h"
#include "vcpu.h"

static tg_always_inline bool apic_x2(void)
{
	return x86_rdmsr(TGX_MSR_APIC_BASE) & TGX_APIC_X2APIC;
}

static tg_root u32 apic_read(u32 reg)
{
	if (apic_x2())
		return x86_rdmsr(TGX_MSR_X2APIC + reg);
	return this_vcpu()->platform->apic[reg * 4];
}

static tg_root void apic_write(u32 reg, u32 v)
{
	if (apic_x2())
		x86_wrmsr(TGX_MSR_X2APIC + reg, v);
	else
		this_vcpu()->platform->apic[reg * 4] = v;
}

tg_root u64 tg_hw_tsc(void)
{
	return x86_rdtsc();
}

tg_root bool tg_hw_apic_in_service(u8 vector)
{
	return apic_read(TGX_APIC_ISR + vector / 32) >> (vector % 32) & 1;
}

tg_root bool tg_apic_enabled(void)
{
	return apic_read(TGX_APIC_SVR) & TGX_SVR_ENABLED;
}

tg_root bool tg_apic_pending(u8 vector)
{
	return apic_read(TGX_APIC_IRR + vector / 32) >> (vector % 32) & 1;
}

tg_root bool tg_hw_apic_level(u8 vector)
{
	return apic_read(TGX_APIC_TMR + vector / 32) >> (vector % 32) & 1;
}

tg_root u8 tg_apic_priority(void)
{
	return apic_read(TGX_APIC_PPR);
}

tg_root void tg_hw_apic_eoi(void)
{
	apic_write(TGX_APIC_EOI, 0);
}

/* In xAPIC mode the guest may have been between its two ICR writes: wait until
 * its IPI is out, and leave ICR2 as it was (a self IPI does not use it).
 */
static tg_root void apic_wait_idle(void)
{
	u32 i;

	if (apic_x2())
		return;
	for (i = 0; i < 100000 && (apic_read(TGX_APIC_ICR) & TGX_ICR_BUSY); i++)
		asm volatile("pause");
}

/*
 * One that is pending is not sent again: it would merge, and its edge clear the TMR bit of a
 * level-triggered one (SDM volume 3, "Interrupt Acceptance for Fixed Interrupts"), whose end
 * the I/O APIC would never hear of.
 */
tg_root void tg_hw_apic_self_ipi(u8 vector)
{
	if (tg_apic_pending(vector))
		return;
	apic_wait_idle();
	if (apic_x2())
		x86_wrmsr(TGX_MSR_X2APIC + TGX_APIC_ICR, TGX_ICR_ASSERT | TGX_ICR_SELF | vector);
	else
		apic_write(TGX_APIC_ICR, TGX_ICR_ASSERT | TGX_ICR_SELF | vector);
	apic_wait_idle();
}

tg_root void tg_apic_init_self(void)
{
	u32 id = apic_read(TGX_APIC_ID);

	apic_wait_idle();
	if (apic_x2()) {
		x86_wrmsr(TGX_MSR_X2APIC + TGX_APIC_ICR,
			  (u64)id << 32 | TGX_ICR_ASSERT | TGX_ICR_INIT);
		return;
	}
	apic_write(TGX_APIC_ICR2, id);		/* xAPIC: the ID is in bits 31:24 of both */
	apic_write(TGX_APIC_ICR, TGX_ICR_ASSERT | TGX_ICR_INIT);
}

/* ---- the timer (SDM volume 3, "APIC Timer") ------------------------------ */

/*
 * An initial count that nobody else will choose. In ticks: less than a second at
 * any frequency of the timer known.
 */
#define TICK_COUNT 0x100003u

static tg_root u32 timer_mode(u32 lvt)
{
	return lvt >> 17 & 3;
}

tg_root u8 tg_apic_timer_vector(void)
{
	return apic_read(TGX_APIC_LVT_TIMER);
}

tg_root bool tg_apic_timer_is(u8 vector)
{
	u32 lvt = apic_read(TGX_APIC_LVT_TIMER);

	return (lvt & 0xff) == vector && !(lvt & TGX_LVT_MASKED);
}

tg_root bool tg_apic_timer_idle(void)
{
	u32 lvt = apic_read(TGX_APIC_LVT_TIMER), vector = lvt & 0xff;

	if (lvt & TGX_LVT_MASKED)
		return false;
	/* It has fired: that one is the guest's, and ours would merge with it. */
	if (tg_apic_pending(vector))
		return false;
	if (timer_mode(lvt) == TGX_LVT_DEADLINE)
		return !x86_rdmsr(TGX_MSR_TSC_DEADLINE);
	return timer_mode(lvt) == TGX_LVT_ONESHOT && !apic_read(TGX_APIC_TIMER_NOW);
}

tg_root u64 tg_apic_tick(u64 ticks)
{
	u64 due = x86_rdtsc() + ticks;

	if (timer_mode(apic_read(TGX_APIC_LVT_TIMER)) == TGX_LVT_DEADLINE)
		x86_wrmsr(TGX_MSR_TSC_DEADLINE, due);
	else
		apic_write(TGX_APIC_TIMER_COUNT, TICK_COUNT);
	return due;
}

tg_root bool tg_apic_tick_is_ours(u64 due)
{
	if (timer_mode(apic_read(TGX_APIC_LVT_TIMER)) == TGX_LVT_DEADLINE)
		return x86_rdtsc() >= due;
	/* and it has come: the vector may also be sent as an IPI */
	return apic_read(TGX_APIC_TIMER_COUNT) == TICK_COUNT && !apic_read(TGX_APIC_TIMER_NOW);
}

tg_root void tg_apic_tick_stop(void)
{
	if (timer_mode(apic_read(TGX_APIC_LVT_TIMER)) == TGX_LVT_DEADLINE)
		x86_wrmsr(TGX_MSR_TSC_DEADLINE, 0);
	else if (apic_read(TGX_APIC_TIMER_COUNT) == TICK_COUNT)
		apic_write(TGX_APIC_TIMER_COUNT, 0);
}
