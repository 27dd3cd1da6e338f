/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The contract between the module and its users: ioctls on /dev/trapgate and
 * the layout of the record rings. Used by the kernel, by the library and by
 * whoever writes another front end.
 *
 * Rules: fixed-width members only, naturally aligned; every structure starts
 * with size and flags; reserved members and unknown flags must be zero, else
 * -EINVAL; a size other than sizeof(the structure) is -EINVAL (there is one
 * version so far). A failed call changes nothing; where the structure has a
 * reason member it then holds a sentence for the user, NUL-terminated. Any call may
 * fail with -EINTR, by a signal or as the machine goes to sleep: call again. Opening
 * needs CAP_SYS_ADMIN in the initial user namespace.
 */
#ifndef TRAPGATE_ABI_H
#define TRAPGATE_ABI_H

#include <linux/ioctl.h>
#include <linux/types.h>
#include <trapgate/settings.h>

#define TG_DEVICE	"/dev/trapgate"
#define TG_ABI_VERSION	1
#define TG_IOC_MAGIC	0xE7
#define TG_REASON_LEN	248
#define TG_COMM_LEN	16
#define TG_COMMAND_LEN	256
#define TG_ALL		0xffffffffu	/* every vector, core, event */

/* ---- state of the hypervisor ------------------------------------------ */

enum tg_state { TG_STATE_UNLOADED = 0, TG_STATE_LOADED = 1 };

struct tg_info {
	__u32 size;			/* in */
	__u32 flags;			/* in, 0 */
	__u32 abi_version;		/* out, and all below */
	__u32 state;			/* enum tg_state */
	__u32 nr_cpus;			/* possible CPU numbers are 0..nr_cpus-1 */
	__u32 online_cpus;
	__u32 virtualised_cpus;		/* in VMX/SVM operation now */
	__u32 nr_events;
	__u32 nr_users;			/* open files */
	__u32 tsc_khz;
	__u64 tsc;			/* the same moment in three clocks */
	__u64 monotonic_ns;
	__u64 realtime_ns;
	__u64 swallow_limit;
	__u64 root_bytes_per_cpu;	/* memory of the hypervisor, without rings */
	char backend[16];		/* "VT-x", "AMD-V", "" when neither is usable */
	char module_version[24];
	char reason[TG_REASON_LEN];	/* why load would be refused now, or "" */
};

/*
 * LOAD puts every online CPU under the hypervisor, UNLOAD takes them out.
 * LOAD when loaded: -EALREADY; UNLOAD when not: -ENODEV; UNLOAD while events
 * of other open files exist: -EBUSY. The last close unloads.
 */
struct tg_load {
	__u32 size;			/* in */
	__u32 flags;			/* in, 0 */
	char reason[TG_REASON_LEN];	/* out, on failure */
};

/* ---- events ------------------------------------------------------------ */

/*
 * The types: X(name, number, word, first vector, last vector, arms, example, summary, help).
 *   word: its command is "!word"
 *   arms: TG_ARMS_*, what is intercepted for it (core/event_type.h)
 *   example: a vector of it that has a name, or NULL
 *   summary, help: of the command
 */
#define TG_EVENT_TYPES(X)								\
	X(EXCEPTION, 1, "exception", 0x00, 0x1f, EXCEPTIONS, "#PF",			\
	  "trace exceptions, vectors 0 to 1f, or run scripts at them",			\
	  "Without a vector: all 32. A vector is a number or a name: "			\
	  "!exception e, !exception #PF.\n"						\
	  "NMI is vector 2.\n")								\
	X(INTERRUPT, 2, "interrupt", 0x20, 0xff, INTERRUPTS, NULL,			\
	  "trace external interrupts, vectors 20 to ff, or run scripts at them",	\
	  "Without a vector: all 224. The process is the one that was interrupted.\n")

enum tg_event_type {
#define TG_EVENT_TYPE_ENUM(name, number, ...) TG_EVENT_##name = number,
	TG_EVENT_TYPES(TG_EVENT_TYPE_ENUM)
#undef TG_EVENT_TYPE_ENUM
};

