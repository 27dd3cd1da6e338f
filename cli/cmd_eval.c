// SPDX-License-Identifier: GPL-2.0
/*
 * eval, print, ? and .script: scripts and expressions without an event, in root mode
 * where the hypervisor is loaded, else in this process; files of commands with arguments.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "scripts.h"

/* Where it runs and what came of it. */
struct evaluation {
	struct session *s;
	struct tg_image *image;
	bool expression;
	char *text;
	size_t used, lost;
	__u64 value;
};

static void take_text(void *ctx, const char *text, size_t size)
{
	struct session *s = ctx;
	struct evaluation *e = s->evaluation;

	if (size > TG_EVAL_TEXT_MAX - e->used) {
		e->lost += size - (TG_EVAL_TEXT_MAX - e->used);
		size = TG_EVAL_TEXT_MAX - e->used;
	}
	memcpy(e->text + e->used, text, size);
	e->used += size;
}

void eval_free(struct session *s)
{
	tg_host_free(s->host);
	s->host = NULL;
}

static int run_error(const char *file, unsigned int line, const char *message, struct tg_error *err)
{
	return tg_error_set(err, -EINVAL, "%s:%u: run-time error: %s", *file ? file : "script",
			    line, message);
}

/* In this process: one host, as global variables stay. Those in the module are others. */
static int run_on_host(struct evaluation *e, struct tg_error *err)
{
	struct session *s = e->s;
	struct tg_host_result r;
	char why[200];

	if (!s->host)
		s->host = tg_host_new(take_text, s);
	if (!s->host)
		return tg_error_set(err, -ENOMEM, "out of memory");
	if (tg_host_load(s->host, e->image, why, sizeof(why)))
		return tg_error_set(err, -EINVAL, "the verifier rejects the script: %s", why);
	s->evaluation = e;
	tg_host_run(s->host, &r);
	e->value = r.value;
	return r.error ? run_error(r.file, r.line, r.message, err) : 0;
}

static int run_in_module(struct evaluation *e, struct tg_error *err)
{
	struct tg_eval eval = {
		.image = (__u64)(unsigned long)e->image, .image_size = e->image->size,
		.text = (__u64)(unsigned long)e->text, .text_size = TG_EVAL_TEXT_MAX,
	};
	char message[256];
	int rc = tg_dev_eval(e->s->dev, &eval, err);

	if (rc)
		return rc;
	e->used = eval.text_size;
	e->lost = eval.text_lost;
	e->value = eval.value;
	if (!eval.error)
		return 0;
	script_error_text(eval.error, eval.error_value, message, sizeof(message));
	return run_error(script_file_name(e->image, eval.line), eval.line & 0xffffff, message, err);
}

static bool is_loaded(struct session *s)
{
	struct tg_info info;

	if (session_device(s, NULL))
		return false;
	return !tg_dev_info(s->dev, &info, NULL) && info.state == TG_STATE_LOADED;
}

static void show(struct evaluation *e, const char *where)
{
	struct session *s = e->s;
	json_t *object;

	e->text[e->used] = '\0';
	out_harmless(e->text, e->used);
	if (!s->json) {
		out_text(s, "%s", e->text);
		if (e->expression)
			out_text(s, "%llx\n", (unsigned long long)e->value);
		if (e->lost) {
			out_flush(s);
			fprintf(stderr,
				"%s%zu bytes that the script printed are lost: only %u are shown\n",
				s->prompt ? "" : "trapgate: ", e->lost, TG_EVAL_TEXT_MAX);
		}
		return;
	}
	object = json_object();
	json_object_set_new(object, "type", json_string("eval"));
	json_object_set_new(object, "where", json_string(where));
	if (e->expression)
		json_object_set_new(object, "value", json_address(e->value));
	json_object_set_new(object, "text", json_text(e->text));
	json_object_set_new(object, "lost", json_integer((json_int_t)e->lost));
	out_json(s, object);
}

static int evaluate(struct session *s, const struct tg_token *token, bool expression,
		    struct tg_error *err)
{
	struct script_source source = {
		.name = s->source_name ? s->source_name : "script",
		.expression = expression, .what = expression ? "the expression" : "the script",
	};
	struct evaluation e = { .s = s, .expression = expression };
	struct tg_error failed = { };
	char *text = script_placed(s, token, &source.size);
	bool loaded;
	int rc;

	if (!text)
		return tg_error_set(err, -ENOMEM, "out of memory");
	source.text = text;
	rc = script_compile(s, &source, &e.image, err);
	free(text);
	if (rc)
		return rc;
	e.text = malloc(TG_EVAL_TEXT_MAX + 1);
	if (!e.text) {
		free(e.image);
		return tg_error_set(err, -ENOMEM, "out of memory");
	}
	loaded = is_loaded(s);
	rc = loaded ? run_in_module(&e, &failed) : run_on_host(&e, &failed);
	if (rc) {
		e.expression = false;
		if (err)
			*err = failed;
	}
	if (!rc || e.used)
		show(&e, loaded ? "root" : "host");
	free(e.text);
	free(e.image);
	return rc;
}

int cmd_eval(struct session *s, const struct tg_tokens *tokens, struct tg_error *err)
{
	if (tokens->count < 2)
		return tg_error_set(err, -EINVAL, "please specify an expression: %s @rip + 10",
				    tokens->token[0].text);
	return evaluate(s, &tokens->token[1], true, err);
}

/* Statements end with ';' or '}'; all else is an expression. */
int cmd_question(struct session *s, const struct tg_tokens *tokens, struct tg_error *err)
{
	const char *text;
	size_t length;

	if (tokens->count < 2 && strcmp(tokens->token[0].text, "?"))
		return cmd_eval(s, tokens, err);
	if (tokens->count < 2)
		return cmd_help(s, tokens, err);
	text = tokens->token[1].text;
	length = strlen(text);
	if (tokens->token[1].kind == TG_TOKEN_BRACES)
		return evaluate(s, &tokens->token[1], false, err);
	return evaluate(s, &tokens->token[1], text[length - 1] != ';' && text[length - 1] != '}',
			err);
}

#define DEPTH_MOST	16u

int cmd_script_file(struct session *s, const struct tg_tokens *tokens, struct tg_error *err)
{
	char *const *args = s->args;
	unsigned int nr = s->nr_args;
	char *own[TG_MAX_TOKENS];
	int status;

	if (tokens->count < 2)
		return tg_error_set(err, -EINVAL, "please specify a file: .script FILE [ARG]...");
	if (s->script_depth == DEPTH_MOST)
		return tg_error_set(err, -ELOOP, "%s: .script is nested more than %u deep",
				    tokens->token[1].text, DEPTH_MOST);
	for (int i = 1; i < tokens->count; i++)
		own[i - 1] = tokens->token[i].text;
	s->args = own;
	s->nr_args = (unsigned int)tokens->count - 1;
	s->script_depth++;
	status = script_file(s, tokens->token[1].text);
	s->script_depth--;
	s->args = args;
	s->nr_args = nr;
	return status ? tg_error_set(err, -EINVAL, "%s ended with an error", tokens->token[1].text)
		      : 0;
}
