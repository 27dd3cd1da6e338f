// SPDX-License-Identifier: GPL-2.0
/*
 * !exception and !interrupt: words to struct tg_event_spec. No input or
 * output; every refusal is a sentence that names the word and what would fit.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "trapgate.h"

struct parse {
	const struct tg_tokens *tokens;
	const struct tg_command_ctx *ctx;
	struct tg_event_command *out;
	struct tg_error *err;
	enum tg_event_type type;
	bool have_vector;
	unsigned int seen;		/* bit per row of tg_event_options */
};

/* ORDER: tg_event_options and option_parse[]. */
enum option {
	OPT_PID, OPT_CORE, OPT_SC, OPT_STAGE, OPT_IMM, OPT_FORCE,
	OPT_WHEN, OPT_SCRIPT, OPT_TRACE, OPT_BUFFER, OPT_CODE, OPT_CONDITION, OPT_ASM, OPT_OUTPUT,
	NR_OPTIONS
};

#define LATER_ACTION "comes with a later version; use script { ... }"

const struct tg_event_option tg_event_options[] = {
	[OPT_PID] = { "pid", "P|all|name:COMMAND",
		"only the process with this id, or tasks with this command name", NULL },
	[OPT_CORE] = { "core", "C|all", "only this CPU", NULL },
	[OPT_SC] = { "sc", "on|off", "short-circuit: on = the guest does not get the event", NULL },
	[OPT_STAGE] = { "stage", "pre|post|all",
		"pre = before the guest gets the event, post = at its handler's first instruction", NULL },
	[OPT_IMM] = { "imm", "yes|no", "yes = wake the reader at each record", NULL },
	[OPT_FORCE] = { "force", NULL, "swallow even what the machine needs to live", NULL },
	[OPT_WHEN] = { "when", "{EXPR}", "only if the expression, as in scripts, is not 0", NULL },
	[OPT_SCRIPT] = { "script", "{...}|{file:PATH}", "run a script; may be given several times", NULL },
	[OPT_TRACE] = { "trace", NULL, "print a line, too: before or behind the scripts, as given", NULL },
	[OPT_BUFFER] = { "buffer", "N", "so many bytes for the scripts' $buffer", NULL },
	[OPT_CODE] = { "code", "{...}", NULL, LATER_ACTION },
	[OPT_CONDITION] = { "condition", "{...}", NULL,
		"comes with a later version; use when { ... }, an expression as in scripts" },
	[OPT_ASM] = { "asm", NULL, NULL, "belongs to code and condition, that come with a later version" },
	[OPT_OUTPUT] = { "output", "{...}", NULL,
		"comes with a later version; so far records go to the terminal or to trapgate -o FILE" },
};
const unsigned int tg_nr_event_options = NR_OPTIONS;
_Static_assert(sizeof(tg_event_options) / sizeof(tg_event_options[0]) == NR_OPTIONS, "options");

const char *tg_command_name(enum tg_event_type type)
{
	return type == TG_EVENT_INTERRUPT ? "!interrupt" : "!exception";
}

/* ---- numbers and vectors ----------------------------------------------------- */

static int parse_number(struct parse *p, const char *what, const char *text, __u64 max,
			__u64 *value)
{
	int rc = tg_number_parse(text, p->ctx->radix, max, value);

	if (rc == -ERANGE)
		return tg_error_set(p->err, -ERANGE, "%s '%s' is too large: 0x%llx (0n%llu) is the most",
				    what, text, (unsigned long long)max, (unsigned long long)max);
	if (rc && p->ctx->radix == 10)
		return tg_error_set(p->err, -EINVAL,
				    "%s '%s' is not a number: decimal digits, or 0x before hexadecimal ones",
				    what, text);
	if (rc)
		return tg_error_set(p->err, -EINVAL,
				    "%s '%s' is not a number: hexadecimal digits, or 0n before decimal ones",
				    what, text);
	return 0;
}