/*
 * PRE: before the guest gets it. POST: it has been delivered, RIP is the handler's first
 * instruction, RSP its frame. ALL: both, in this order. A swallowed event has no post.
 */
enum tg_stage { TG_STAGE_PRE = 1, TG_STAGE_POST = 2, TG_STAGE_ALL = 3 };

enum tg_action { TG_ACTION_TRACE = 1, TG_ACTION_SCRIPT = 2 };

#define TG_EV_DISABLED	(1u << 0)	/* add it, do not arm it */
#define TG_EV_SWALLOW	(1u << 1)	/* short-circuit: the guest does not get it */
#define TG_EV_FORCE	(1u << 2)	/* swallow timers, IPIs, everybody's faults */
#define TG_EV_PID	(1u << 3)	/* only the process .pid (a thread group id) */
#define TG_EV_FOLLOW	(1u << 4)	/* with PID: and what it forks from now on */
#define TG_EV_COMM	(1u << 5)	/* only tasks with the command name .comm */
#define TG_EV_IMMEDIATE	(1u << 6)	/* wake the reader at each record */
#define TG_EV_ALL_FLAGS	((1u << 7) - 1)

struct tg_event_spec {
	__u32 type;			/* enum tg_event_type */
	__u32 vector;			/* or TG_ALL: all of the type */
	__u32 pid;			/* with TG_EV_PID, in the initial pid namespace */
	__u32 core;			/* CPU number, or TG_ALL */
	__u32 stage;			/* enum tg_stage */
	__u32 action;			/* enum tg_action; SCRIPT: of EVENT_SCRIPT only */
	char comm[TG_COMM_LEN];		/* with TG_EV_COMM, NUL-terminated */
	char command[TG_COMMAND_LEN];	/* what the user typed, for listings */
};

/*
 * -EINVAL malformed; -ESRCH no such process; -ENXIO no such core; -EPERM needs
 * TG_EV_FORCE; -ENODEV not loaded; -ENOSPC too many events; -ENOMEM.
 * The records of an event go to the rings of the file that added it; the event
 * ends with that file.
 */
struct tg_event_add {
	__u32 size;			/* in */
	__u32 flags;			/* in, TG_EV_* */
	struct tg_event_spec spec;	/* in */
	__u32 number;			/* out: 0, 1, ... without gaps for failures */
	__u32 reserved;			/* 0 */
	char reason[TG_REASON_LEN];	/* out, on failure */
};

/*
 * EVENT_SCRIPT adds an event with scripts: add.spec.action is TG_ACTION_SCRIPT,
 * add.size the size of this structure. Images (trapgate/bytecode.h) are copied and
 * verified; -EINVAL and a sentence when one is refused. The condition `when` is an
 * image of an expression: the event does not match where it is 0. Actions run in
 * their order. Global variables are shared by all scripts of the open file.
 */
#define TG_ACTIONS_MAX	8

struct tg_action_spec {
	__u32 action;			/* enum tg_action; 0: not there */
	__u32 size;			/* SCRIPT: of the image in bytes; TRACE: 0 */
	__u64 image;			/* SCRIPT: its address; TRACE: 0 */
};

#define TG_SCRIPT_BUFFER_MAX	(1u << 20)

struct tg_event_script {
	struct tg_event_add add;	/* as for EVENT_ADD */
	__u32 nr_actions;		/* in, 1..TG_ACTIONS_MAX; one of them TRACE at most */
	__u32 buffer;			/* in: bytes of $buffer, a multiple of 8; 0: none */
	struct tg_action_spec when;	/* in */
	struct tg_action_spec action[TG_ACTIONS_MAX];
};

/*
 * Runs a script once, in root mode of the calling CPU, without an event; what it
 * prints goes to .text. -ENODEV: not loaded; -EINVAL: the image is refused, or sets
 * registers. 0: it ran, .error says how it ended.
 */
#define TG_EVAL_TEXT_MAX	(1u << 16)

