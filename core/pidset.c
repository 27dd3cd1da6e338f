// SPDX-License-Identifier: GPL-2.0
/*
 * The set of followed processes. tg_pidset_has() runs in root mode; the others
 * in process context under the caller's lock.
 */
#include "pidset.h"

static tg_always_inline u32 pidset_start(u32 pid)
{
	return (pid * 2654435761u) >> 20;	/* Knuth; the top 12 bits */
}

tg_root bool tg_pidset_has(const struct tg_pidset *s, u32 pid)
{
	u32 i, at = pidset_start(pid);

	for (i = 0; i < TG_PIDSET_PROBES; i++) {
		u32 v = tg_read(s->slot[(at + i) % TG_PIDSET_SLOTS]);

		if (v == pid)
			return true;
		if (!v)
			return false;
	}
	return false;
}

tg_root int tg_pidset_add(struct tg_pidset *s, u32 pid)
{
	u32 i, at = pidset_start(pid);

	if (tg_pidset_has(s, pid))
		return 0;
	for (i = 0; i < TG_PIDSET_PROBES; i++) {
		u32 *slot = &s->slot[(at + i) % TG_PIDSET_SLOTS];

		if (*slot && *slot != TG_PIDSET_GONE)
			continue;
		tg_write(*slot, pid);
		s->used++;
		return 0;
	}
	return -1;
}

tg_root void tg_pidset_del(struct tg_pidset *s, u32 pid)
{
	u32 i, at = pidset_start(pid);

	for (i = 0; i < TG_PIDSET_PROBES; i++) {
		u32 *slot = &s->slot[(at + i) % TG_PIDSET_SLOTS];

		if (!*slot)
			return;
		if (*slot != pid)
			continue;
		tg_write(*slot, TG_PIDSET_GONE);
		s->used--;
		return;
	}
}
