// SPDX-License-Identifier: GPL-2.0
/*
 * !exception, !interrupt: words to struct tg_event_spec. The options are in option.c, here
 * is the vector and what holds for all words together. No input or output; every
 * refusal is a sentence that names the word and what would fit.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../core/event_check.h"
#include "option.h"

const char *tg_command_name(enum tg_event_type type)
{
	const struct tg_event_type_row *row = tg_event_type_find(type);

	return row ? row->command : "!?";
}

static const struct tg_event_type_row *type_of(const struct tg_options *o)
{
	return tg_event_type_find(o->event->spec.type);
}

static int unknown_word(const struct tg_options *o, const char *text)
{
	const struct tg_event_type_row *row = type_of(o);
	char vectors[64];

	snprintf(vectors, sizeof(vectors), "%02x to %02x%s%s", row->first, row->last,
		 row->example ? ", or a name such as " : "", row->example ? row->example : "");
	return tg_options_unknown(o, text, vectors);
}

/* Says whose vector it is. */
static int vector_wrong_command(const struct tg_options *o, const char *text, __u64 vector)
{
	const struct tg_event_type_row *row = type_of(o), *other = tg_event_types;
	const struct tg_vector *v = tg_vector_find((unsigned int)vector);
	char name[16];

	while (other < tg_event_types + tg_nr_event_types && !tg_event_type_takes(other, vector))
		other++;
	if (other == tg_event_types + tg_nr_event_types)
		return unknown_word(o, text);
	snprintf(name, sizeof(name), "%s", v ? v->mnemonic : "");
	if (!v)
		tg_format_vector((unsigned int)vector, name, sizeof(name));
	return tg_error_set(o->err, -EINVAL, "vector '%s' is 0x%llx (%llu), an %s: "
			    "%s takes %02x to %02x, use %s %s", text, (unsigned long long)vector,
			    (unsigned long long)vector, other->command + 1, row->command,
			    row->first, row->last, other->command, name);
}

static int take_vector(struct tg_options *o, const char *text)
{
	const struct tg_event_type_row *row = type_of(o);
	const struct tg_vector *named = tg_vector_by_name(text);
	__u64 value;
	int rc;

	if (o->have_vector)
		return unknown_word(o, text);
	/*
	 * de, db, df and ac are hexadecimal, too. As numbers they would be no
	 * exceptions, so !exception takes the name and !interrupt the number.
	 */
	if (named && tg_event_type_takes(row, named->vector)) {
		value = named->vector;
	} else {
		rc = tg_number_parse(text, o->radix, TG_NR_VECTORS - 1, &value);
		if (rc == -ERANGE)
			return tg_error_set(o->err, -ERANGE,
				"vector '%s' is too large: %s takes %02x to %02x", text,
				row->command, row->first, row->last);
		if (rc && named)
			return vector_wrong_command(o, text, named->vector);
		if (rc)
			return unknown_word(o, text);
	}
	if (!tg_event_type_takes(row, value))
		return vector_wrong_command(o, text, value);
	o->event->spec.vector = (__u32)value;
	o->have_vector = true;
	return 0;
}

static int refuse(enum tg_event_error refusal, struct tg_error *err)
{
	return tg_error_set(err, tg_event_refusals[refusal].error, "%s",
			    tg_event_refusals[refusal].text);
}

int tg_command_event(const struct tg_tokens *tokens, enum tg_event_type type,
		     const struct tg_command_ctx *ctx, struct tg_event_command *out,
		     struct tg_error *err)
{
	struct tg_options o = {
		.tokens = tokens, .command = TG_OPTION_OF(type), .radix = ctx->radix, .err = err,
		.word = take_vector, .event = out, .core = &out->spec.core,
	};
	enum tg_event_error refusal;
	int rc;

	memset(out, 0, sizeof(*out));
	if (!tg_event_type_find(type))
		return refuse(TG_EVENT_ERR_TYPE, err);
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
	/* Whether it needs force is said by who adds it: tg_dev_event_add(). */
	refusal = tg_event_check(&out->spec, out->flags | TG_EV_FORCE, NULL);
	if (refusal)
		return refuse(refusal, err);
	if (out->buffer && !out->nr_actions && !out->when)
		return tg_error_set(err, -EINVAL, "buffer needs a script or a condition");
	if (snprintf(out->spec.command, sizeof(out->spec.command), "%s", tokens->plain) >=
	    (int)sizeof(out->spec.command))
		memcpy(out->spec.command + sizeof(out->spec.command) - 4, "...", 4);
	return 0;
}