struct tg_eval {
	__u32 size;			/* in */
	__u32 flags;			/* in, 0 */
	__u32 image_size;		/* in */
	__u32 text_size;		/* in: room at .text; out: bytes there */
	__u64 image;			/* in: address */
	__u64 text;			/* in: address */
	__u64 value;			/* out: of an expression */
	__u64 error_value;		/* out */
	__u32 error;			/* out: enum tg_run_error */
	__u32 line;			/* out, of the error: file number << 24 | line */
	__u32 text_lost;		/* out: bytes that did not fit */
	__u32 reserved;			/* 0 */
	char reason[TG_REASON_LEN];	/* out, on failure */
};

enum tg_event_op { TG_OP_ENABLE = 1, TG_OP_DISABLE = 2, TG_OP_CLEAR = 3 };

/* -ENOENT: no such event. When it returns, every CPU acts on the new state. */
struct tg_event_modify {
	__u32 size;			/* in */
	__u32 flags;			/* in, 0 */
	__u32 number;			/* in, or TG_ALL */
	__u32 op;			/* in, enum tg_event_op */
	char reason[TG_REASON_LEN];	/* out, on failure */
};

enum tg_off_reason {
	TG_OFF_NONE = 0,		/* enabled */
	TG_OFF_USER = 1,		/* disabled by command */
	TG_OFF_SWALLOW_FAULT = 2,	/* swallow limit: same fault at one RIP */
	TG_OFF_SWALLOW_STORM = 3,	/* swallow limit: storm of one interrupt */
	TG_OFF_SWALLOW_STALL = 4,	/* a CPU got no interrupt for too long */
	TG_OFF_SCRIPT_ERRORS = 16,	/* its scripts failed too often */
	TG_OFF_SCRIPT = 17,		/* disabled by a script */
};

/*
 * Returns the event with the smallest number >= .number, -ENOENT after the
 * last. Set .number to the answer + 1 to go on.
 */
struct tg_event_query {
	__u32 size;			/* in */
	__u32 in_flags;			/* in, 0 */
	__u32 number;			/* in and out */
	__u32 flags;			/* out, TG_EV_* */
	struct tg_event_spec spec;	/* out */
	__u32 owner_pid;		/* out: who opened the file */
	__u32 mine;			/* out: 1 if it was added through this file */
	__u32 off_reason;		/* out: enum tg_off_reason */
	__u32 script_errors;		/* in: 0; out: runs of its scripts that failed */
	__u64 hits;			/* out: matched all filters */
	__u64 swallowed;		/* out: of them not given to the guest */
	__u64 lost;			/* out: records that found a full ring */
};

/* ---- injection ---------------------------------------------------------- */

#define TG_INJECT_F_FORCE	(1u << 0)	/* also into the kernel; also what ends it */
#define TG_INJECT_F_ERROR	(1u << 1)	/* .error is given, else it is 0 */
#define TG_INJECT_F_ADDRESS	(1u << 2)	/* .address is given: of a page fault */
#define TG_INJECT_F_PID		(1u << 3)	/* only while the process .pid runs */
#define TG_INJECT_F_ALL		((1u << 4) - 1)

struct tg_inject_spec {
	__u32 type;			/* enum tg_trap_type */
	__u32 vector;
	__u32 flags;			/* TG_INJECT_F_* */
	__u32 error;
	__u32 length;			/* of software events: of the instruction at RIP */
	__u32 pid;			/* a thread group id, in the initial pid namespace */
	__u64 address;			/* for CR2 */
	__u64 reserved;			/* 0 */
};

/*
 * Injects an event on one core: an interrupt and an NMI at once, an exception or a
 * software event when that core next runs user code (with FORCE: any code), which is
 * looked for at its interrupts. When it returns, the core has taken the request.
 * -EINVAL: the processor would not take it, see .reason; -EPERM: needs FORCE; -ENXIO:
 * no such core, or it is not under the hypervisor; -EBUSY: eight wait there already;
 * -ESRCH: no such process; -ENODEV: not loaded.
 */
struct tg_inject {
	__u32 size;			/* in */
	__u32 flags;			/* in, 0 */
	struct tg_inject_spec spec;	/* in */
	__u32 core;			/* in; TG_ALL: the one the caller runs on; out: which */
	__u32 reserved;			/* 0 */
	char reason[TG_REASON_LEN];	/* out, on failure */
};

/* ---- settings ---------------------------------------------------------- */

