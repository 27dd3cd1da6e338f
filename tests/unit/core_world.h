/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One virtualised CPU, the task that runs on it, events and their rings, for
 * the tests of the core.
 */
#ifndef CORE_WORLD_H
#define CORE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dispatch.h"
#include "machine_fake.h"

#define WORLD_CPUS	4u
#define WORLD_EVENTS	32u
#define WORLD_KHZ	1000000u	/* 1 GHz: a tick is a nanosecond */
#define WORLD_RECORDS	4096u		/* of each CPU's ring */

#define WORLD_PID_AT	8
#define WORLD_TGID_AT	16
#define WORLD_COMM_AT	40

struct world {
	struct tg_config config;
	struct tg_cpu cpu;
	_Alignas(8) char task[64];
	void *current_task;
	struct tg_event *event[WORLD_EVENTS];
	u32 nr_events;
	struct tg_evset *set;
	struct tg_ring *ring[WORLD_CPUS];
};

/* On CPU number 1, task 1168/1169 "prog". */
void world_init(struct world *w);
void world_free(struct world *w);
void world_task(struct world *w, u32 tgid, u32 pid, const char *comm);
struct tg_event *world_event(struct world *w, u32 type, u32 vector, u32 flags);
/* Publishes a set of the given events and takes it over. */
void world_arm(struct world *w, struct tg_event *const *events, u32 nr);
void world_arm_all(struct world *w);
/* Record i of the CPU's ring; it must be there. */
const struct tg_record *world_record(struct world *w, u64 i);
u64 world_records(struct world *w);

struct tg_ring *ring_new(u64 capacity);
void ring_free(struct tg_ring *r);

struct tg_evset *set_new(struct tg_event *const *events, u32 nr);
void set_free(struct tg_evset *set);

/* A small generator of our own, so that failures repeat. */
u32 random_next(u32 *state);

struct tg_trap trap_exception(u8 vector, u32 error, u64 address);

#endif
