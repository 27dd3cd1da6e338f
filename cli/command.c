// SPDX-License-Identifier: GPL-2.0
/*
 * The table of commands: parsing, help and completion derive from it. The options of a
 * command are rows of lib/option.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "session.h"

#define EVENT_ROW(name, number, word, first, last, arms, example, summary, help)	\
	{ "!" word, NULL, "[vector]", summary, help, cmd_event, false },

#define TYPE_LISTED(name, number, word) word ", "

const struct command commands[] = {
	TG_EVENT_TYPES(EVENT_ROW)
	{ "events", "event", "[e|d|c N|all]",
	  "list the events; enable, disable or clear them",
	  "Columns: number, state, hits, swallowed, lost, owner, command. N is the number of an "
	  "event.\n",
	  cmd_events, false },
	{ "inject", NULL, "vector",
	  "inject an event on one core",
	  "T: " TG_TRAP_TYPES(TYPE_LISTED) "or nothing: the vector decides.\n"
	  "int-n (INT n), int1 and int3-into (INT3, INTO) are software events. Exceptions and\n"
	  "software events wait until the core runs user code (of process P if you name one).\n"
	  "With force they wait until its next interrupt, whatever runs. A page fault needs the\n"
	  "address for CR2, a software event the length of the instruction at RIP.\n",
	  cmd_inject, false },
	{ "load", NULL, "vmm", "put every CPU under the hypervisor", NULL, cmd_load, false },
	{ "unload", NULL, "vmm", "take every CPU out again and clear the events of this session",
	  "The end of trapgate does the same, unless another process uses the device.\n",
	  cmd_unload, false },
	{ "status", NULL, "", "what the hypervisor is doing", NULL, cmd_status, false },
	{ "settings", "setting", "[NAME [VALUE]]", "show or change a setting",
	  NULL, cmd_settings, false },
	{ "stats", NULL, "", "VM exits and injections of each CPU since load",
	  NULL, cmd_stats, false },
	{ "sleep", NULL, "N", "wait N milliseconds and print records meanwhile",
	  NULL, cmd_sleep, false },
	{ "wait", NULL, "[N]", "print records until N more came, or until Ctrl-C",
	  NULL, cmd_wait, false },
	{ "eval", "evaluate", "EXPR|SCRIPT",
	  "show the value of a script expression, hexadecimal; runs a script as ? does",
	  "It runs in root mode where the hypervisor is loaded, else in this process. help ? says "
	  "more.\n",
	  cmd_question, true },
	{ "print", NULL, "EXPR", "show the value of a script expression, hexadecimal", NULL,
	  cmd_eval, true },
	{ "?", NULL, "SCRIPT|EXPR", "run a script once: ? printf(\"%d\\n\", 1 + 1);",
	  "What ends with ';' or '}', or is in braces, is a script. All else is an expression.\n"
	  "There is no event here: $vector and the like do not exist, and registers cannot be set\n"
	  "in root mode.\n",
	  cmd_question, true },
	{ ".script", "script", "FILE [ARG]...",
	  "run the commands in FILE; $arg1, $arg2... are the ARGs",
	  "$arg0 is FILE. Only whole words are replaced: $arg1 is not replaced inside of $arg10.\n",
	  cmd_script_file, false },
	{ "help", NULL, "[command]", "this list, or all about one command", NULL, cmd_help, false },
	{ "exit", "quit", "",
	  "leave (also q); events end, and the hypervisor unloads unless others use it", NULL,
	  cmd_exit, false },
	{ "q", NULL, "", NULL, NULL, cmd_exit, false },
};
const unsigned int nr_commands = sizeof(commands) / sizeof(commands[0]);

const struct command *command_find(const char *name)
{
	for (unsigned int i = 0; i < nr_commands; i++)
		if (!strcasecmp(name, commands[i].name) ||
		    (commands[i].alias && !strcasecmp(name, commands[i].alias)))
			return &commands[i];
	return NULL;
}

const struct tg_event_type_row *command_type(const struct command *c)
{
	return tg_event_type_by_command(c->name);
}

unsigned int command_options(const struct command *c)
{
	const struct tg_event_type_row *type = command_type(c);

	if (type)
		return TG_OPTION_OF(type->type);
	return c->run == cmd_inject ? TG_OPTION_OF_INJECT : 0;
}

char *command_usage(const struct command *c, char *buf, size_t size)
{
	char options[512];

	if (command_options(c))
		snprintf(buf, size, "%s %s", c->usage,
			 tg_option_usage(command_options(c), options, sizeof(options)));
	else
		snprintf(buf, size, "%s", c->usage);
	return buf;
}

static int command_unknown(const char *name, struct tg_error *err)
{
	const char *candidates[2 * sizeof(commands) / sizeof(commands[0])], *near;
	int count = 0;

	for (unsigned int i = 0; i < nr_commands; i++) {
		candidates[count++] = commands[i].name;
		if (commands[i].alias)
			candidates[count++] = commands[i].alias;
	}
	near = tg_command_nearest(name, candidates, count);
	if (near)
		return tg_error_set(err, -EINVAL, "unknown command '%s': did you mean '%s'?", name,
				    near);
	return tg_error_set(err, -EINVAL, "unknown command '%s': 'help' lists the commands", name);
}

int command_no_parameters(const struct tg_tokens *tokens, struct tg_error *err)
{
	if (tokens->count == 1)
		return 0;
	return tg_error_set(err, -EINVAL, "unknown parameter '%s': '%s' takes no parameters",
			    tokens->token[1].text, tokens->token[0].text);
}

/* The command of a line whose rest is taken as it is; NULL: another. *rest: behind it. */
static const struct command *command_raw(const char *text, const char **rest)
{
	const struct command *command;
	char name[16];
	size_t length;

	text += strspn(text, " \t\r\n");
	length = *text == '?' ? 1 : strcspn(text, " \t\r\n{");
	if (!length || length >= sizeof(name))
		return NULL;
	memcpy(name, text, length);
	name[length] = '\0';
	command = command_find(name);
	*rest = text + length;
	return command && command->raw ? command : NULL;
}

