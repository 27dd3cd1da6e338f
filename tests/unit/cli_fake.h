/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kernel of a few dozen lines behind struct tg_sys, so that the whole
 * command runs in a test. It keeps events and rings as abi.h describes them.
 */
#ifndef CLI_FAKE_H
#define CLI_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trapgate.h"

#define FAKE_CPUS	2
#define FAKE_EVENTS	8
#define FAKE_TSC0	1000000000ull
#define FAKE_KHZ	1000000u	/* 1 GHz: a tick is a nanosecond */

struct fake_event {
	int used;
	__u32 flags, off_reason, script_errors;
	struct tg_event_spec spec;
	__u64 hits, swallowed, lost;
	__u32 mine, owner;
};

struct fake {
	struct tg_sys sys;
	/* What the next call of an ioctl (by number 1..19) returns, and why. */
	int fail[20];
	const char *reason;
	int fail_open;
	int fail_mmap;			/* from which call on; 0: never */

	int loaded, opened, closed, loads, unloads, mmaps, munmaps;
	__u32 abi_version;
	__u64 swallow_limit;
	struct fake_event events[FAKE_EVENTS];
	unsigned int nr_added;
	__u64 ring_bytes;
	struct tg_ring_head *rings[FAKE_CPUS];
	struct tg_ring_tail *tails[FAKE_CPUS];
	__u64 seq[FAKE_CPUS];
	__u64 now;			/* TSC; 0: far in the future */
	/* Pushed when the first event is added. */
	struct tg_record pending[64];
	int nr_pending;
	struct tg_event_spec last_spec;
	__u32 last_flags;
	struct tg_inject injected;
	struct tg_event_script last_script;	/* its images are gone */
	__u32 script_size[TG_ACTIONS_MAX + 1];	/* as their headers said: 0 the condition */
	__u64 setting[32];
	struct tg_eval eval;		/* what EVAL answers, */
	const char *eval_text;		/* and prints */
	__u32 script_errors;		/* of events that are added */
};

void fake_init(struct fake *f);
void fake_free(struct fake *f);
/* A #PF of event 0, ns after the session began. */
struct tg_record fake_record(__u32 event, unsigned int cpu, __u64 ns);
void fake_push(struct fake *f, const struct tg_record *rec);

struct fake_result {
	int status;
	char out[16384], err[16384];
};

/* Runs "trapgate" with the arguments, up to NULL, over the fake. */
void fake_run(struct fake *f, struct fake_result *r, ...);
void fake_run_input(struct fake *f, const char *input, struct fake_result *r, ...);

#define assert_contains(text, part) fake_contains(text, part, __FILE__, __LINE__)
void fake_contains(const char *text, const char *part, const char *file, int line);

#endif
