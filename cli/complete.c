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

#define TYPE_WORD(name, number, word) word,

/* What a word is followed by. first: the command, NULL: in any. */
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
	{ "settings", "settings", (const char *const[]){ "radix", "swallow-limit", "fuel",
	  "script-time", "script-errors", "allow-write-protect", "jit", NULL } },
	{ "settings", "radix", (const char *const[]){ "10", "16", NULL } },
	{ "!", "pid", (const char *const[]){ "all", "name:", NULL } },
	{ "!", "core", (const char *const[]){ "all", NULL } },
	{ "!", "sc", (const char *const[]){ "on", "off", NULL } },
	{ "!", "stage", (const char *const[]){ "pre", "post", "all", NULL } },
	{ "!", "imm", (const char *const[]){ "yes", "no", NULL } },
	{ "inject", "type", (const char *const[]){ TG_TRAP_TYPES(TYPE_WORD) NULL } },
};

static void list_event(struct list *l, bool exceptions)
{
	for (unsigned int i = 0; i < tg_nr_event_options; i++)
		if (tg_event_options[i].help)
			list_add(l, tg_event_options[i].name);
	for (unsigned int i = 0; exceptions && i < tg_nr_vectors; i++)
		list_add(l, tg_vectors[i].mnemonic);
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
	bool event;

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
	event = command->run == cmd_exception || command->run == cmd_interrupt;
	if (!strcasecmp(previous, first))
		copy_word(command->name, strlen(command->name), previous, sizeof(previous));
	for (size_t i = 0; i < sizeof(followers) / sizeof(followers[0]); i++) {
		if (strcasecmp(followers[i].previous, previous))
			continue;
		if (event ? *followers[i].first == '!' : !strcmp(followers[i].first, command->name)) {
			list_add_all(&l, followers[i].candidates);
			return l.count;
		}
	}
	if (event)
		list_event(&l, command->run == cmd_exception);
	else if (command->run == cmd_inject)
		list_add_all(&l, (const char *const[]){ "type", "error", "address", "length", "core",
							"pid", "force", NULL });
	return l.count;
}