static int vector_wrong_command(struct parse *p, const char *text, __u64 vector)
{
	const struct tg_vector *v = tg_vector_find((unsigned int)vector);
	char name[16];

	snprintf(name, sizeof(name), "%s", v ? v->mnemonic : "");
	if (!v)
		tg_format_vector((unsigned int)vector, name, sizeof(name));
	if (p->type == TG_EVENT_EXCEPTION)
		return tg_error_set(p->err, -EINVAL,
			"vector '%s' is 0x%llx (%llu), an interrupt: !exception takes 00 to 1f, use !interrupt %s",
			text, (unsigned long long)vector, (unsigned long long)vector, name);
	return tg_error_set(p->err, -EINVAL,
		"vector '%s' is 0x%llx (%llu), an exception: !interrupt takes 20 to ff, use !exception %s",
		text, (unsigned long long)vector, (unsigned long long)vector, name);
}

static int parse_unknown_word(struct parse *p, const char *text)
{
	const char *candidates[NR_OPTIONS], *near;

	for (int i = 0; i < NR_OPTIONS; i++)
		candidates[i] = tg_event_options[i].name;
	near = tg_command_nearest(text, candidates, NR_OPTIONS);
	if (near)
		return tg_error_set(p->err, -EINVAL, "unknown option '%s': did you mean '%s'?", text, near);
	if (p->have_vector)
		return tg_error_set(p->err, -EINVAL,
			"unknown parameter '%s': options are pid, core, sc, stage, imm, force, when, script, trace, buffer", text);
	if (p->type == TG_EVENT_EXCEPTION)
		return tg_error_set(p->err, -EINVAL,
			"'%s' is neither a vector (00 to 1f, or a name such as #PF) nor an option (pid, core, sc, stage, imm, force, when, script, trace, buffer)",
			text);
	return tg_error_set(p->err, -EINVAL,
		"'%s' is neither a vector (20 to ff) nor an option (pid, core, sc, stage, imm, force, when, script, trace, buffer)", text);
}

static int parse_vector(struct parse *p, const char *text)
{
	const struct tg_vector *named = tg_vector_by_name(text);
	__u64 value;
	int rc;

	if (p->have_vector)
		return parse_unknown_word(p, text);
	/*
	 * de, db, df and ac are hexadecimal, too. As numbers they would be no
	 * exceptions, so !exception takes the name and !interrupt the number.
	 */
	if (named && p->type == TG_EVENT_EXCEPTION) {
		value = named->vector;
	} else {
		rc = tg_number_parse(text, p->ctx->radix, TG_NR_VECTORS - 1, &value);
		if (rc == -ERANGE)
			return tg_error_set(p->err, -ERANGE,
				"vector '%s' is too large: %s takes %s", text, tg_command_name(p->type),
				p->type == TG_EVENT_EXCEPTION ? "00 to 1f" : "20 to ff");
		if (rc && named)
			return vector_wrong_command(p, text, named->vector);
		if (rc)
			return parse_unknown_word(p, text);
	}
	if ((value < TG_FIRST_INTERRUPT) != (p->type == TG_EVENT_EXCEPTION))
		return vector_wrong_command(p, text, value);
	p->out->spec.vector = (__u32)value;
	p->have_vector = true;
	return 0;
}

/* ---- options -------------------------------------------------------------------- */

