/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hypervisor in the lab: core/ and arch/x86 around a bare-metal program that
 * goes on as guest. What linux/ is for the module.
 */
#ifndef LAB_HOST_H
#define LAB_HOST_H

#include "../base/lab.h"
#include "../../arch/x86/hv.h"

#define HOST_EVENTS	8
#define HOST_RECORDS	1024		/* a power of two */
#define HOST_PID	1168
#define HOST_TID	1169

struct host_options {
	bool see_int_n;				/* see struct tg_platform; host_see_int_n() too */
	u64 swallow_limit;
};

/*
 * Whether that machine, NAME-VERSION as in lab/probe/expected, has that bug: by a line
 * for it, or for all versions of NAME.
 */
bool host_emulator_bug(const char *machine, const char *bug);

/* Once, before all else. A sentence when the processor has neither VT-x nor AMD-V. */
const char *host_init(const struct host_options *options);
const struct tg_hv_ops *host_ops(void);		/* the processor's, after host_init() */

/* Into operation with nothing armed, and out of it. A sentence on failure. */
const char *host_enter(void);
void host_leave(void);
bool host_loaded(void);

/* Whether INT n is an event, from the next host_enter() on; where that can be. */
void host_see_int_n(bool on);

/* CR3 bit 12 tells user from kernel half, as with Linux' pti=on. */
void host_pti(bool on);
void host_nested(bool on);	/* a hypervisor is below */
long host_hypercall(long call);

/*
 * Replaces the armed events by these; flags as in struct tg_event. The ring starts
 * anew. Also while out of operation, for the next host_enter().
 */
struct host_event {
	u32 type;			/* enum tg_event_type */
	u32 vector;			/* or TG_ALL */
	u32 flags;			/* TG_EV_SWALLOW or 0 */
	u32 stage;			/* enum tg_stage; 0 is PRE */
	bool script;			/* reads registers and writes them back, then traces */
};

void host_arm(const struct host_event *events, u32 n);
struct tg_event *host_event(u32 i);	/* as armed, with its counts */

/* The core call of an injection by the user, on this CPU. In operation. */
enum tg_inject_error host_inject(const struct tg_inject_spec *spec);

u32 host_records(void);
u64 host_lost(void);			/* for want of room */
const struct tg_record *host_record(u32 i);

struct tg_vcpu *host_vcpu(void);

/*
 * Where tg_host_fatal() goes on: out of operation, interrupts off, on root mode's
 * stack. Must not return.
 */
extern void (*host_on_fatal)(struct tg_vcpu *v);
/* As the dump has them, one at a time; NULL after the last. */
const char *host_broken_rule(u32 i);
const char *host_dump_field(u32 i, u64 *value);
void host_dump(void);			/* the state at the end, as linux/fatal.c prints it */

#endif
