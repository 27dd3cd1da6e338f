/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What one run of the command knows, shared by the files of cli/.
 *
 * output.c prints (text or JSON), session.c reads records and waits,
 * command.c finds the row of a command, cmd_*.c are the commands, source.c,
 * prompt.c and program.c are where commands come from.
 */
#ifndef TRAPGATE_SESSION_H
#define TRAPGATE_SESSION_H

#include <jansson.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/types.h>

#include "trapgate.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct lost_seen {
	__u32 number;
	__u64 lost;
};

struct session {
	const struct tg_sys *sys;
	struct tg_device *dev;		/* NULL until a command needs it */
	struct tg_clock clock;
	__u64 swallow_limit;		/* for the sentences of notes */
	/* what the command keeps of trapgate/settings.h */
#define SESSION_SETTING(number, NAME, name, ...) unsigned int name;
	TG_SETTINGS(SESSION_SETTING, TG_NO_ROW, TG_NO_ROW)
	__u64 ring_bytes;

	bool json;
	bool quiet;
	bool prompt;			/* errors without "trapgate: " */
	bool autoload;			/* the first event loads the hypervisor */
	bool quit;			/* exit was typed, or a signal says so */
	bool interrupted;		/* a signal: ends sleep, wait and the run */
	pid_t child;			/* of -- PROG, else 0 */

	FILE *trace;			/* records, notes, losses */
	FILE *result;			/* answers of commands; may be the same */
	const char *trace_name;
	const char *result_name;
	bool on_stderr;			/* result goes where errors go */
	bool result_closed;		/* nobody reads or the disk is full: stop writing */
	bool trace_closed;

	int signal_fd;
	bool held;			/* the last read left young records behind */
	__u64 records;			/* printed */
	__u64 lost_total;		/* of the rings, as reported */
	__u64 lost_reported_ns;
	struct lost_seen *lost;
	unsigned int nr_lost;

	struct scripts *scripts;	/* scripts.c; NULL: none so far */
	struct script_text *texts;	/* output.c: by CPU number */
	unsigned int nr_texts;
	struct tg_host *host;		/* cmd_eval.c: where scripts run without the module */
	struct evaluation *evaluation;	/* that runs there */
	const char *source_name;	/* of the file commands come from, or NULL */
	unsigned int source_line;	/* where the command begins, from 1; 0: no file */
	bool trace_open_line;		/* what was printed last has no line's end */
	char *const *args;		/* of .script: $arg0, the file, ... */
	unsigned int nr_args, script_depth;

	/* The prompt moves its line away before asynchronous output. */
	void (*before_output)(struct session *s);
	void *prompt_data;
};

/* ---- output.c: all printing ------------------------------------------------- */

