/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The actions of an event: scripts, and the trace record among them. The control
 * side makes them; root mode runs them. What a run needs lies in the CPU's struct
 * tg_script_cpu, made before the CPU enters operation.
 */
#ifndef TG_CORE_ACTION_H
#define TG_CORE_ACTION_H

#include "cpu.h"
#include "script/run.h"

/* What the control side found in an image. */
#define TG_SCRIPT_WRITES	(1u << 0)	/* sets registers */
#define TG_SCRIPT_SC		(1u << 1)	/* calls event_sc() */
#define TG_SCRIPT_EVENTS	(1u << 2)	/* enables, disables, clears events */

struct tg_script {
	struct tg_program program;
	u32 flags;			/* TG_SCRIPT_* */
	u32 number;			/* 0 the condition, 1 the first action ... */
};

struct tg_actions {
	struct tg_script *when;			/* or NULL */
	u32 nr;
	struct tg_script *action[TG_ACTIONS_MAX];	/* NULL: the trace record */
	u8 *globals;			/* TG_SCRIPT_GLOBALS_MAX bytes, of the owner */
	u8 *buffer;			/* $buffer, or NULL */
	u32 buffer_size;
};

/* Texts of $pname, $name, $date, $time. */
struct tg_script_info {
	char pname[TG_COMM_LEN + 1], name[8], date[12], time[12];
	char pad[7];
};

struct tg_script_cpu {
	struct tg_run run;		/* .owner: this */
	struct tg_cpu *cpu;
	struct tg_event *event;		/* NULL: eval */
	const struct tg_trap *trap;	/* NULL: eval */
	u8 stage;			/* enum tg_stage */
	struct tg_text_record *piece;	/* of text, that more may be put to */
	bool wants_sc;
	bool moved;			/* RIP was set */
	u64 rip;			/* of the guest before the first run, */
	bool has_rip;			/* if a script may change it */
	struct tg_script_info info;
	struct tg_script_eval *eval;	/* what tg_action_eval() is to run */
	u64 stack[TG_SCRIPT_STACK];
	u64 frame[TG_SCRIPT_MEM_MAX / 8];
};

/* Any context, before the CPU enters operation; *s is zeroed. */
void tg_action_init(struct tg_cpu *cpu, struct tg_script_cpu *s);

/* tg_dispatch() where an event of the vector has actions; from list[first] on. */
enum tg_verdict tg_action_dispatch(struct tg_cpu *cpu, const struct tg_trap *trap, u8 record_flags,
				   u32 first);

/* tg_dispatch_post() where an event of the vector has actions. */
void tg_action_post(struct tg_cpu *cpu, const struct tg_trap *trap);

/*
 * A script without an event. The results are in script->run, what it printed in
 * text[0..used); lost bytes found no room. All in memory that root mode may touch.
 */
struct tg_script_eval {
	const struct tg_script *script;
	u8 *globals;
	char *text;
	u32 size, used, lost;
};

void tg_action_eval(struct tg_cpu *cpu);

/*
 * event_inject and event_inject_error_code: arg as the script gave them (type,
 * vector, error code). Returns enum tg_run_error.
 */
u32 tg_action_inject(struct tg_script_cpu *s, bool has_error, const u64 *arg);

#endif
