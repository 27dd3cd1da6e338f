// SPDX-License-Identifier: GPL-2.0
/*
 * The command inject: words to struct tg_inject_spec, and back. What the processor
 * would not take is for the module to say (core/inject.h); here and in option.c is what
 * is no number, no name and no word of the command.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "option.h"

#define INJECT_TYPES(X)									\
	X("exception", TG_TYPE_EXCEPTION)						\
	X("interrupt", TG_TYPE_EXTERNAL)						\
	X("nmi", TG_TYPE_NMI)								\
	X("software", TG_TYPE_SOFT_INT)							\
	X("software-exception", TG_TYPE_SOFT_EXCEPTION)					\
	X("int1", TG_TYPE_PRIV_SOFT)

#define WORD(word, type)	word,
#define TYPE(word, type)	type,
const char *const tg_inject_type_words[] = { INJECT_TYPES(WORD) NULL };
const __u32 tg_inject_types[] = { INJECT_TYPES(TYPE) };

#define NO_TYPE		TG_ALL		/* none was named */

static int take_vector(struct tg_options *o, const char *text)
{
	const struct tg_vector *named = tg_vector_by_name(text);
	__u64 value;
	int rc = tg_number_parse(text, o->radix, TG_NR_VECTORS - 1, &value);

	/* de, db, df and ac are numbers, too: #DE is the name, de the interrupt. */
	if (named && (rc || text[0] == '#')) {
		value = named->vector;
		rc = 0;
	}
	if (!rc && !o->have_vector) {
		o->inject->vector = (__u32)value;
		o->have_vector = true;
		return 0;
	}
	if (rc == -ERANGE && !o->have_vector)
		return tg_error_set(o->err, rc,
				    "vector '%s' is too large: 0xff (0n255) is the most", text);
	return tg_options_unknown(o, text, "0 to ff, or a name such as #GP");
}

int tg_command_inject(const struct tg_tokens *tokens, unsigned int radix,
		      struct tg_inject_spec *spec, __u32 *core, struct tg_error *err)
{
	struct tg_options o = {
		.tokens = tokens, .command = TG_OPTION_OF_INJECT, .radix = radix, .err = err,
		.word = take_vector, .inject = spec, .core = core,
	};
	int rc;

	memset(spec, 0, sizeof(*spec));
	spec->type = NO_TYPE;
	*core = TG_ALL;
	rc = tg_options_walk(&o);
	if (rc)
		return rc;
	if (!o.have_vector)
		return tg_error_set(err, -EINVAL,
			"inject needs a vector: a number from 0 to ff, or a name such as #GP");
	if (spec->type == NO_TYPE)
		spec->type = spec->vector >= TG_FIRST_INTERRUPT ? TG_TYPE_EXTERNAL :
			     spec->vector == 2 ? TG_TYPE_NMI : TG_TYPE_EXCEPTION;
	return 0;
}

char *tg_format_inject(const struct tg_inject_spec *s, char *buf, size_t size)
{
	const struct tg_vector *v = tg_vector_find(s->vector);
	const char *type = "?";
	char word[48], error[24] = "", pid[64] = "";

	for (int i = 0; tg_inject_type_words[i]; i++)
		if (tg_inject_types[i] == s->type)
			type = tg_inject_type_words[i];
	if (s->flags & TG_INJECT_F_ERROR)
		snprintf(error, sizeof(error), " error 0x%x", s->error);
	if (s->flags & TG_INJECT_F_PID)
		snprintf(pid, sizeof(pid), " pid %s", tg_format_both(s->pid, word, sizeof(word)));
	snprintf(buf, size, "%s %s%s%s%s%s", type, tg_format_both(s->vector, word, sizeof(word)),
		 v ? " " : "", v ? v->mnemonic : "", error, pid);
	return buf;
}
