/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that the core needs from outside. Implemented by arch/x86 with linux/ or
 * the lab around it, and by tests/unit/machine_fake.c. All run in root mode.
 */
#ifndef TG_CORE_MACHINE_H
#define TG_CORE_MACHINE_H

#include "cpu.h"

u64 tg_hw_tsc(void);

/*
 * For a script's run: the guest's general registers (16, in the processor's order)
 * as they are, and, where changed, as they shall be.
 */
u64 *tg_guest_regs_begin(struct tg_cpu *cpu);
void tg_guest_regs_end(struct tg_cpu *cpu, bool changed);

/*
 * A register of enum tg_reg from RSP or RIP to DR7. Setting refuses (-1) what the next
 * entry or the processor would not take; trap is what the guest is to get, or NULL.
 */
int tg_guest_register_get(struct tg_cpu *cpu, u32 reg, u64 *value);
int tg_guest_register_set(struct tg_cpu *cpu, const struct tg_trap *trap, u32 reg, u64 value);

/* Reads RIP, RSP, RFLAGS, CR3, CPL of the interrupted guest. */
void tg_guest_snapshot(struct tg_cpu *cpu, struct tg_snapshot *snap);

/* The local APIC: is the vector in service; did it come level-triggered last (TMR); end
 * of interrupt for the highest; an IPI to the CPU itself, unless the vector is pending already.
 */
bool tg_hw_apic_in_service(u8 vector);
bool tg_hw_apic_level(u8 vector);
void tg_hw_apic_eoi(void);
void tg_hw_apic_self_ipi(u8 vector);

#endif
