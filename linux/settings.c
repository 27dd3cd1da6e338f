// SPDX-License-Identifier: GPL-2.0
/*
 * Settings and statistics for user space. Process context, under tg_lock; root mode
 * reads the settings in struct tg_config, and counts, at the same time.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include "tg.h"

/* ---- settings ------------------------------------------------------------------------- */

#define CONFIG_GET_SET(number, NAME, name, ...) \
static u64 name##_get(void) \
{ \
	return tg_vmm_config()->name; \
} \
\
static void name##_set(u64 value) \
{ \
	WRITE_ONCE(tg_vmm_config()->name, value); \
}
TG_SETTINGS(TG_NO_ROW, CONFIG_GET_SET, TG_NO_ROW)

static u64 jit_get(void)
{
	return tg_jit_is_on();
}

static void jit_set(u64 value)
{
	tg_jit_switch(value);
}

static const struct setting {
	u32 number;
	const char *name;
	u64 min, max;
	u64 (*get)(void);
	void (*set)(u64 value);
} settings[] = {
#define SETTING(number, NAME, name, typed, kind, min, max, ...) \
	{ number, typed, min, max, name##_get, name##_set },
	TG_SETTINGS(TG_NO_ROW, SETTING, SETTING)
};

static const struct setting *setting_find(u32 number)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		if (settings[i].number == number)
			return &settings[i];
	return NULL;
}

long tg_settings_set(struct tg_set *set)
{
	const struct setting *s = setting_find(set->setting);

	if (!s || (set->flags & ~TG_SETF_GET) || set->reserved)
		return tg_refuse(set->reason, -EINVAL,
				 "unknown setting or flags, or reserved members set");
	if (set->flags & TG_SETF_GET) {
		set->value = s->get();
		return 0;
	}
	if (set->value < s->min || set->value > s->max)
		return tg_refuse(set->reason, -EINVAL, "%s is a number from %llu to %llu (decimal)",
				 s->name, s->min, s->max);
	s->set(set->value);
	return 0;
}

/* ---- statistics ----------------------------------------------------------------------- */

static void stats_copy(struct tg_stats *t, const struct tg_cpu *cpu)
{
#define COPY(member, column) t->member = cpu->member;
	TG_STATS(COPY, TG_NO_ROW)
	t->exits_other = t->exits - t->exits_exception - t->exits_interrupt - t->exits_nmi -
			 t->exits_window;
	t->swallowed = cpu->swallowed_events;
}

long tg_settings_stats(struct tg_stats *t)
{
	const struct tg_vcpu *v;
	u32 cpu = t->cpu;

	if (t->flags || memchr_inv(t->reserved, 0, sizeof(t->reserved)))
		return -EINVAL;
	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return -ENXIO;
	memset(t, 0, sizeof(*t));
	t->size = sizeof(*t);
	t->cpu = cpu;
	v = tg_vmm_vcpu(cpu);
	if (!v)
		return 0;
	t->virtualised = READ_ONCE(v->state) == TG_VCPU_IN;
	stats_copy(t, &v->core);
	return 0;
}
