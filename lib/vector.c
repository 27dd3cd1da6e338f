// SPDX-License-Identifier: GPL-2.0
/*
 * The vector table of <trapgate/vectors.h> and the types of event of <trapgate/abi.h> as
 * data, and look-ups in them.
 */
#include <strings.h>

#include "trapgate.h"

#define VECTOR_ROW(id, v, m, n, e, c) \
	{ .vector = (v), .mnemonic = (m), .name = (n), .error = TG_ERROR_##e },

const struct tg_vector tg_vectors[] = { TG_VECTORS(VECTOR_ROW) };
const unsigned int tg_nr_vectors = sizeof(tg_vectors) / sizeof(tg_vectors[0]);

const struct tg_vector *tg_vector_find(unsigned int vector)
{
	for (unsigned int i = 0; i < tg_nr_vectors; i++)
		if (tg_vectors[i].vector == vector)
			return &tg_vectors[i];
	return NULL;
}

const struct tg_vector *tg_vector_by_name(const char *mnemonic)
{
	if (*mnemonic == '#')
		mnemonic++;
	for (unsigned int i = 0; i < tg_nr_vectors; i++) {
		const char *m = tg_vectors[i].mnemonic;

		if (!strcasecmp(*m == '#' ? m + 1 : m, mnemonic))
			return &tg_vectors[i];
	}
	return NULL;
}

#define TYPE_ROW(n, number, word, v0, v1, arms, named, text, more) {			\
		.type = TG_EVENT_##n, .command = "!" word, .first = (v0), .last = (v1),	\
		.example = (named), .summary = (text), .help = (more) },

const struct tg_event_type_row tg_event_types[] = { TG_EVENT_TYPES(TYPE_ROW) };
const unsigned int tg_nr_event_types = sizeof(tg_event_types) / sizeof(tg_event_types[0]);

const struct tg_event_type_row *tg_event_type_find(__u32 type)
{
	for (unsigned int i = 0; i < tg_nr_event_types; i++)
		if (tg_event_types[i].type == type)
			return &tg_event_types[i];
	return NULL;
}

const struct tg_event_type_row *tg_event_type_by_command(const char *command)
{
	for (unsigned int i = 0; i < tg_nr_event_types; i++)
		if (!strcasecmp(tg_event_types[i].command, command))
			return &tg_event_types[i];
	return NULL;
}

bool tg_event_type_takes(const struct tg_event_type_row *row, __u64 vector)
{
	return vector >= row->first && vector <= row->last;
}