/*
 * TG_SET_SWALLOW_LIMIT and so on: numbers, ranges, defaults and what they do are in
 * settings.h. -EINVAL: there is no such setting, or the value is out of its range.
 */
enum tg_setting {
#define TG_SETTING_ENUM(number, NAME, ...) TG_SET_##NAME = number,
	TG_SETTINGS(TG_NO_ROW, TG_SETTING_ENUM, TG_SETTING_ENUM)
};

#define TG_SET_SCRIPT_FUEL	TG_SET_FUEL	/* its older name */

#define TG_SETF_GET	(1u << 0)	/* ask for the value instead */

struct tg_set {
	__u32 size;			/* in */
	__u32 flags;			/* in, TG_SETF_* */
	__u32 setting;			/* in, enum tg_setting */
	__u32 reserved;			/* 0 */
	__u64 value;			/* in; out with TG_SETF_GET */
	char reason[TG_REASON_LEN];	/* out, on failure */
};

/* ---- what it costs ------------------------------------------------------ */

/*
 * The counters, one row each: X(member, column of `stats`). A new one goes to the end
 * and takes one of the reserved members.
 *   CPU	counted in the member of that name of struct tg_cpu
 *   OTHER	linux/settings.c says from what
 */
#define TG_STATS(CPU, OTHER)								\
	CPU(exits, "exits")								\
	CPU(exits_exception, "exception")						\
	CPU(exits_interrupt, "interrupt")						\
	CPU(exits_nmi, "nmi")								\
	CPU(exits_window, "window")		/* interrupt and NMI window */		\
	OTHER(exits_other, "other")							\
	CPU(injected_exceptions, "inj-exc")						\
	CPU(injected_interrupts, "inj-int")						\
	CPU(injected_nmis, "inj-nmi")							\
	CPU(queued_interrupts, "queued")	/* could not be injected at once */	\
	OTHER(swallowed, "swallowed")							\
	CPU(root_nmis, "root-nmi")		/* NMIs that arrived in root mode */	\
	CPU(vmreads, "vmreads")			/* of the VMCS; with TG_COUNT=1 only */	\
	CPU(vmwrites, "vmwrites")							\
	CPU(flushes, "flushes")			/* TLB flushes requested, all kinds */	\
	CPU(atomics, "atomics")			/* locked instructions; with TG_COUNT=1 only */

struct tg_stats {
	__u32 size;			/* in */
	__u32 flags;			/* in, 0 */
	__u32 cpu;			/* in; -ENXIO when it does not exist */
	__u32 virtualised;		/* out, and all below; counted since load */
#define TG_STATS_MEMBER(member, column) __u64 member;
	TG_STATS(TG_STATS_MEMBER, TG_STATS_MEMBER)
#define TG_STATS_LESS_ONE(member, column) - 1
	__u64 reserved[19 TG_STATS(TG_STATS_LESS_ONE, TG_STATS_LESS_ONE)];
};

/* ---- record rings ------------------------------------------------------- */

/*
 * One ring per possible CPU and open file. RING_SETUP once, before the first
 * event; bytes is per CPU, a power of two between 4 KiB and 64 MiB; without it
 * the first EVENT_ADD makes rings of tg_ring_default() bytes. Then mmap:
 *   TG_MMAP_RING(cpu)      read-only: a page struct tg_ring_head, then the data
 *                          (length 4096 + bytes, all at once)
 *   TG_MMAP_CONSUMER(cpu)  read-write: a page struct tg_ring_tail
 * Indices count records since setup and never wrap; record i lies at
 * (i % capacity) * record_size behind the head page. The reader loads producer
 * with acquire, reads, then stores consumer with release. A record that finds
 * the ring full is dropped and counted (head.lost, and the event's lost); seq
 * is then missing from the sequence. Root mode does not trust consumer.
 * poll() says POLLIN when a ring has records.
 */
struct tg_ring_setup {
	__u32 size;			/* in */
	__u32 flags;			/* in, 0 */
	__u64 bytes;			/* in: per CPU; out: as made */
	__u32 nr_rings;			/* out: one for each possible CPU number */
	__u32 record_size;		/* out: sizeof(struct tg_record) */
};

