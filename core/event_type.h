/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What core/ knows of a type of event: the columns of TG_EVENT_TYPES (trapgate/abi.h), as
 * functions of the type. Constants to whoever names the type, comparisons to the others.
 * Any context.
 */
#ifndef TG_CORE_EVENT_TYPE_H
#define TG_CORE_EVENT_TYPE_H

#include <trapgate/abi.h>
#include "types.h"

/* What the hardware must intercept for events of a type: see tg_evset_arm(). */
enum tg_arms {
	TG_ARMS_NOTHING = 0,		/* there is no such type */
	TG_ARMS_EXCEPTIONS,		/* those of the bitmap, by vector */
	TG_ARMS_INTERRUPTS,		/* all external ones, whatever the vector */
};

static tg_always_inline enum tg_arms tg_event_type_arms(u32 type)
{
	switch (type) {
#define TG_TYPE_ARMS(name, number, word, first, last, arms, ...)	\
	case TG_EVENT_##name:						\
		return TG_ARMS_##arms;
	TG_EVENT_TYPES(TG_TYPE_ARMS)
#undef TG_TYPE_ARMS
	}
	return TG_ARMS_NOTHING;
}

/* How many vectors it has. */
static tg_always_inline u32 tg_event_type_vectors(u32 type)
{
	switch (type) {
#define TG_TYPE_VECTORS(name, number, word, first, last, ...)		\
	case TG_EVENT_##name:						\
		return (last) - (first) + 1;
	TG_EVENT_TYPES(TG_TYPE_VECTORS)
#undef TG_TYPE_VECTORS
	}
	return 0;
}

static tg_always_inline bool tg_event_type_has(u32 type, u32 vector)
{
	switch (type) {
#define TG_TYPE_HAS(name, number, word, first, last, ...)		\
	case TG_EVENT_##name:						\
		return vector - (first) <= (last) - (first);
	TG_EVENT_TYPES(TG_TYPE_HAS)
#undef TG_TYPE_HAS
	}
	return false;
}

#endif
