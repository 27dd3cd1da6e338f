// SPDX-License-Identifier: GPL-2.0
/* The table of commands: parsing, help and completion derive from it. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "session.h"

#define EVENT_USAGE "[vector] [pid P|all|name:COMMAND] [core C|all] [sc on|off] [stage pre|post|all] [imm yes|no] [force]"

const struct command commands[] = {
	{ "!exception", NULL, EVENT_USAGE,
	  "trace exceptions, vectors 0 to 1f",
	  "Without a vector: all 32. A vector is a number or a name: !exception e, !exception #PF.\n"
	  "NMI is vector 2.\n",
	  cmd_exception },
	{ "!interrupt", NULL, EVENT_USAGE,
	  "trace external interrupts, vectors 20 to ff",
	  "Without a vector: all 224. The process is the one that was interrupted.\n",
	  cmd_interrupt },
	{ "events", "event", "[e|d|c N|all]",
	  "list the events; enable, disable or clear them",
	  "Columns: number, state, hits, swallowed, lost, owner, command. N is the number of an event.\n",
	  cmd_events },
	{ "inject", NULL,
	  "vector [type T] [error E] [address A] [length L] [core C] [pid P] [force]",
	  "inject an event on one core",
	  "T: exception, interrupt, nmi, software (INT n), software-exception (INT3, INTO), int1; without\n"
	  "it what the vector says. Exceptions and software events wait until the core runs user code, of\n"
	  "process P if one is named; with force until its next interrupt, whatever runs. A page fault\n"
	  "needs the address for CR2, a software event the length of the instruction at RIP.\n",
	  cmd_inject },
	{ "load", NULL, "vmm", "put every CPU under the hypervisor", NULL, cmd_load },
	{ "unload", NULL, "vmm", "take every CPU out again and clear the events of this session",
	  "Leaving trapgate does the same, unless another user of the device is there.\n",
	  cmd_unload },
	{ "status", NULL, "", "what the hypervisor is doing", NULL, cmd_status },
	{ "settings", "setting", "[radix 10|16] | [swallow-limit N]",
	  "show or change a setting",
	  "radix: base of numbers without a prefix, 16 at the start. 0x and 0n always work.\n"
	  "swallow-limit: after so many swallowed faults in a row at one address, or a storm of\n"
	  "one swallowed interrupt, the hypervisor disables the event.\n",
	  cmd_settings },
	{ "stats", NULL, "", "VM exits and injections of each CPU since load", NULL, cmd_stats },
	{ "sleep", NULL, "N", "wait N milliseconds and print records meanwhile", NULL, cmd_sleep },
	{ "wait", NULL, "[N]", "print records until N more came, or until Ctrl-C", NULL, cmd_wait },
	{ "help", "?", "[command]", "this list, or all about one command", NULL, cmd_help },
	{ "exit", "quit", "", "leave (also q): events end, the hypervisor unloads", NULL, cmd_exit },
	{ "q", NULL, "", NULL, NULL, cmd_exit },
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
		return tg_error_set(err, -EINVAL, "unknown command '%s': did you mean '%s'?", name, near);
	return tg_error_set(err, -EINVAL, "unknown command '%s': 'help' lists the commands", name);
}

static int command_dispatch(struct session *s, const char *text, struct tg_error *err)
{
	const struct command *command;
	struct tg_tokens tokens;
	int rc = tg_token_split(text, &tokens, err);

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
