/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The processes that an event follows: a fixed hash table that one writer at a
 * time changes (under a lock of the caller's) while root mode looks up without
 * any. Lookups race benignly: they see a pid before or after the change.
 */
#ifndef TG_CORE_PIDSET_H
#define TG_CORE_PIDSET_H

#include "types.h"

#define TG_PIDSET_SLOTS	4096u
#define TG_PIDSET_PROBES 64u	/* bound of every search */

struct tg_pidset {
	u32 used;			/* writer's */
	u32 slot[TG_PIDSET_SLOTS];	/* 0 empty, TG_PIDSET_GONE deleted, else a pid */
};

#define TG_PIDSET_GONE	0xffffffffu

bool tg_pidset_has(const struct tg_pidset *s, u32 pid);

/* 0, or -1 when there is no room near the pid's place. */
int tg_pidset_add(struct tg_pidset *s, u32 pid);
void tg_pidset_del(struct tg_pidset *s, u32 pid);

#endif
