/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libtrapgate: the C interface to /dev/trapgate, and the parts of the command
 * that need no terminal: numbers, tokens, event commands, formatting.
 *
 * Nothing here prints or exits. Functions that can fail return 0 or -errno
 * and, when err is not NULL, leave a sentence there that says what was wrong
 * and what would be right. A device belongs to one thread at a time.
 */
#ifndef TRAPGATE_H
#define TRAPGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <trapgate/abi.h>
#include <trapgate/vectors.h>

/* ---- errors ------------------------------------------------------------ */

struct tg_error {
	int code;			/* -errno, 0: no error */
	char message[768];
};

/* Fills err (if not NULL) and returns code. */
int tg_error_set(struct tg_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- the system below, replaceable for tests ---------------------------- */

struct tg_sys {
	void *ctx;
	/* All return a value >= 0 or -errno. */
	int (*open)(void *ctx, const char *path);
	int (*close)(void *ctx, int fd);
	int (*ioctl)(void *ctx, int fd, unsigned long request, void *arg);
	int (*mmap)(void *ctx, int fd, size_t length, bool writable, __u64 offset, void **out);
	int (*munmap)(void *ctx, void *start, size_t length);
	__u64 (*tsc)(void *ctx);
};

extern const struct tg_sys tg_sys_real;

/* ---- the device --------------------------------------------------------- */

struct tg_device;

int tg_dev_open(const struct tg_sys *sys, struct tg_device **out, struct tg_error *err);
void tg_dev_close(struct tg_device *dev);
int tg_dev_fd(const struct tg_device *dev);	/* for poll() */

int tg_dev_info(struct tg_device *dev, struct tg_info *info, struct tg_error *err);
int tg_dev_load(struct tg_device *dev, struct tg_error *err);
int tg_dev_unload(struct tg_device *dev, struct tg_error *err);
int tg_dev_event_add(struct tg_device *dev, const struct tg_event_spec *spec, __u32 flags,
		     __u32 *number, struct tg_error *err);
/* With scripts; images: struct tg_image, NULL among the actions: the trace record. */
struct tg_event_actions {
	const void *when;		/* or NULL */
	unsigned int nr;		/* 1..TG_ACTIONS_MAX */
	const void *action[TG_ACTIONS_MAX];
	__u32 buffer;			/* bytes of $buffer */
};

int tg_dev_event_script(struct tg_device *dev, const struct tg_event_spec *spec, __u32 flags,
			const struct tg_event_actions *actions, __u32 *number,
			struct tg_error *err);
/* Runs a script once in root mode; eval: .image, .text and .text_size filled in. */
int tg_dev_eval(struct tg_device *dev, struct tg_eval *eval, struct tg_error *err);
int tg_dev_event_modify(struct tg_device *dev, __u32 number, enum tg_event_op op,
			struct tg_error *err);
/* The event with the smallest number >= number; -ENOENT after the last. */
int tg_dev_event_next(struct tg_device *dev, __u32 number, struct tg_event_query *query,
		      struct tg_error *err);
/* *core: TG_ALL is the one that this runs on; on return, which it was. */
int tg_dev_inject(struct tg_device *dev, const struct tg_inject_spec *spec, __u32 *core,
		  struct tg_error *err);
int tg_dev_set(struct tg_device *dev, enum tg_setting setting, __u64 value,
	       struct tg_error *err);
int tg_dev_get(struct tg_device *dev, enum tg_setting setting, __u64 *value, struct tg_error *err);
int tg_dev_stats(struct tg_device *dev, __u32 cpu, struct tg_stats *stats, struct tg_error *err);

/* ---- records ------------------------------------------------------------ */

#define TG_RING_MIN	(4ull << 10)
#define TG_RING_MAX	(64ull << 20)

/* Before the first event; bytes per CPU, a power of two; 0: tg_ring_default(). */
int tg_ring_open(struct tg_device *dev, __u64 bytes, struct tg_error *err);
bool tg_ring_ready(const struct tg_device *dev);
__u64 tg_ring_bytes(const struct tg_device *dev);	/* per CPU, as made */

/*
 * Copies up to max records of all CPUs in TSC order. A record younger than the
 * margin (1 ms) stays for the next call, as an older one may still be on its
 * way into another ring: *held then is true. all: take these too, at the end.
 * What a script's flush() drops is left out; the note of the last one says in .error
 * how many records that were.
 * Returns the number of records.
 */
#define TG_READ_ALL	(1u << 0)
int tg_ring_read(struct tg_device *dev, struct tg_record *records, int max, unsigned int flags,
		 bool *held);

/* Records that found a full ring, all CPUs, since tg_ring_open(). */
__u64 tg_ring_lost(const struct tg_device *dev);

/* ---- clocks ------------------------------------------------------------- */

struct tg_clock {
	__u64 tsc;			/* of time 0 */
	__u32 khz;
};

void tg_clock_start(struct tg_clock *clock, const struct tg_info *info);
__u64 tg_clock_ns(const struct tg_clock *clock, __u64 tsc);	/* 0 for a tsc before it */

/* ---- numbers ------------------------------------------------------------ */

/*
 * Digits in base radix (10 or 16), or 0x x \x hexadecimal, 0n n \n decimal;
 * backticks are separators. -EINVAL malformed, -ERANGE above max.
 */
int tg_number_parse(const char *text, unsigned int radix, __u64 max, __u64 *value);
bool tg_number_has_prefix(const char *text);
/* 1048576 with suffix k or m: decimal, for the command line. */
int tg_number_bytes(const char *text, __u64 *value);

/* ---- vectors ------------------------------------------------------------ */

struct tg_vector {
	__u8 vector;
	const char *mnemonic;
	const char *name;
	enum tg_vector_error { TG_ERROR_NONE, TG_ERROR_CODE, TG_ERROR_ZERO } error;
};

extern const struct tg_vector tg_vectors[];
extern const unsigned int tg_nr_vectors;

const struct tg_vector *tg_vector_find(unsigned int vector);		/* or NULL */
const struct tg_vector *tg_vector_by_name(const char *mnemonic);	/* "#PF", "pf" */

/* ---- types of event ------------------------------------------------------- */

struct tg_event_type_row {
	enum tg_event_type type;
	const char *command;		/* "!exception" */
	unsigned int first, last;	/* vectors */
	const char *example;		/* the name of one of them, or NULL: they have none */
	const char *summary, *help;	/* of the command */
};

extern const struct tg_event_type_row tg_event_types[];
extern const unsigned int tg_nr_event_types;

const struct tg_event_type_row *tg_event_type_find(__u32 type);	/* or NULL */
const struct tg_event_type_row *tg_event_type_by_command(const char *command);	/* or NULL */
bool tg_event_type_takes(const struct tg_event_type_row *row, __u64 vector);

/* ---- tokens ------------------------------------------------------------- */

#define TG_MAX_TOKENS	64

enum tg_token_kind { TG_TOKEN_WORD, TG_TOKEN_STRING, TG_TOKEN_BRACES };

struct tg_token {
	enum tg_token_kind kind;
	char *text;
	unsigned int line, column;	/* of the text in the command, from 0 */
};

struct tg_tokens {
	int count;
	struct tg_token token[TG_MAX_TOKENS];
	char *store;
	char *plain;			/* the command without comments, blanks collapsed */
};

int tg_token_split(const char *text, struct tg_tokens *tokens, struct tg_error *err);
void tg_token_free(struct tg_tokens *tokens);
/* true: braces, a string or a comment are still open, more lines are needed */
bool tg_token_open(const char *text);

/* ---- options of commands -------------------------------------------------- */

#define TG_OPTION_OF(type)	(1u << (type))	/* enum tg_event_type: of its command */
#define TG_OPTION_OF_INJECT	(1u << 0)
#define TG_OPTION_OF_EVENTS	(~TG_OPTION_OF_INJECT)

struct tg_options;

struct tg_option {
	const char *name;
	const char *takes;		/* what stands behind it; NULL: nothing */
	unsigned int commands;		/* TG_OPTION_OF...: those that have it */
	const char *help;
	const char *const *values;	/* NULL, or words that it takes, NULL at the end */
	const char *refused;		/* NULL, or why it is not taken */
	bool braces;			/* what it takes is in braces */
	bool many;			/* may be given several times */
	int (*take)(struct tg_options *o, const struct tg_token *value);
};

/* The next one of a command that is not refused, NULL after the last; after NULL: the first. */
const struct tg_option *tg_option_next(unsigned int command, const struct tg_option *after);
/* By its name, also one that is refused; or NULL. */
const struct tg_option *tg_option_find(unsigned int command, const char *name);
char *tg_option_usage(unsigned int command, char *buf, size_t size);	/* "[pid P] [core C]" */
/* As tg_number_parse(), with a sentence; what: that the number is for. */
int tg_option_number(const char *what, const char *text, unsigned int radix, __u64 max,
		     __u64 *value, struct tg_error *err);

/* ---- event commands ------------------------------------------------------ */

struct tg_command_ctx {
	unsigned int radix;		/* 10 or 16 */
	__u32 default_pid;		/* 0: everybody; else this one and its children */
};

struct tg_event_command {
	struct tg_event_spec spec;
	__u32 flags;			/* TG_EV_* */
	char pid_text[24];		/* as typed, "" if it was not a number */
	const struct tg_token *when;	/* NULL: no condition; of the tokens */
	unsigned int nr_actions;	/* 0: the trace record alone */
	const struct tg_token *action[TG_ACTIONS_MAX];	/* script; NULL: trace */
	__u32 buffer;
};

/* type: of the command that tokens->token[0] names. */
int tg_command_event(const struct tg_tokens *tokens, enum tg_event_type type,
		     const struct tg_command_ctx *ctx, struct tg_event_command *out,
		     struct tg_error *err);
const char *tg_command_name(enum tg_event_type type);	/* "!exception"; "!?": of no type */

/* ---- the command inject -------------------------------------------------- */

/* Words to a request; the core TG_ALL when none is named. */
int tg_command_inject(const struct tg_tokens *tokens, unsigned int radix,
		      struct tg_inject_spec *spec, __u32 *core, struct tg_error *err);

/* The candidate nearest to word, or NULL when none is near. */
const char *tg_command_nearest(const char *word, const char *const *candidates, int count);

/* ---- formatting ----------------------------------------------------------- */

/* All write at most size bytes, NUL included, and return buf. */
char *tg_format_record(const struct tg_record *rec, const struct tg_clock *clock, char *buf,
		       size_t size);
char *tg_format_note(const struct tg_record *rec, __u64 swallow_limit, char *buf, size_t size);
char *tg_format_error(unsigned int vector, __u32 error, char *buf, size_t size);
char *tg_format_dr6(__u64 dr6, char *buf, size_t size);
char *tg_format_vector(unsigned int vector, char *buf, size_t size);	/* "0e #PF" */
char *tg_format_both(__u64 value, char *buf, size_t size);		/* "0xe (14)" */
char *tg_format_number(__u64 value, char *buf, size_t size);		/* "9", "0xa" */
/* "!exception 0xe (14) #PF pid 0x490 (1168) core all" */
char *tg_format_event(const struct tg_event_spec *spec, __u32 flags, char *buf, size_t size);
char *tg_format_printable(const char *text, size_t max, char *buf, size_t size);
/* "exception 0xd (13) #GP error 0x8" */
char *tg_format_inject(const struct tg_inject_spec *spec, char *buf, size_t size);
const char *tg_format_off_reason(__u32 off_reason);
const char *tg_format_verdict(__u8 verdict);
const char *tg_format_stage(__u32 stage);		/* "pre" */
const char *tg_format_type(__u8 type);

/* ---- processes -------------------------------------------------------------- */

/* Command name of a process; -ESRCH. */
int tg_proc_comm(__u64 pid, char *comm, size_t size);
/*
 * What to say when the kernel knows no process pid that was typed as text
 * under radix: also when the digits in the other base would be one.
 */
int tg_proc_missing(const char *text, unsigned int radix, __u32 pid, struct tg_error *err);

#endif
