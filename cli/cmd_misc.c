// SPDX-License-Identifier: GPL-2.0
/* help, sleep, wait and exit. */
#include <errno.h>
#include <string.h>

#include "session.h"

/* ---- help ------------------------------------------------------------------------ */

static void help_json(struct session *s, const struct command *c)
{
	json_t *object = json_object();
	char usage[640];

	json_object_set_new(object, "type", json_string("help"));
	json_object_set_new(object, "command", json_string(c->name));
	if (c->alias)
		json_object_set_new(object, "alias", json_string(c->alias));
	json_object_set_new(object, "usage", json_string(command_usage(c, usage, sizeof(usage))));
	json_object_set_new(object, "summary", json_string(c->summary ? c->summary : ""));
	out_json(s, object);
}

static void help_list(struct session *s)
{
	for (unsigned int i = 0; i < nr_commands; i++) {
		if (!commands[i].summary)
			continue;
		if (s->json)
			help_json(s, &commands[i]);
		else
			out_text(s, "%-12s %s\n", commands[i].name, commands[i].summary);
	}
	out_text(s, "\nNumbers are %s; 0x and 0n before a number say hexadecimal and decimal.\n"
		    "'help COMMAND' says more.\n", s->radix == 16 ? "hexadecimal" : "decimal");
}

static void help_options(struct session *s, unsigned int command)
{
	const struct tg_option *o = NULL;

	out_text(s, "\nOptions, in any order:\n");
	while ((o = tg_option_next(command, o)))
		out_text(s, "  %-7s %-18s %s\n", o->name, o->takes ? o->takes : "", o->help);
}

static void help_vectors(struct session *s, const struct tg_event_type_row *type)
{
	out_text(s, "\nVectors:\n");
	for (unsigned int i = 0; i < tg_nr_vectors; i++)
		if (tg_event_type_takes(type, tg_vectors[i].vector))
			out_text(s, "  %02x %-4s %s\n", tg_vectors[i].vector,
				 tg_vectors[i].mnemonic, tg_vectors[i].name);
}

static void help_command(struct session *s, const struct command *c)
{
	const struct tg_event_type_row *type = command_type(c);
	char usage[640];

	if (s->json) {
		help_json(s, c);
		return;
	}
	out_text(s, "%s%s%s\n", c->name, *c->usage ? " " : "",
		 command_usage(c, usage, sizeof(usage)));
	if (c->alias)
		out_text(s, "also: %s\n", c->alias);
	if (c->summary)
		out_text(s, "\n%s\n", c->summary);
	if (c->help)
		out_text(s, "%s", c->help);
	if (command_options(c))
		help_options(s, command_options(c));
	if (type && type->example)
		help_vectors(s, type);
	if (c->run == cmd_settings)
		settings_help(s);
}

int cmd_help(struct session *s, const struct tg_tokens *tokens, struct tg_error *err)
{
	const struct command *c;

	if (tokens->count > 2)
		return tg_error_set(err, -EINVAL, "unknown parameter '%s': help takes one command",
				    tokens->token[2].text);
	if (tokens->count == 1) {
		help_list(s);
		return 0;
	}
	c = command_find(tokens->token[1].text);
	if (!c)
		return tg_error_set(err, -EINVAL, "no help for '%s': 'help' lists the commands",
				    tokens->token[1].text);
	help_command(s, c);
	return 0;
}

/* ---- time ------------------------------------------------------------------------- */

/* The one number of sleep and wait. */
static int misc_number(struct session *s, const struct tg_tokens *tokens, const char *what,
		       __u64 *value, struct tg_error *err)
{
	if (tokens->count > 2)
		return tg_error_set(err, -EINVAL, "unknown parameter '%s': '%s' takes one number",
				    tokens->token[2].text, tokens->token[0].text);
	return tg_option_number(what, tokens->token[1].text, s->radix, 0xffffffff, value, err);
}

int cmd_sleep(struct session *s, const struct tg_tokens *tokens, struct tg_error *err)
{
	__u64 ms;
	int rc;

	if (tokens->count == 1)
		return tg_error_set(err, -EINVAL, "please specify the milliseconds: sleep N");
	rc = misc_number(s, tokens, "time", &ms, err);
	if (rc)
		return rc;
	session_run(s, ms, SESSION_FOREVER);
	return 0;
}

int cmd_wait(struct session *s, const struct tg_tokens *tokens, struct tg_error *err)
{
	__u64 count = SESSION_FOREVER;
	int rc = 0;

	/* While the program of -- PROG waits to be started, nothing can come. */
	if (s->child)
		return tg_error_set(err, -EINVAL,
				    "'%s' cannot be used before the program has started",
				    tokens->token[0].text);
	if (tokens->count > 1)
		rc = misc_number(s, tokens, "count", &count, err);
	if (rc)
		return rc;
	if (!session_has_events(s))
		return tg_error_set(err, -EINVAL,
			"there is nothing to wait for: add an event first, such as !exception 0");
	session_run(s, SESSION_FOREVER, count);
	return 0;
}

int cmd_exit(struct session *s, const struct tg_tokens *tokens, struct tg_error *err)
{
	int rc = command_no_parameters(tokens, err);

	if (!rc)
		s->quit = true;
	return rc;
}
