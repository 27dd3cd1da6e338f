// SPDX-License-Identifier: GPL-2.0
/*
 * The options of !exception, !interrupt and inject: a row and a function for each, and
 * what walks over them. Usage, help, completion and the lists in sentences derive from
 * the rows. No input or output; every refusal is a sentence that names the word and what
 * would fit.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "option.h"

/* ---- numbers and words ---------------------------------------------------------- */

int tg_option_number(const char *what, const char *text, unsigned int radix, __u64 max,
		     __u64 *value, struct tg_error *err)
{
	int rc = tg_number_parse(text, radix, max, value);

	if (rc == -ERANGE)
		return tg_error_set(err, rc, "%s '%s' is too large: the maximum is 0x%llx (0n%llu)",
				    what, text, (unsigned long long)max, (unsigned long long)max);
	if (rc)
		return tg_error_set(err, rc, "%s '%s' is not a number: %s", what, text,
				    radix == 10 ?
				    "write decimal digits, or 0x and hexadecimal digits" :
				    "write hexadecimal digits, or 0n and decimal digits");
	return 0;
}

static int take_number(const struct tg_options *o, const char *text, __u64 max, __u64 *value)
{
	return tg_option_number(o->row->name, text, o->radix, max, value, o->err);
}

/* Which of the row's values it is, from 0; meaning: what they say, for who knows none. */
static int take_word(const struct tg_options *o, const char *text, const char *meaning)
{
	for (int i = 0; o->row->values[i]; i++)
		if (!strcasecmp(text, o->row->values[i]))
			return i;
	return tg_error_set(o->err, -EINVAL, "%s '%s' is invalid: %s", o->row->name, text, meaning);
}

/* ---- of both --------------------------------------------------------------------- */

static int take_core(struct tg_options *o, const struct tg_token *value)
{
	__u64 core;
	int rc;

	if (o->row->values && !strcasecmp(value->text, o->row->values[0]))
		return 0;
	rc = take_number(o, value->text, TG_ALL - 1, &core);
	if (!rc)
		*o->core = (__u32)core;
	return rc;
}

/* ---- of events ------------------------------------------------------------------- */

static int pid_name(struct tg_options *o, const char *name)
{
	size_t length = strlen(name);

	if (!length)
		return tg_error_set(o->err, -EINVAL,
			"pid 'name:' needs a command name, such as name:nginx");
	if (length >= TG_COMM_LEN)
		return tg_error_set(o->err, -EINVAL,
			"command name '%s' has %zu characters, but the kernel keeps 15 at most: "
			"see /proc/PID/comm", name, length);
	memcpy(o->event->spec.comm, name, length + 1);
	o->event->flags |= TG_EV_COMM;
	return 0;
}

static int event_pid(struct tg_options *o, const struct tg_token *value)
{
	struct tg_event_command *event = o->event;
	const char *text = value->text;
	__u64 pid;
	int rc;

	event->flags &= ~(TG_EV_PID | TG_EV_FOLLOW);
	event->spec.pid = 0;
	if (!strcasecmp(text, "all"))
		return 0;
	if (!strncasecmp(text, "name:", 5))
		return pid_name(o, text + 5);
	rc = take_number(o, text, 0x7fffffff, &pid);
	if (rc == -EINVAL && o->err)
		snprintf(o->err->message + strlen(o->err->message),
			 sizeof(o->err->message) - strlen(o->err->message),
			 "; or all, or name:COMMAND");
	if (rc)
		return rc;
	event->spec.pid = (__u32)pid;
	event->flags |= TG_EV_PID;
	if (strlen(text) < sizeof(event->pid_text))
		strcpy(event->pid_text, text);
	return 0;
}

static int event_sc(struct tg_options *o, const struct tg_token *value)
{
	int which = take_word(o, value->text, "on (the guest does not get the event) or off");

	if (which == 0)
		o->event->flags |= TG_EV_SWALLOW;
	return which < 0 ? which : 0;
}

static int event_stage(struct tg_options *o, const struct tg_token *value)
{
	static const enum tg_stage stages[] = { TG_STAGE_PRE, TG_STAGE_POST, TG_STAGE_ALL };
	int which = take_word(o, value->text, "pre (before the guest gets it), post (at its "
			      "handler's first instruction) or all (both)");

	if (which >= 0)
		o->event->spec.stage = stages[which];
	return which < 0 ? which : 0;
}

