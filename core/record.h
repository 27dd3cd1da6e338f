/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records, and turning an event off, which one of them tells. Root mode.
 */
#ifndef TG_CORE_RECORD_H
#define TG_CORE_RECORD_H

#include "cpu.h"

/* What a record says besides the guest's state. */
struct tg_record_what {
	const struct tg_trap *trap;
	u8 kind, flags, verdict, note, stage;
};

/* The guest's state at this exit, read once. */
const struct tg_snapshot *tg_snapshot(struct tg_cpu *cpu);

/* One record to the event's ring, NULL (and counted) when that is full. */
struct tg_record *tg_record(struct tg_cpu *cpu, struct tg_event *ev,
			    const struct tg_record_what *what);

/* A record that says what root mode did, with a number that belongs to it. */
void tg_record_note(struct tg_cpu *cpu, struct tg_event *ev, u8 vector, enum tg_note note,
		    u32 number);

/* Turns an event off from root mode, once, and says so with a number. */
void tg_event_off(struct tg_cpu *cpu, struct tg_event *ev, u8 vector, enum tg_off_reason why,
		  enum tg_note note, u32 number);

#endif
