// SPDX-License-Identifier: GPL-2.0
/*
 * The command inject: words to struct tg_inject_spec. What the processor would not take
 * is for the module to say (core/inject.h); here is what is no number, no name and no
 * word of the command.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "trapgate.h"

#define TYPE_ROW(name, number, word) { word, number },
#define TYPE_LISTED(name, number, word) ", " word

/* And the words of former versions, which scripts may have. */
static const struct {
	const char *name;
	__u32 type;
} types[] = {
	TG_TRAP_TYPES(TYPE_ROW)
	{ "software", TG_TYPE_INT_N }, { "software-exception", TG_TYPE_INT3_INTO },
};

#define NR_TYPES	(sizeof(types) / sizeof(types[0]))
#define TYPE_NAMES	&(TG_TRAP_TYPES(TYPE_LISTED))[2]
#define OPTION_NAMES	"type, error, address, length, core, pid, force"

struct inject {
	unsigned int radix;
	struct tg_inject_spec *spec;
	__u32 *core;
	struct tg_error *err;
	bool have_type, have_vector;
	unsigned int seen;
};

static int parse_number(const struct inject *in, const char *what, const char *text, __u64 max,
			__u64 *value)
{
	int rc = tg_number_parse(text, in->radix, max, value);

	if (rc == -ERANGE)
		return tg_error_set(in->err, rc, "%s '%s' is too large: 0x%llx (0n%llu) is the most",
				    what, text, (unsigned long long)max, (unsigned long long)max);
	if (rc)
		return tg_error_set(in->err, rc, "%s '%s' is not a number: %s", what, text,
				    in->radix == 10 ?
				    "decimal digits, or 0x before hexadecimal ones" :
				    "hexadecimal digits, or 0n before decimal ones");
	return 0;
}

static int take_type(struct inject *in, const char *text)
{
	for (unsigned int i = 0; i < NR_TYPES; i++) {
		if (strcasecmp(text, types[i].name))
			continue;
		in->spec->type = types[i].type;
		in->have_type = true;
		return 0;
	}
	return tg_error_set(in->err, -EINVAL, "type '%s' is unknown: %s", text, TYPE_NAMES);
}

static int take_u32(struct inject *in, const char *what, const char *text, __u32 *to, __u32 flag)
{
	__u64 value;
	int rc = parse_number(in, what, text, 0xffffffff, &value);

	if (rc)
		return rc;
	*to = (__u32)value;
	in->spec->flags |= flag;
	return 0;
}

static int take_error(struct inject *in, const char *text)
{
	return take_u32(in, "error", text, &in->spec->error, TG_INJECT_F_ERROR);
}

static int take_address(struct inject *in, const char *text)
{
	__u64 value;
	int rc = parse_number(in, "address", text, ~0ull, &value);

	if (rc)
		return rc;
	in->spec->address = value;
	in->spec->flags |= TG_INJECT_F_ADDRESS;
	return 0;
}

static int take_length(struct inject *in, const char *text)
{
	return take_u32(in, "length", text, &in->spec->length, 0);
}

static int take_core(struct inject *in, const char *text)
{
	__u64 value;
	int rc = parse_number(in, "core", text, TG_ALL - 1, &value);

	if (!rc)
		*in->core = (__u32)value;
	return rc;
}

static int take_pid(struct inject *in, const char *text)
{
	return take_u32(in, "pid", text, &in->spec->pid, TG_INJECT_F_PID);
}

static int take_force(struct inject *in, const char *text)
{
	(void)text;
	in->spec->flags |= TG_INJECT_F_FORCE;
	return 0;
}

static const struct {
	const char *name;
	bool has_value;
	int (*take)(struct inject *in, const char *text);
} options[] = {
	{ "type", true, take_type }, { "error", true, take_error },
	{ "address", true, take_address }, { "length", true, take_length },
	{ "core", true, take_core }, { "pid", true, take_pid }, { "force", false, take_force },
};

#define NR_OPTIONS (sizeof(options) / sizeof(options[0]))

static int take_vector(struct inject *in, const char *text)
{
	const struct tg_vector *named = tg_vector_by_name(text);
	const char *names[NR_OPTIONS], *near;
	__u64 value;
	int rc = tg_number_parse(text, in->radix, TG_NR_VECTORS - 1, &value);

	/* de, db, df and ac are numbers, too: #DE is the name, de the interrupt. */
	if (named && (rc || text[0] == '#')) {
		value = named->vector;
		rc = 0;
	}
	if (!rc && !in->have_vector) {
		in->spec->vector = (__u32)value;
		in->have_vector = true;
		return 0;
	}
	if (rc == -ERANGE && !in->have_vector)
		return tg_error_set(in->err, rc, "vector '%s' is too large: 0xff (0n255) is the most",
				    text);
	for (unsigned int i = 0; i < NR_OPTIONS; i++)
		names[i] = options[i].name;
	near = tg_command_nearest(text, names, NR_OPTIONS);
	if (near)
		return tg_error_set(in->err, -EINVAL, "unknown option '%s': did you mean '%s'?", text,
				    near);
	if (in->have_vector)
		return tg_error_set(in->err, -EINVAL, "unknown parameter '%s': options are %s", text,
				    OPTION_NAMES);
	return tg_error_set(in->err, -EINVAL,
		"'%s' is neither a vector (0 to ff, or a name such as #GP) nor an option (%s)", text,
		OPTION_NAMES);
}

/* Returns the number of tokens used, or -errno. */
static int take_word(struct inject *in, const struct tg_tokens *tokens, int at)
{
	const struct tg_token *token = &tokens->token[at];
	int rc;

	if (token->kind == TG_TOKEN_BRACES)
		return tg_error_set(in->err, -EINVAL, "inject takes no braces");
	for (unsigned int i = 0; i < NR_OPTIONS; i++) {
		if (strcasecmp(token->text, options[i].name))
			continue;
		if (in->seen & 1u << i)
			return tg_error_set(in->err, -EINVAL, "option '%s' is given twice", token->text);
		in->seen |= 1u << i;
		if (options[i].has_value && (at + 1 >= tokens->count ||
					     tokens->token[at + 1].kind == TG_TOKEN_BRACES))
			return tg_error_set(in->err, -EINVAL, "please specify a value for '%s'",
					    options[i].name);
		rc = options[i].take(in, options[i].has_value ? tokens->token[at + 1].text : NULL);
		return rc ? rc : options[i].has_value ? 2 : 1;
	}
	rc = take_vector(in, token->text);
	return rc ? rc : 1;
}

int tg_command_inject(const struct tg_tokens *tokens, unsigned int radix,
		      struct tg_inject_spec *spec, __u32 *core, struct tg_error *err)
{
	struct inject in = { .radix = radix, .spec = spec, .core = core, .err = err };

	memset(spec, 0, sizeof(*spec));
	*core = TG_ALL;
	for (int at = 1; at < tokens->count;) {
		int used = take_word(&in, tokens, at);

		if (used < 0)
			return used;
		at += used;
	}
	if (!in.have_vector)
		return tg_error_set(err, -EINVAL,
			"inject needs a vector: a number from 0 to ff, or a name such as #GP");
	if (!in.have_type)
		spec->type = spec->vector >= TG_FIRST_INTERRUPT ? TG_TYPE_INTERRUPT :
			     spec->vector == TG_VEC_NMI ? TG_TYPE_NMI : TG_TYPE_EXCEPTION;
	return 0;
}
