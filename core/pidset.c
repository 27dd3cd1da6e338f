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

		if (!v)
			return false;
		if (v == pid)
			return pid != TG_PIDSET_GONE;
	}
	return false;
}

tg_root int tg_pidset_add(struct tg_pidset *s, u32 pid)
{
	u32 i, at = pidset_start(pid);

	if (!pid || pid == TG_PIDSET_GONE)
		return -1;
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

/* Nothing can lie behind a deleted slot that an empty one follows: empty it, too,
 * so that lookups do not get longer with every process that ever was.
 */
static tg_root void pidset_sweep(struct tg_pidset *s, u32 at)
{
	while (!s->slot[(at + 1) % TG_PIDSET_SLOTS] &&
	       s->slot[at % TG_PIDSET_SLOTS] == TG_PIDSET_GONE) {
		tg_write(s->slot[at % TG_PIDSET_SLOTS], 0);
		at += TG_PIDSET_SLOTS - 1;
	}
}

tg_root void tg_pidset_del(struct tg_pidset *s, u32 pid)
{
	u32 i, at = pidset_start(pid);

	if (!pid || pid == TG_PIDSET_GONE)
		return;
	for (i = 0; i < TG_PIDSET_PROBES; i++) {
		u32 *slot = &s->slot[(at + i) % TG_PIDSET_SLOTS];

		if (!*slot)
			return;
		if (*slot != pid)
			continue;
		tg_write(*slot, TG_PIDSET_GONE);
		s->used--;
		pidset_sweep(s, at + i);
		return;
	}
}
