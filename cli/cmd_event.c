// SPDX-License-Identifier: GPL-2.0
/* The commands that add an event of a type (!exception, !interrupt), and events. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "scripts.h"

/*
 * What a user of !exception would expect and does not get: no exception intercept sees
 * the instruction INT n (SDM "Exception Bitmap", APM "Exception Intercepts").
 */
static const char *unseen(const struct tg_event_spec *spec, char *to, size_t size)
{
	if (spec->type != TG_EVENT_EXCEPTION)
		snprintf(to, size, "%s", "");
	else if (spec->vector == TG_ALL)
		snprintf(to, size, "; the instruction int n is not seen");
	else
		snprintf(to, size, "; the instruction int 0x%x is not seen", spec->vector);
	return to;
}

int cmd_event(struct session *s, const struct tg_tokens *tokens, struct tg_error *err)
{
	const struct tg_event_type_row *type = tg_event_type_by_command(tokens->token[0].text);
	struct tg_command_ctx ctx = { .radix = s->radix, .default_pid = (__u32)s->child };
	struct tg_event_command cmd;
	char text[256], name[24], not_seen[48];
	struct actions actions;
	bool scripts;
	json_t *fields;
	__u32 number;
	int rc;

	rc = tg_command_event(tokens, type->type, &ctx, &cmd, err);
	if (rc)
		return rc;
	scripts = cmd.when || cmd.nr_actions;
	if (scripts)
		rc = actions_compile(s, &cmd, &actions, err);
	if (rc)
		return rc;
	rc = session_ready(s, err);
	if (!rc && scripts)
		rc = tg_dev_event_script(s->dev, &cmd.spec, cmd.flags, &actions.sent, &number, err);
	else if (!rc)
		rc = tg_dev_event_add(s->dev, &cmd.spec, cmd.flags, &number, err);
	if (!rc && scripts)
		actions_remember(s, number, &actions);
	if (scripts)
		actions_free(&actions);
	if (rc == -ESRCH && (cmd.flags & TG_EV_PID))
		return tg_proc_missing(cmd.pid_text, s->radix, cmd.spec.pid, err);
	if (rc)
		return rc;
	fields = json_spec(&cmd.spec, cmd.flags);
	json_object_set_new(fields, "event", json_integer(number));
	out_message(s, "event_added", fields, "event %s: %s%s",
		    tg_format_number(number, name, sizeof(name)),
		    tg_format_event(&cmd.spec, cmd.flags, text, sizeof(text)),
		    unseen(&cmd.spec, not_seen, sizeof(not_seen)));
	return 0;
}

/* ---- events ---------------------------------------------------------------- */

static bool event_is_off(const struct tg_event_query *q)
{
	return (q->flags & TG_EV_DISABLED) || q->off_reason != TG_OFF_NONE;
}

static void list_json(struct session *s, const struct tg_event_query *q)
{
	json_t *object = json_object(), *spec = json_spec(&q->spec, q->flags);

	json_object_set_new(object, "type", json_string("event"));
	json_object_set_new(object, "event", json_integer(q->number));
	json_object_set_new(object, "enabled", json_boolean(!event_is_off(q)));
	json_object_set_new(object, "off_reason", json_string(tg_format_off_reason(q->off_reason)));
	json_object_set_new(object, "hits", json_integer((json_int_t)q->hits));
	json_object_set_new(object, "swallowed", json_integer((json_int_t)q->swallowed));
	json_object_set_new(object, "lost", json_integer((json_int_t)q->lost));
	json_object_set_new(object, "script_errors", json_integer(q->script_errors));
	json_object_set_new(object, "owner_pid", json_integer(q->owner_pid));
	json_object_set_new(object, "mine", json_boolean(q->mine));
	json_object_update(object, spec);
	json_decref(spec);
	out_json(s, object);
}