static int event_imm(struct tg_options *o, const struct tg_token *value)
{
	int which = take_word(o, value->text, "yes or no");

	if (which == 0)
		o->event->flags |= TG_EV_IMMEDIATE;
	return which < 0 ? which : 0;
}

static int event_force(struct tg_options *o, const struct tg_token *value)
{
	(void)value;
	o->event->flags |= TG_EV_FORCE;
	return 0;
}

static int event_when(struct tg_options *o, const struct tg_token *value)
{
	o->event->when = value;
	return 0;
}

/* script and trace: of the latter there is no value. */
static int event_action(struct tg_options *o, const struct tg_token *value)
{
	if (o->event->nr_actions == TG_ACTIONS_MAX)
		return tg_error_set(o->err, -EINVAL, "an event has at most %u actions",
				    TG_ACTIONS_MAX);
	o->event->action[o->event->nr_actions++] = value;
	return 0;
}

static int event_buffer(struct tg_options *o, const struct tg_token *value)
{
	__u64 bytes;
	int rc = take_number(o, value->text, TG_SCRIPT_BUFFER_MAX, &bytes);

	if (!rc && !bytes)
		return tg_error_set(o->err, -EINVAL, "a buffer needs at least one byte");
	if (!rc)
		o->event->buffer = (__u32)(bytes + 7) & ~7u;
	return rc;
}

/* ---- of injections ----------------------------------------------------------------- */

/* Words of format 1, which files of commands may have: taken, never offered or printed. */
static const struct {
	const char *word;
	__u32 type;
} old_types[] = {
	{ "software", TG_TYPE_INT_N }, { "software-exception", TG_TYPE_INT3_INTO },
};

static int inject_type(struct tg_options *o, const struct tg_token *value)
{
	char known[128] = "";
	size_t length = 0;

	for (size_t i = 0; i < sizeof(old_types) / sizeof(old_types[0]); i++) {
		if (!strcasecmp(value->text, old_types[i].word)) {
			o->inject->type = old_types[i].type;
			return 0;
		}
	}
	for (int i = 0; tg_inject_type_words[i]; i++) {
		if (!strcasecmp(value->text, tg_inject_type_words[i])) {
			o->inject->type = tg_inject_types[i];
			return 0;
		}
		length += (size_t)snprintf(known + length, sizeof(known) - length, "%s%s",
					   i ? ", " : "", tg_inject_type_words[i]);
		if (length >= sizeof(known))
			length = sizeof(known) - 1;
	}
	return tg_error_set(o->err, -EINVAL, "type '%s' is unknown: %s", value->text, known);
}

static int inject_u32(struct tg_options *o, const char *text, __u32 *to, __u32 flag)
{
	__u64 value;
	int rc = take_number(o, text, 0xffffffff, &value);

	if (rc)
		return rc;
	*to = (__u32)value;
	o->inject->flags |= flag;
	return 0;
}

static int inject_error(struct tg_options *o, const struct tg_token *value)
{
	return inject_u32(o, value->text, &o->inject->error, TG_INJECT_F_ERROR);
}

static int inject_address(struct tg_options *o, const struct tg_token *value)
{
	__u64 address;
	int rc = take_number(o, value->text, ~0ull, &address);

	if (rc)
		return rc;
	o->inject->address = address;
	o->inject->flags |= TG_INJECT_F_ADDRESS;
	return 0;
}

static int inject_length(struct tg_options *o, const struct tg_token *value)
{
	return inject_u32(o, value->text, &o->inject->length, 0);
}

static int inject_pid(struct tg_options *o, const struct tg_token *value)
{
	return inject_u32(o, value->text, &o->inject->pid, TG_INJECT_F_PID);
}

static int inject_force(struct tg_options *o, const struct tg_token *value)
{
	(void)value;
	o->inject->flags |= TG_INJECT_F_FORCE;
	return 0;
}

/* ---- the rows ---------------------------------------------------------------------- */

#define EVENTS		TG_OPTION_OF_EVENTS
#define INJECT		TG_OPTION_OF_INJECT
#define WORDS(...)	((const char *const[]){ __VA_ARGS__, NULL })

