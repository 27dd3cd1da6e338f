// SPDX-License-Identifier: GPL-2.0
/* The local APIC in xAPIC mode, at its usual address. */
#include "lab.h"

#define APIC_PAGE	0xfee00000
#define APIC_ID		0x02
#define APIC_TPR	0x08
#define APIC_EOI	0x0b
#define APIC_SVR	0x0f
#define APIC_ICR	0x30
#define APIC_ICR2	0x31
#define SVR_ENABLE	(1u << 8)
#define ICR_NMI		(4u << 8)
#define ICR_BUSY	(1u << 12)
#define ICR_ASSERT	(1u << 14)
#define ICR_SELF	(1u << 18)

u32 lab_apic_read(u32 reg)
{
	return *(volatile u32 *)(APIC_PAGE + reg * 16ull);
}

void lab_apic_write(u32 reg, u32 value)
{
	*(volatile u32 *)(APIC_PAGE + reg * 16ull) = value;
}

void lab_apic_init(void)
{
	lab_apic_write(APIC_SVR, SVR_ENABLE | 0xff);
	lab_apic_write(APIC_TPR, 0);
}

void lab_apic_eoi(void)
{
	lab_apic_write(APIC_EOI, 0);
}

void lab_apic_send_self(u8 vector)
{
	lab_apic_write(APIC_ICR, ICR_SELF | ICR_ASSERT | vector);
	while (lab_apic_read(APIC_ICR) & ICR_BUSY)
		;
}

/* By its own number: the shorthand "self" is for fixed interrupts only. */
void lab_apic_send_self_nmi(void)
{
	lab_apic_write(APIC_ICR2, lab_apic_read(APIC_ID) & 0xff000000);
	lab_apic_write(APIC_ICR, ICR_NMI | ICR_ASSERT);
	while (lab_apic_read(APIC_ICR) & ICR_BUSY)
		;
}