/* "{ ... }" as a whole, and not "{ } x { }". */
static bool in_braces(const char *text, size_t length)
{
	struct tg_tokens tokens;
	bool one;

	if (!length || *text != '{' || text[length - 1] != '}' ||
	    tg_token_split(text, &tokens, NULL))
		return false;
	one = tokens.count == 1;
	tg_token_free(&tokens);
	return one;
}

static int command_run_raw(struct session *s, const struct command *command, const char *start,
			   const char *rest, struct tg_error *err)
{
	char *text = strdup(rest += strspn(rest, " \t\r\n")), name[16];
	struct tg_tokens tokens = { .count = 1 };
	size_t length;
	int rc;

	if (!text)
		return tg_error_set(err, -ENOMEM, "out of memory");
	for (length = strlen(text); length && strchr(" \t\r\n", text[length - 1]); length--)
		text[length - 1] = '\0';
	snprintf(name, sizeof(name), "%s", command->name);
	tokens.token[0].text = name;
	for (const char *c = start; c < rest; c++) {
		tokens.token[1].column = *c == '\n' ? 0 : tokens.token[1].column + 1;
		tokens.token[1].line += *c == '\n';
	}
	if (length) {
		tokens.count = 2;
		tokens.token[1].text = text;
		if (in_braces(text, length)) {
			tokens.token[1].kind = TG_TOKEN_BRACES;
			text[length - 1] = '\0';
			tokens.token[1].text++;
			tokens.token[1].column++;
		}
	}
	rc = command->run(s, &tokens, err);
	free(text);
	return rc;
}

static int command_dispatch(struct session *s, const char *text, struct tg_error *err)
{
	const struct command *command;
	struct tg_tokens tokens;
	const char *rest;
	int rc;

	command = command_raw(text, &rest);
	if (command)
		return command_run_raw(s, command, text, rest, err);
	rc = tg_token_split(text, &tokens, err);
	if (rc)
		return rc;
	if (tokens.count) {
		command = command_find(tokens.token[0].text);
		if (command)
			rc = command->run(s, &tokens, err);
		else
			rc = command_unknown(tokens.token[0].text, err);
	}
	tg_token_free(&tokens);
	return rc;
}

int command_run(struct session *s, const char *text, struct tg_error *err)
{
	struct tg_error own = { };
	int rc = command_dispatch(s, text, err ? err : &own);

	if (rc && !err)
		out_error(s, &own);
	out_flush(s);
	return rc;
}