static void list_text(struct session *s, const struct tg_event_query *q)
{
	const char *why = tg_format_off_reason(q->off_reason);
	bool off = event_is_off(q);
	char number[24], command[TG_COMMAND_LEN], state[96], errors[32] = "";

	tg_format_printable(q->spec.command, sizeof(q->spec.command), command, sizeof(command));
	if (strlen(command) > 70)
		strcpy(command + 70, "...");
	snprintf(state, sizeof(state), "(%s%s%s)", off ? "disabled" : "enabled",
		 off && *why ? ": " : "", off ? why : "");
	if (q->script_errors)
		snprintf(errors, sizeof(errors), " errors %u", q->script_errors);
	out_text(s, "%s\t%s\thits %llu swallowed %llu lost %llu%s\tpid %u%s\t    %s\n",
		 tg_format_number(q->number, number, sizeof(number)), state,
		 (unsigned long long)q->hits, (unsigned long long)q->swallowed,
		 (unsigned long long)q->lost, errors, q->owner_pid, q->mine ? "" : " (not ours)",
		 command);
}

static int events_list(struct session *s, struct tg_error *err)
{
	struct tg_event_query q;
	int count = 0, rc;

	session_settle(s);
	for (__u32 n = 0; !(rc = tg_dev_event_next(s->dev, n, &q, err)); n = q.number + 1) {
		if (s->json)
			list_json(s, &q);
		else
			list_text(s, &q);
		count++;
	}
	if (rc != -ENOENT)
		return rc;
	if (!count)
		out_message(s, "message", NULL, "no active/disabled events");
	return 0;
}

static const struct {
	const char *letter, *word, *done;
	enum tg_event_op op;
} event_ops[] = {
	{ "e", "enable", "enabled", TG_OP_ENABLE },
	{ "d", "disable", "disabled", TG_OP_DISABLE },
	{ "c", "clear", "cleared", TG_OP_CLEAR },
};

static int events_modify(struct session *s, int op, const char *text, struct tg_error *err)
{
	__u64 number = TG_ALL;
	char word[24] = "all events";
	int rc;

	if (strcasecmp(text, "all")) {
		if (tg_number_parse(text, s->radix, TG_ALL - 1, &number))
			return tg_error_set(err, -EINVAL,
					    "'%s' is not the number of an event: give one that "
					    "'events' lists%s, or all",
					    text, s->radix == 16 ? " (hexadecimal)" : "");
		snprintf(word, sizeof(word), "event ");
		tg_format_number(number, word + 6, sizeof(word) - 6);
	}
	/* What a cleared event lost cannot be asked for later. */
	if (event_ops[op].op == TG_OP_CLEAR) {
		session_settle(s);
		session_report_lost(s);
	}
	rc = tg_dev_event_modify(s->dev, (__u32)number, event_ops[op].op, err);
	if (rc == -ENOENT && number != TG_ALL)
		return tg_error_set(err, rc, "there is no event %s (%llu): 'events' lists them",
				    word + 6, (unsigned long long)number);
	if (rc)
		return rc;
	session_settle(s);
	out_message(s, "event_modified",
		    json_pack("{s:o,s:s}", "event", number == TG_ALL ? json_string("all") :
			      json_integer((json_int_t)number), "state", event_ops[op].done),
		    "%s %s", word, event_ops[op].done);
	return 0;
}

int cmd_events(struct session *s, const struct tg_tokens *tokens, struct tg_error *err)
{
	int op, rc;

	if (tokens->count > 1 && !strcasecmp(tokens->token[1].text, "sc"))
		return tg_error_set(err, -EOPNOTSUPP,
			"'events sc' does not exist yet: add the event with 'sc on'");
	for (op = 0; tokens->count > 1 && op < 3; op++)
		if (!strcasecmp(tokens->token[1].text, event_ops[op].letter) ||
		    !strcasecmp(tokens->token[1].text, event_ops[op].word))
			break;
	if (tokens->count > 1 && op == 3)
		return tg_error_set(err, -EINVAL,
			"unknown parameter '%s': use events e, events d or events c, and a number "
			"or all", tokens->token[1].text);
	if (tokens->count == 2)
		return tg_error_set(err, -EINVAL,
			"please specify which: events %s N, or events %s all", event_ops[op].letter,
			event_ops[op].letter);
	if (tokens->count > 3)
		return tg_error_set(err, -EINVAL, "unknown parameter '%s': name one event, or all",
				    tokens->token[3].text);
	rc = session_device(s, err);
	if (rc)
		return rc;
	if (tokens->count == 1)
		return events_list(s, err);
	return events_modify(s, op, tokens->token[2].text, err);
}