static const struct tg_option rows[] = {
	{ .name = "pid", .takes = "P|all|name:COMMAND", .commands = EVENTS,
	  .help = "only the process with this id, or tasks with this command name",
	  .values = WORDS("all", "name:"), .take = event_pid },
	{ .name = "core", .takes = "C|all", .commands = EVENTS, .help = "only this CPU",
	  .values = WORDS("all"), .take = take_core },
	{ .name = "sc", .takes = "on|off", .commands = EVENTS,
	  .help = "short-circuit: on = the guest does not get the event",
	  .values = WORDS("on", "off"), .take = event_sc },
	{ .name = "stage", .takes = "pre|post|all", .commands = EVENTS,
	  .help = "pre = before the guest gets the event, "
		  "post = at its handler's first instruction",
	  .values = WORDS("pre", "post", "all"), .take = event_stage },
	{ .name = "imm", .takes = "yes|no", .commands = EVENTS,
	  .help = "yes = wake the reader at each record",
	  .values = WORDS("yes", "no"), .take = event_imm },
	{ .name = "force", .commands = EVENTS,
	  .help = "swallow or inject even what the machine needs to keep running",
	  .take = event_force },
	{ .name = "when", .takes = "{EXPR}", .commands = EVENTS, .braces = true,
	  .help = "only if the script expression is not 0", .take = event_when },
	{ .name = "script", .takes = "{...}|{file:PATH}", .commands = EVENTS, .braces = true,
	  .many = true, .help = "run a script; may be given several times",
	  .take = event_action },
	{ .name = "trace", .commands = EVENTS,
	  .help = "also print a line, before or after the scripts, in the order given",
	  .take = event_action },
	{ .name = "buffer", .takes = "N", .commands = EVENTS,
	  .help = "size of the scripts' $buffer, in bytes", .take = event_buffer },
	{ .name = "code", .commands = EVENTS,
	  .refused = "does not exist yet: use script { ... }" },
	{ .name = "condition", .commands = EVENTS,
	  .refused = "does not exist yet: use when { ... }, an expression as in scripts" },
	{ .name = "asm", .commands = EVENTS,
	  .refused = "does not exist yet: it is a part of code and condition" },
	{ .name = "output", .commands = EVENTS,
	  .refused = "does not exist yet: records go to the terminal, or to a file with "
		     "trapgate -o FILE" },

	{ .name = "type", .takes = "T", .commands = INJECT,
	  .help = "what kind of event; without it the vector decides",
	  .values = tg_inject_type_words, .take = inject_type },
	{ .name = "error", .takes = "E", .commands = INJECT, .help = "the error code",
	  .take = inject_error },
	{ .name = "address", .takes = "A", .commands = INJECT,
	  .help = "of a page fault: what CR2 is to hold", .take = inject_address },
	{ .name = "length", .takes = "L", .commands = INJECT,
	  .help = "of a software event: bytes of its instruction", .take = inject_length },
	{ .name = "core", .takes = "C", .commands = INJECT,
	  .help = "on this CPU; without it on the one that runs the command",
	  .take = take_core },
	{ .name = "pid", .takes = "P", .commands = INJECT,
	  .help = "only while this process runs there", .take = inject_pid },
	{ .name = "force", .commands = INJECT,
	  .help = "whatever runs there, and even what may end the kernel",
	  .take = inject_force },
};

#define NR_ROWS		(sizeof(rows) / sizeof(rows[0]))
_Static_assert(NR_ROWS <= 8 * sizeof(((struct tg_options *)0)->seen), "a bit per row");

const struct tg_option *tg_option_next(unsigned int command, const struct tg_option *after)
{
	for (const struct tg_option *row = after ? after + 1 : rows; row < rows + NR_ROWS; row++)
		if ((row->commands & command) && !row->refused)
			return row;
	return NULL;
}

const struct tg_option *tg_option_find(unsigned int command, const char *name)
{
	for (size_t i = 0; i < NR_ROWS; i++)
		if ((rows[i].commands & command) && !strcasecmp(name, rows[i].name))
			return &rows[i];
	return NULL;
}

/* ---- lists of them ----------------------------------------------------------------- */

char *tg_option_usage(unsigned int command, char *buf, size_t size)
{
	const struct tg_option *row = NULL;
	size_t length = 0;

	*buf = '\0';
	while ((row = tg_option_next(command, row)) && length < size)
		length += (size_t)snprintf(buf + length, size - length, "%s[%s%s%s]%s",
					   length ? " " : "", row->name, row->takes ? " " : "",
					   row->takes ? row->takes : "", row->many ? "..." : "");
	return buf;
}

