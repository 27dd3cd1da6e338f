// SPDX-License-Identifier: GPL-2.0
/*
 * The command inject: words to struct tg_inject_spec. What the processor
 * would not take is for the module to say (core/inject.h); here and in option.c is what
 * is no number, no name and no word of the command.
 */
#include <errno.h>
#include <string.h>

#include "option.h"

#define WORD(name, number, word)	word,
#define TYPE(name, number, word)	number,
const char *const tg_inject_type_words[] = { TG_TRAP_TYPES(WORD) NULL };
const __u32 tg_inject_types[] = { TG_TRAP_TYPES(TYPE) };

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
				    "vector '%s' is too large: the maximum is 0xff (0n255)", text);
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
		spec->type = spec->vector >= TG_FIRST_INTERRUPT ? TG_TYPE_INTERRUPT :
			     spec->vector == TG_VEC_NMI ? TG_TYPE_NMI : TG_TYPE_EXCEPTION;
	return 0;
}
