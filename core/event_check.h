/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether an event may be had: what its specification says by itself. The library asks
 * before it sends, the module before it adds; what only the kernel can know (the process,
 * the core, whether there is room) is in linux/control.c.
 */
#ifndef TG_CORE_EVENT_CHECK_H
#define TG_CORE_EVENT_CHECK_H

#include <trapgate/abi.h>
#include "types.h"

/* "; exception: 0x00 to 0x1f" */
#define TG_EVENT_RANGE(name, number, word, first, last, ...) "; " word ": " #first " to " #last

#define TG_NO_POST(stage) "sc on and stage " stage " cannot be used together: "	\
	"an event that the guest does not get has no post stage"

/* Why an event is refused: X(name, errno, sentence). The first that holds is said. */
#define TG_EVENT_REFUSALS(X)								\
	X(FLAGS, EINVAL, "unknown flags, or reserved members set")			\
	X(TYPE, EINVAL, "unknown event type")						\
	X(VECTOR, EINVAL, "a vector is a number from 0 to 0xff")			\
	X(OTHER_TYPE, EINVAL, "this type of event does not have that vector"		\
	  TG_EVENT_TYPES(TG_EVENT_RANGE))						\
	X(STAGE, EINVAL, "a stage is pre, post or all")					\
	X(SWALLOW_POST, EINVAL, TG_NO_POST("post"))					\
	X(SWALLOW_ALL, EINVAL, TG_NO_POST("all"))					\
	X(ACTION, EINVAL, "unknown action")						\
	X(FOLLOW, EINVAL, "to follow children, an event needs a pid")			\
	X(STRING, EINVAL, "a string is not terminated")					\
	X(COMM, EINVAL, "the command name is empty")					\
	X(PID, EINVAL, "a pid is given without its flag")				\
	X(EVERYBODY, EPERM, "this would swallow everybody's exceptions, even the "	\
	  "kernel's: name a process (pid), or add force")				\
	X(VITAL, EPERM, "this would swallow timers or inter-processor interrupts, and "	\
	  "the machine might hang: add force if you mean it")				\
	X(UNWATCHED, EOPNOTSUPP, "the processor has no VMX-preemption timer: an idle CPU "	\
	  "could not be given back the interrupts that the event swallows")

enum tg_event_error {
	TG_EVENT_ERR_NONE = 0,
#define TG_EVENT_ENUM(name, error, text) TG_EVENT_ERR_##name,
	TG_EVENT_REFUSALS(TG_EVENT_ENUM)
#undef TG_EVENT_ENUM
	TG_EVENT_ERR_NR
};

struct tg_event_refusal {
	int error;			/* -errno */
	const char *text;
};

extern const struct tg_event_refusal tg_event_refusals[TG_EVENT_ERR_NR];

/* What the module knows besides. */
struct tg_event_facts {
	bool script_swallows;		/* a script of the event calls event_sc() */
	bool unwatched;			/* some CPU cannot look for a stall (doc/swallowing.md) */
	u32 first_system_vector;	/* from here on they are the kernel's own */
	u32 timer_vector;		/* of the timer that is an IRQ line */
};

/*
 * flags: TG_EV_*. facts: NULL outside of the kernel, where more passes than the module
 * will take. Changes nothing. Any context but root mode.
 */
enum tg_event_error tg_event_check(const struct tg_event_spec *spec, u32 flags,
				   const struct tg_event_facts *facts);

#endif