static int option_pid(struct parse *p, const char *text)
{
	struct tg_event_command *out = p->out;
	__u64 value;
	int rc;

	out->flags &= ~(TG_EV_PID | TG_EV_FOLLOW);
	out->spec.pid = 0;
	if (!strcasecmp(text, "all"))
		return 0;
	if (!strncasecmp(text, "name:", 5)) {
		size_t length = strlen(text + 5);

		if (!length)
			return tg_error_set(p->err, -EINVAL,
				"pid 'name:' needs a command name behind it, such as name:nginx");
		if (length >= TG_COMM_LEN)
			return tg_error_set(p->err, -EINVAL,
				"command name '%s' has %zu characters: 15 are the most the kernel keeps, see /proc/PID/comm",
				text + 5, length);
		memcpy(out->spec.comm, text + 5, length + 1);
		out->flags |= TG_EV_COMM;
		return 0;
	}
	rc = parse_number(p, "pid", text, 0x7fffffff, &value);
	if (rc == -EINVAL && p->err)
		snprintf(p->err->message + strlen(p->err->message),
			 sizeof(p->err->message) - strlen(p->err->message),
			 "; or all, or name:COMMAND");
	if (rc)
		return rc;
	out->spec.pid = (__u32)value;
	out->flags |= TG_EV_PID;
	if (strlen(text) < sizeof(out->pid_text))
		strcpy(out->pid_text, text);
	return 0;
}

static int option_core(struct parse *p, const char *text)
{
	__u64 value;
	int rc;

	if (!strcasecmp(text, "all"))
		return 0;
	rc = parse_number(p, "core", text, TG_ALL - 1, &value);
	if (!rc)
		p->out->spec.core = (__u32)value;
	return rc;
}

static int option_sc(struct parse *p, const char *text)
{
	if (!strcasecmp(text, "on"))
		p->out->flags |= TG_EV_SWALLOW;
	else if (strcasecmp(text, "off"))
		return tg_error_set(p->err, -EINVAL,
			"sc '%s' is invalid: on (the guest does not get the event) or off", text);
	return 0;
}

static int option_stage(struct parse *p, const char *text)
{
	static const char *const names[] = {
		[TG_STAGE_PRE] = "pre", [TG_STAGE_POST] = "post", [TG_STAGE_ALL] = "all",
	};

	for (__u32 stage = TG_STAGE_PRE; stage <= TG_STAGE_ALL; stage++) {
		if (strcasecmp(text, names[stage]))
			continue;
		p->out->spec.stage = stage;
		return 0;
	}
	return tg_error_set(p->err, -EINVAL,
		"stage '%s' is invalid: pre (before the guest gets it), post (at its handler's first instruction) or all (both)",
		text);
}

static int option_imm(struct parse *p, const char *text)
{
	if (!strcasecmp(text, "yes"))
		p->out->flags |= TG_EV_IMMEDIATE;
	else if (strcasecmp(text, "no"))
		return tg_error_set(p->err, -EINVAL, "imm '%s' is invalid: yes or no", text);
	return 0;
}

static int option_force(struct parse *p, const char *text)
{
	(void)text;
	p->out->flags |= TG_EV_FORCE;
	return 0;
}

static int add_action(struct parse *p, const struct tg_token *token)
{
	if (p->out->nr_actions == TG_ACTIONS_MAX)
		return tg_error_set(p->err, -EINVAL, "an event has %u actions at most", TG_ACTIONS_MAX);
	p->out->action[p->out->nr_actions++] = token;
	return 0;
}

static int option_trace(struct parse *p, const char *text)
{
	(void)text;
	return add_action(p, NULL);
}

static int option_buffer(struct parse *p, const char *text)
{
	__u64 value;
	int rc = parse_number(p, "buffer", text, TG_SCRIPT_BUFFER_MAX, &value);

	if (!rc && !value)
		return tg_error_set(p->err, -EINVAL, "a buffer of 0 bytes makes no sense");
	if (!rc)
		p->out->buffer = (__u32)(value + 7) & ~7u;
	return rc;
}

static int (*const option_parse[NR_OPTIONS])(struct parse *, const char *) = {
	[OPT_TRACE] = option_trace, [OPT_BUFFER] = option_buffer,
	[OPT_PID] = option_pid, [OPT_CORE] = option_core, [OPT_SC] = option_sc,
	[OPT_STAGE] = option_stage, [OPT_IMM] = option_imm, [OPT_FORCE] = option_force,
};