void out_text(struct session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void out_text_trace(struct session *s, const char *line);
/* Text as it is, with or without an end of line. */
void out_raw_trace(struct session *s, const char *text, size_t size);
/* What a terminal would take for a command becomes '?'. */
void out_harmless(char *text, size_t size);
/* Takes the object; adds a newline. */
void out_json(struct session *s, json_t *object);
void out_json_trace(struct session *s, json_t *object);
/* A confirmation: text unless --json, nothing with -q. fields: a new object or NULL. */
void out_message(struct session *s, const char *type, json_t *fields, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void out_error(struct session *s, const struct tg_error *err);
void out_record(struct session *s, const struct tg_record *rec);
void out_texts_free(struct session *s);	/* what scripts printed and is not complete */
/* Checks for EPIPE, ENOSPC...: reports once, then stays silent. */
void out_flush(struct session *s);
bool out_failed(const struct session *s);

json_t *json_text(const char *text);		/* bytes that are not UTF-8 become '?' */
json_t *json_address(__u64 value);		/* "0x..." */
json_t *json_record(const struct tg_record *rec, const struct tg_clock *clock, __u64 limit);
json_t *json_spec(const struct tg_event_spec *spec, __u32 flags);

/* ---- session.c: device, records, waiting -------------------------------------- */

/* Opens the device if it is not open. */
int session_device(struct session *s, struct tg_error *err);
/* Device, hypervisor (if autoload) and rings: what an event needs. */
int session_ready(struct session *s, struct tg_error *err);
void session_close(struct session *s);
/* Prints what is in the rings; all: the young ones, too. */
void session_pump(struct session *s, bool all);
/* Lets records of now reach the rings and prints them. */
void session_settle(struct session *s);
void session_report_lost(struct session *s);
/*
 * Waits for records, a signal, or fd (if >= 0) to become readable; prints the
 * records. Returns the signal or 0; *ready says if fd is.
 */
int session_wait(struct session *s, int timeout_ms, int fd, bool *ready,
		 struct signalfd_siginfo *info);
#define SESSION_FOREVER (~0ull)
/* Until ms have passed, count more records were printed, or a signal. */
void session_run(struct session *s, __u64 ms, __u64 count);
__u64 session_now_ms(void);
/* true if this session has an enabled event */
bool session_has_events(struct session *s);
void session_summary(struct session *s);
/* Disarms our events, prints what is left, and a summary if asked for. */
void session_finish(struct session *s, bool summary);

/* ---- command.c ------------------------------------------------------------------ */

struct command {
	const char *name;
	const char *alias;		/* or NULL */
	const char *usage;		/* the words behind the name, without options */
	const char *summary;
	const char *help;		/* further lines, or NULL */
	int (*run)(struct session *s, const struct tg_tokens *tokens, struct tg_error *err);
	bool raw;			/* tokens[1] is all the rest, as it was typed */
};

extern const struct command commands[];
extern const unsigned int nr_commands;

const struct command *command_find(const char *name);
/* Of event that it adds, or NULL. */
const struct tg_event_type_row *command_type(const struct command *c);
/* TG_OPTION_OF() it, 0: it has none. */
unsigned int command_options(const struct command *c);
/* All words behind the name. */
char *command_usage(const struct command *c, char *buf, size_t size);
/* 0, or an error where something stands behind the name. */
int command_no_parameters(const struct tg_tokens *tokens, struct tg_error *err);
/* Runs one command; prints its error unless err is given. 0 or -errno. */
int command_run(struct session *s, const char *text, struct tg_error *err);

/* ---- lab.c ------------------------------------------------------------------------- */

int lab_exec(char **argv);

/* ---- cmd_*.c ----------------------------------------------------------------------- */

int cmd_event(struct session *s, const struct tg_tokens *tokens, struct tg_error *err);
int cmd_inject(struct session *s, const struct tg_tokens *tokens, struct tg_error *err);
int cmd_events(struct session *s, const struct tg_tokens *tokens, struct tg_error *err);
int cmd_load(struct session *s, const struct tg_tokens *tokens, struct tg_error *err);
int cmd_unload(struct session *s, const struct tg_tokens *tokens, struct tg_error *err);
int cmd_status(struct session *s, const struct tg_tokens *tokens, struct tg_error *err);
int cmd_settings(struct session *s, const struct tg_tokens *tokens, struct tg_error *err);
int cmd_stats(struct session *s, const struct tg_tokens *tokens, struct tg_error *err);
int cmd_help(struct session *s, const struct tg_tokens *tokens, struct tg_error *err);
int cmd_sleep(struct session *s, const struct tg_tokens *tokens, struct tg_error *err);
int cmd_wait(struct session *s, const struct tg_tokens *tokens, struct tg_error *err);
int cmd_eval(struct session *s, const struct tg_tokens *tokens, struct tg_error *err);
int cmd_question(struct session *s, const struct tg_tokens *tokens, struct tg_error *err);
int cmd_script_file(struct session *s, const struct tg_tokens *tokens, struct tg_error *err);
void eval_free(struct session *s);
int cmd_exit(struct session *s, const struct tg_tokens *tokens, struct tg_error *err);

/* ---- cmd_settings.c: the table, for help and TAB ------------------------------------- */

struct setting_word {
	const char *word;
	__u64 value;
	const char *meaning;		/* or NULL */
};

struct setting {
	const char *name;
	__u32 number;			/* enum tg_setting, 0: none */
	const struct setting_word *words;	/* up to .word NULL; none: any number */
	__u64 min, max, start;
	const char *unit, *help;
	unsigned int *(*of)(struct session *s);	/* where the command keeps it, or NULL */
};

extern const struct setting settings[];
extern const unsigned int nr_settings;

const struct setting *setting_find(const char *name);
void settings_help(struct session *s);

/* ---- where commands come from; all return an exit status ------------------------------ */

int script_file(struct session *s, const char *path);	/* "-": stdin */
int script_stream(struct session *s, int fd, const char *name);
int prompt_run(struct session *s);

/* A -e COMMAND or a -f FILE, in the order given. */
struct source {
	bool file;
	const char *text;
};

int source_run(struct session *s, const struct source *sources, int count);
/* Starts argv behind the commands of sources; the program's exit status. */
int program_run(struct session *s, char **argv, const struct source *sources, int count);

/* ---- complete.c ----------------------------------------------------------------------- */

#define COMPLETE_MAX	64

/*
 * What may stand where line (up to the cursor) ends; *word is the part of it
 * that is there already.
 */
int complete_line(const char *line, const char *candidates[COMPLETE_MAX], const char **word);

/* ---- options.c, signals.c ---------------------------------------------------------------- */

struct options {
	struct source sources[256];
	int nr_sources;
	const char *output;
	bool json, quiet;
	__u64 for_ms;			/* 0: without an end */
	__u64 ring_bytes;
	char **program;			/* NULL: none */
};

/* 0, or the exit status + 1 when there is nothing more to do. */
int options_parse(struct options *o, int argc, char **argv);

struct option;

/* What options_each() reads; -h is for help. */
struct option_table {
	const char *command;		/* "trapgate", "trapgate script" */
	const char *help;
	const char *letters;		/* as getopt_long() has them, "+:" first */
	const struct option *words;
	int (*set)(void *ctx, int c);	/* the value is optarg; returns as options_each() */
};

/*
 * Calls set() for each option; optind is then the first argument that is none. 0, or the exit
 * status + 1 when something was wrong, which is said, or help was asked for.
 */
int options_each(const struct option_table *t, void *ctx, int argc, char **argv);
/* "trapgate: ..." and where help is, on stderr; returns EXIT_USAGE + 1. */
int options_usage(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

int signals_take(void);			/* the signalfd, or -errno */
void signals_give_back(int fd);		/* also for the child before exec, fd < 0 */

/* trapgate script ...: its exit status. argv[0] is "script". */
int cmd_script(int argc, char **argv);

/* The whole command; sys is the real system or a test's. */
int trapgate_main(int argc, char **argv, const struct tg_sys *sys);

#endif
