// SPDX-License-Identifier: GPL-2.0
/* What the TAB key offers. Derived from the tables of commands and options. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "session.h"

struct list {
	const char **to;
	int count;
	const char *word;
	size_t length;
};

static void list_add(struct list *l, const char *candidate)
{
	if (l->count < COMPLETE_MAX && !strncasecmp(candidate, l->word, l->length))
		l->to[l->count++] = candidate;
}

static void list_add_all(struct list *l, const char *const *candidates)
{
	for (; *candidates; candidates++)
		list_add(l, *candidates);
}

/* Without aliases: with them most words would stay ambiguous. */
static void list_commands(struct list *l)
{
	for (unsigned int i = 0; i < nr_commands; i++)
		if (commands[i].summary)
			list_add(l, commands[i].name);
}

/* What a word is followed by, of a command without options. first: the command. */
static const struct {
	const char *first, *previous;
	const char *const *candidates;
} followers[] = {
	{ "load", "load", (const char *const[]){ "vmm", NULL } },
	{ "unload", "unload", (const char *const[]){ "vmm", NULL } },
	{ "events", "events", (const char *const[]){ "e", "d", "c", NULL } },
	{ "events", "e", (const char *const[]){ "all", NULL } },
	{ "events", "d", (const char *const[]){ "all", NULL } },
	{ "events", "c", (const char *const[]){ "all", NULL } },
};

static void list_options(struct list *l, unsigned int command)
{
	const struct tg_option *o = NULL;

	while ((o = tg_option_next(command, o)))
		list_add(l, o->name);
}

static void list_vectors(struct list *l, const struct tg_event_type_row *type)
{
	for (unsigned int i = 0; i < tg_nr_vectors; i++)
		if (tg_event_type_takes(type, tg_vectors[i].vector))
			list_add(l, tg_vectors[i].mnemonic);
}

/* Behind the command their names, behind the name of one its words. */
static void list_settings(struct list *l, const char *previous)
{
	const struct setting *set = setting_find(previous);

	for (unsigned int i = 0; !strcmp(previous, "settings") && i < nr_settings; i++)
		list_add(l, settings[i].name);
	for (const struct setting_word *w = set ? set->words : NULL; w && w->word; w++)
		list_add(l, w->word);
}

static void copy_word(const char *from, size_t length, char *to, size_t size)
{
	if (length >= size)
		length = size - 1;
	memcpy(to, from, length);
	to[length] = '\0';
}

/* The word that ends before end, blanks between them allowed. */
static void previous_word(const char *line, const char *end, char *to, size_t size)
{
	const char *start;

	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	for (start = end; start > line && !isspace((unsigned char)start[-1]);)
		start--;
	copy_word(start, (size_t)(end - start), to, size);
}

int complete_line(const char *line, const char *candidates[COMPLETE_MAX], const char **word)
{
	char first[32], previous[32];
	const struct command *command;
	struct list l = { .to = candidates };
	const struct tg_option *option;
	unsigned int options;

	line += strspn(line, " \t");
	l.word = line + strlen(line);
	while (l.word > line && !isspace((unsigned char)l.word[-1]))
		l.word--;
	l.length = strlen(l.word);
	*word = l.word;
	if (l.word == line) {
		list_commands(&l);
		return l.count;
	}
	copy_word(line, strcspn(line, " \t"), first, sizeof(first));
	previous_word(line, l.word, previous, sizeof(previous));
	command = command_find(first);
	if (!command)
		return 0;
	if (command->run == cmd_help) {
		list_commands(&l);
		return l.count;
	}
	options = command_options(command);
	option = tg_option_find(options, previous);
	if (option && option->values) {
		list_add_all(&l, option->values);
		return l.count;
	}
	if (!strcasecmp(previous, first))
		copy_word(command->name, strlen(command->name), previous, sizeof(previous));
	for (size_t i = 0; i < sizeof(followers) / sizeof(followers[0]); i++) {
		if (!strcasecmp(followers[i].previous, previous) &&
		    !strcmp(followers[i].first, command->name)) {
			list_add_all(&l, followers[i].candidates);
			return l.count;
		}
	}
	list_options(&l, options);
	if (command_type(command))
		list_vectors(&l, command_type(command));
	if (command->run == cmd_settings)
		list_settings(&l, previous);
	return l.count;
}