/* "pid, core, ..."; braces: only those that take them */
static char *list_names(unsigned int command, bool braces, char *buf, size_t size)
{
	const struct tg_option *row = NULL;
	size_t length = 0;

	*buf = '\0';
	while ((row = tg_option_next(command, row)) && length < size)
		if (!braces || row->braces)
			length += (size_t)snprintf(buf + length, size - length, "%s%s",
						   length ? ", " : "", row->name);
	return buf;
}

int tg_options_unknown(const struct tg_options *o, const char *text, const char *vectors)
{
	const char *candidates[NR_ROWS], *near;
	char names[192];
	int count = 0;

	for (size_t i = 0; i < NR_ROWS; i++)
		if (rows[i].commands & o->command)
			candidates[count++] = rows[i].name;
	near = tg_command_nearest(text, candidates, count);
	if (near)
		return tg_error_set(o->err, -EINVAL, "unknown option '%s': did you mean '%s'?",
				    text, near);
	list_names(o->command, false, names, sizeof(names));
	if (o->have_vector)
		return tg_error_set(o->err, -EINVAL, "unknown parameter '%s': options are %s",
				    text, names);
	return tg_error_set(o->err, -EINVAL, "'%s' is neither a vector (%s) nor an option (%s)",
			    text, vectors, names);
}

/* ---- the walker -------------------------------------------------------------------- */

static bool knows_braces(unsigned int command)
{
	const struct tg_option *row = NULL;

	while ((row = tg_option_next(command, row)))
		if (row->braces)
			return true;
	return false;
}

/* What the row takes; value: the next token, or NULL. */
static int check_value(const struct tg_options *o, const struct tg_option *row,
		       const struct tg_token *value)
{
	bool braces = value && value->kind == TG_TOKEN_BRACES;

	if (row->braces)
		return value->text[strspn(value->text, " \t\r\n")] ? 0 :
			tg_error_set(o->err, -EINVAL, "the braces of '%s' are empty",
				     row->name);
	if (!value || (braces && !knows_braces(o->command)))
		return tg_error_set(o->err, -EINVAL, "please specify a value for '%s': %s",
				    row->name, row->takes);
	if (braces)
		return tg_error_set(o->err, -EINVAL, "'%s' takes no braces: write %s", row->name,
				    row->takes);
	return 0;
}

/* Returns the number of tokens used, or -errno. */
static int walk_option(struct tg_options *o, const struct tg_option *row,
		       const struct tg_token *value)
{
	unsigned int bit = 1u << (row - rows);
	int rc = 0;

	if (row->refused)
		return tg_error_set(o->err, -EOPNOTSUPP, "option '%s' %s", row->name,
				    row->refused);
	if (row->braces && (!value || value->kind != TG_TOKEN_BRACES))
		return tg_error_set(o->err, -EINVAL, "'%s' needs braces: %s %s",
				    row->name, row->name, row->takes);
	if ((o->seen & bit) && !row->many)
		return tg_error_set(o->err, -EINVAL, "option '%s' is given twice", row->name);
	o->seen |= bit;
	if (row->takes)
		rc = check_value(o, row, value);
	o->row = row;
	if (!rc)
		rc = row->take(o, row->takes ? value : NULL);
	return rc ? rc : row->takes ? 2 : 1;
}

static int walk_word(struct tg_options *o, int at)
{
	const struct tg_token *token = &o->tokens->token[at];
	const struct tg_option *row;
	char names[64];
	int rc;

	if (token->kind == TG_TOKEN_BRACES && knows_braces(o->command))
		return tg_error_set(o->err, -EINVAL, "braces need an option before them: %s",
				    list_names(o->command, true, names, sizeof(names)));
	if (token->kind == TG_TOKEN_BRACES)
		return tg_error_set(o->err, -EINVAL, "%s takes no braces",
				    o->tokens->token[0].text);
	row = tg_option_find(o->command, token->text);
	if (row)
		return walk_option(o, row, at + 1 < o->tokens->count ? token + 1 : NULL);
	rc = o->word(o, token->text);
	return rc ? rc : 1;
}

int tg_options_walk(struct tg_options *o)
{
	for (int at = 1; at < o->tokens->count;) {
		int used = walk_word(o, at);

		if (used < 0)
			return used;
		at += used;
	}
	return 0;
}
