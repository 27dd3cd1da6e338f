// SPDX-License-Identifier: GPL-2.0
/*
 * !exception and !interrupt: words to struct tg_event_spec. The options are in option.c,
 * here is the vector and what holds for all words together. No input or output; every
 * refusal is a sentence that names the word and what would fit.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "option.h"

const char *tg_command_name(enum tg_event_type type)
{
	return type == TG_EVENT_INTERRUPT ? "!interrupt" : "!exception";
}

static enum tg_event_type type_of(const struct tg_options *o)
{
	return o->event->spec.type;
}

static int vector_wrong_command(const struct tg_options *o, const char *text, __u64 vector)
{
	const struct tg_vector *v = tg_vector_find((unsigned int)vector);
	char name[16];

	snprintf(name, sizeof(name), "%s", v ? v->mnemonic : "");
	if (!v)
		tg_format_vector((unsigned int)vector, name, sizeof(name));
	if (type_of(o) == TG_EVENT_EXCEPTION)
		return tg_error_set(o->err, -EINVAL,
			"vector '%s' is 0x%llx (%llu), an interrupt: !exception takes 00 to 1f, use !interrupt %s",
			text, (unsigned long long)vector, (unsigned long long)vector, name);
	return tg_error_set(o->err, -EINVAL,
		"vector '%s' is 0x%llx (%llu), an exception: !interrupt takes 20 to ff, use !exception %s",
		text, (unsigned long long)vector, (unsigned long long)vector, name);
}

static int unknown_word(const struct tg_options *o, const char *text)
{
	return tg_options_unknown(o, text, type_of(o) == TG_EVENT_EXCEPTION ?
				  "00 to 1f, or a name such as #PF" : "20 to ff");
}

static int take_vector(struct tg_options *o, const char *text)
{
	const struct tg_vector *named = tg_vector_by_name(text);
	enum tg_event_type type = type_of(o);
	__u64 value;
	int rc;

	if (o->have_vector)
		return unknown_word(o, text);
	/*
	 * de, db, df and ac are hexadecimal, too. As numbers they would be no
	 * exceptions, so !exception takes the name and !interrupt the number.
	 */
	if (named && type == TG_EVENT_EXCEPTION) {
		value = named->vector;
	} else {
		rc = tg_number_parse(text, o->radix, TG_NR_VECTORS - 1, &value);
		if (rc == -ERANGE)
			return tg_error_set(o->err, -ERANGE,
				"vector '%s' is too large: %s takes %s", text, tg_command_name(type),
				type == TG_EVENT_EXCEPTION ? "00 to 1f" : "20 to ff");
		if (rc && named)
			return vector_wrong_command(o, text, named->vector);
		if (rc)
			return unknown_word(o, text);
	}
	if ((value < TG_FIRST_INTERRUPT) != (type == TG_EVENT_EXCEPTION))
		return vector_wrong_command(o, text, value);
	o->event->spec.vector = (__u32)value;
	o->have_vector = true;
	return 0;
}

int tg_command_event(const struct tg_tokens *tokens, enum tg_event_type type,
		     const struct tg_command_ctx *ctx, struct tg_event_command *out,
		     struct tg_error *err)
{
	struct tg_options o = {
		.tokens = tokens, .command = TG_OPTION_OF(type), .radix = ctx->radix, .err = err,
		.word = take_vector, .event = out, .core = &out->spec.core,
	};
	int rc;

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
	rc = tg_options_walk(&o);
	if (rc)
		return rc;
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