/* script { } and when { }. */
static int parse_braces(struct parse *p, int row, int at)
{
	const struct tg_event_option *option = &tg_event_options[row];
	const struct tg_token *token = &p->tokens->token[at + 1];

	if (at + 1 >= p->tokens->count || token->kind != TG_TOKEN_BRACES)
		return tg_error_set(p->err, -EINVAL, "'%s' needs braces behind it: %s %s", option->name,
				    option->name, option->values);
	if (row == OPT_WHEN && p->out->when)
		return tg_error_set(p->err, -EINVAL, "option 'when' is given twice");
	if (!token->text[strspn(token->text, " \t\r\n")])
		return tg_error_set(p->err, -EINVAL, "there is nothing in the braces of '%s'", option->name);
	if (row == OPT_WHEN)
		p->out->when = token;
	else if (add_action(p, token))
		return -EINVAL;
	return 2;
}

/* Returns the number of tokens used, or -errno. */
static int parse_option(struct parse *p, int row, int at)
{
	const struct tg_event_option *option = &tg_event_options[row];
	const char *value = NULL;
	int rc;

	if (option->later)
		return tg_error_set(p->err, -EOPNOTSUPP, "option '%s' %s", option->name, option->later);
	if (row == OPT_SCRIPT || row == OPT_WHEN)
		return parse_braces(p, row, at);
	if (p->seen & (1u << row))
		return tg_error_set(p->err, -EINVAL, "option '%s' is given twice", option->name);
	p->seen |= 1u << row;
	if (option->values) {
		if (at + 1 >= p->tokens->count)
			return tg_error_set(p->err, -EINVAL, "please specify a value for '%s': %s",
					    option->name, option->values);
		if (p->tokens->token[at + 1].kind == TG_TOKEN_BRACES)
			return tg_error_set(p->err, -EINVAL, "'%s' takes no braces but %s",
					    option->name, option->values);
		value = p->tokens->token[at + 1].text;
	}
	rc = option_parse[row](p, value);
	if (rc)
		return rc;
	return value ? 2 : 1;
}

static int parse_word(struct parse *p, int at)
{
	const struct tg_token *token = &p->tokens->token[at];
	int rc;

	if (token->kind == TG_TOKEN_BRACES)
		return tg_error_set(p->err, -EINVAL, "braces without an option before them");
	for (int row = 0; row < NR_OPTIONS; row++)
		if (!strcasecmp(token->text, tg_event_options[row].name))
			return parse_option(p, row, at);
	rc = parse_vector(p, token->text);
	return rc ? rc : 1;
}

int tg_command_event(const struct tg_tokens *tokens, enum tg_event_type type,
		     const struct tg_command_ctx *ctx, struct tg_event_command *out,
		     struct tg_error *err)
{
	struct parse p = {
		.tokens = tokens, .ctx = ctx, .out = out, .err = err, .type = type,
	};

	memset(out, 0, sizeof(*out));
	out->spec.type = type;
	out->spec.vector = TG_ALL;
	out->spec.core = TG_ALL;
	out->spec.stage = TG_STAGE_PRE;
	out->spec.action = TG_ACTION_TRACE;
	if (ctx->default_pid) {
		out->spec.pid = ctx->default_pid;
		out->flags = TG_EV_PID | TG_EV_FOLLOW;
	}
	for (int at = 1; at < tokens->count;) {
		int used = parse_word(&p, at);

		if (used < 0)
			return used;
		at += used;
	}
	if ((out->flags & TG_EV_SWALLOW) && out->spec.stage != TG_STAGE_PRE)
		return tg_error_set(err, -EINVAL,
			"sc on and stage %s exclude each other: what the guest does not get has no post stage",
			tg_format_stage(out->spec.stage));
	if (out->buffer && !out->nr_actions && !out->when)
		return tg_error_set(err, -EINVAL, "a buffer is for scripts, and there is none");
	if (snprintf(out->spec.command, sizeof(out->spec.command), "%s", tokens->plain) >=
	    (int)sizeof(out->spec.command))
		memcpy(out->spec.command + sizeof(out->spec.command) - 4, "...", 4);
	return 0;
}