/* Bytes of a ring where nobody says: 1 MiB, less on many CPUs: 64 MiB in all, 64 KiB at least. */
static inline __u64 tg_ring_default(__u32 nr_cpus)
{
	__u64 bytes = 1ull << 20;

	while (bytes > 64ull << 10 && bytes * nr_cpus > 64ull << 20)
		bytes /= 2;
	return bytes;
}

#define TG_MMAP_RING(cpu)	((__u64)(cpu) << 32)
#define TG_MMAP_CONSUMER(cpu)	(((__u64)(cpu) << 32) | (1ull << 31))

struct tg_ring_head {
	__u64 producer;
	__u64 lost;
	__u32 record_size;
	__u32 reserved;
	__u64 capacity;			/* in records, a power of two */
	__u64 flush_tsc;		/* of the last flush() of a script; 0 none. A reader drops
					 * TRAP and TEXT records of all rings that are older and
					 * that it has not read
					 */
};

struct tg_ring_tail {
	__u64 consumer;
};

enum tg_record_kind {
	TG_REC_TRAP = 1,		/* an event matched */
	TG_REC_NOTE = 2,		/* the hypervisor did something by itself: .note */
	TG_REC_TEXT = 16,		/* a script printed: struct tg_text_record */
	TG_REC_SCRIPT_ERROR = 17,	/* a run ended with .error, enum tg_run_error; .address is
					 * its value, .rsp file number << 24 | line, .note which
					 * script: 0 the condition, 1 the first action...
					 */
};

enum tg_verdict {
	TG_DELIVERED = 1,		/* the guest gets it (at once or queued) */
	TG_SWALLOWED = 2,
};

/*
 * How the hardware classified it: the VT-x encoding, for both vendors. The word is what
 * commands take and what output has. X(NAME, number, word)
 */
#define TG_TRAP_TYPES(X) \
X(INTERRUPT, 0, "interrupt") \
X(NMI, 2, "nmi") \
X(EXCEPTION, 3, "exception") \
X(INT_N, 4, "int-n") \
X(INT1, 5, "int1") \
X(INT3_INTO, 6, "int3-into")

enum tg_trap_type {
#define TG_TYPE_ENUM(name, number, word) TG_TYPE_##name = number,
	TG_TRAP_TYPES(TG_TYPE_ENUM)
#undef TG_TYPE_ENUM
};

#define TG_RECF_ERROR	(1u << 0)	/* .error is valid */
#define TG_RECF_ADDRESS	(1u << 1)	/* .address is valid (#PF: linear address; #DB: DR6 bits) */
#define TG_RECF_NESTED	(1u << 2)	/* raised while .first_* was being delivered */
#define TG_RECF_DOUBLE	(1u << 3)	/* nested pair: the guest gets #DF instead */
#define TG_RECF_DROPPED	(1u << 4)	/* .first_* was an interrupt or NMI that is not replayed */

/* For TG_REC_NOTE: .note; .event, .vector, .rip say for what. */
enum tg_note {
	TG_NOTE_SWALLOW_FAULT = 1,	/* event disabled: swallow limit at .rip */
	TG_NOTE_SWALLOW_STORM = 2,	/* event disabled: interrupt storm */
	TG_NOTE_SWALLOW_STALL = 3,	/* event disabled: CPU without interrupts */
	TG_NOTE_NOT_SWALLOWED = 4,	/* not in service at the local APIC: delivered */
	TG_NOTE_POST_UNSEEN = 5,	/* delivered, but no post stage could be had (.vector) */
	TG_NOTE_SCRIPT_ERRORS = 16,	/* event disabled: .error runs of its scripts failed */
	TG_NOTE_FLUSH = 17,		/* flush() of a script, see struct tg_ring_head */
};

