/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What walks over the words of a command with options: !exception, !interrupt, inject.
 * The rows are in option.c; what is no option is the command's own business.
 */
#ifndef TRAPGATE_LIB_OPTION_H
#define TRAPGATE_LIB_OPTION_H

#include "trapgate.h"

/* One command while its words are taken. */
struct tg_options {
	const struct tg_tokens *tokens;
	unsigned int command;			/* TG_OPTION_OF() */
	unsigned int radix;
	struct tg_error *err;
	/* Takes a word that is no option. */
	int (*word)(struct tg_options *o, const char *text);
	bool have_vector;			/* word() has had one */

	/* Where the values go: the one that the command has. */
	struct tg_event_command *event;
	struct tg_inject_spec *inject;
	__u32 *core;				/* of both */

	const struct tg_option *row;		/* that is being taken */
	unsigned int seen;			/* a bit per row */
};

/* All words but the first. 0, or -errno and the sentence. */
int tg_options_walk(struct tg_options *o);

/* Refuses a word that is neither option nor vector; vectors: which the command takes. */
int tg_options_unknown(const struct tg_options *o, const char *text, const char *vectors);

/* inject.c: the words for types, NULL at the end, and what they mean. */
extern const char *const tg_inject_type_words[];
extern const __u32 tg_inject_types[];

#endif