struct tg_record {
	__u16 kind;			/* enum tg_record_kind */
	__u16 size;			/* sizeof(struct tg_record) */
	__u32 event;			/* its number */
	__u64 seq;			/* of this ring, from 0, lost ones included */
	__u64 tsc;
	__u64 address;
	__u64 rip;
	__u64 rsp;
	__u64 rflags;
	__u64 cr3;
	__u32 error;
	__u32 pid;			/* thread group id, as in ps */
	__u32 tid;
	__u16 cpu;
	__u8 vector;
	__u8 type;			/* enum tg_trap_type */
	__u8 cpl;
	__u8 stage;			/* enum tg_stage: PRE or POST */
	__u8 verdict;			/* enum tg_verdict */
	__u8 flags;			/* TG_RECF_* */
	__u8 first_vector;		/* with TG_RECF_NESTED */
	__u8 first_type;
	__u8 note;			/* enum tg_note, 0 for traps */
	__u8 insn_len;			/* of INT3, INT1, INTO; else 0 */
	char comm[TG_COMM_LEN];		/* command name of the task */
	__u64 reserved[3];
};

/*
 * What one run of a script printed: pieces in a row, of which all but the last have
 * TG_TEXTF_MORE. A gap in seq is a loss.
 */
#define TG_TEXT_LEN	92
#define TG_TEXTF_MORE	(1u << 0)

struct tg_text_record {
	__u16 kind;			/* TG_REC_TEXT; up to tsc as struct tg_record */
	__u16 size;
	__u32 event;
	__u64 seq;
	__u64 tsc;
	__u32 pid;
	__u32 tid;
	__u16 cpu;
	__u8 flags;			/* TG_TEXTF_* */
	__u8 length;			/* of text, which has no NUL */
	char text[TG_TEXT_LEN];
};

#define TG_IOC_INFO		_IOWR(TG_IOC_MAGIC, 1, struct tg_info)
#define TG_IOC_LOAD		_IOWR(TG_IOC_MAGIC, 2, struct tg_load)
#define TG_IOC_UNLOAD		_IOWR(TG_IOC_MAGIC, 3, struct tg_load)
#define TG_IOC_EVENT_ADD	_IOWR(TG_IOC_MAGIC, 4, struct tg_event_add)
#define TG_IOC_EVENT_MODIFY	_IOWR(TG_IOC_MAGIC, 5, struct tg_event_modify)
#define TG_IOC_EVENT_QUERY	_IOWR(TG_IOC_MAGIC, 6, struct tg_event_query)
#define TG_IOC_RING_SETUP	_IOWR(TG_IOC_MAGIC, 7, struct tg_ring_setup)
#define TG_IOC_SET		_IOWR(TG_IOC_MAGIC, 8, struct tg_set)
#define TG_IOC_STATS		_IOWR(TG_IOC_MAGIC, 9, struct tg_stats)
#define TG_IOC_INJECT		_IOWR(TG_IOC_MAGIC, 10, struct tg_inject)
#define TG_IOC_EVENT_SCRIPT	_IOWR(TG_IOC_MAGIC, 16, struct tg_event_script)
#define TG_IOC_EVAL		_IOWR(TG_IOC_MAGIC, 17, struct tg_eval)

_Static_assert(sizeof(struct tg_event_spec) == 296, "abi");
_Static_assert(sizeof(struct tg_event_add) == 560, "abi");
_Static_assert(sizeof(struct tg_event_modify) == 264, "abi");
_Static_assert(sizeof(struct tg_event_query) == 352, "abi");
_Static_assert(sizeof(struct tg_load) == 256, "abi");
_Static_assert(sizeof(struct tg_set) == 272, "abi");
_Static_assert(sizeof(struct tg_stats) == 168, "abi");
_Static_assert(__builtin_offsetof(struct tg_stats, exits) == 16, "abi");
_Static_assert(__builtin_offsetof(struct tg_stats, atomics) == 136, "abi");
_Static_assert(sizeof(struct tg_inject_spec) == 40, "abi");
_Static_assert(sizeof(struct tg_inject) == 304, "abi");
_Static_assert(sizeof(struct tg_record) == 128, "abi");
_Static_assert(sizeof(struct tg_text_record) == sizeof(struct tg_record), "abi");
_Static_assert(sizeof(struct tg_event_script) == 712, "abi");
_Static_assert(sizeof(struct tg_eval) == 312, "abi");
_Static_assert(sizeof(struct tg_ring_setup) == 24, "abi");
_Static_assert(TG_EV_ALL_FLAGS == 0x7f, "abi");

#endif
