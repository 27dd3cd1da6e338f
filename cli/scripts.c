// SPDX-License-Identifier: GPL-2.0
/*
 * The scripts of a session: compiled before anything is sent, their errors shown with
 * the place in the text; the names of their files, for the errors of their runs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../core/script/verify.h"
#include "scripts.h"

#define FILE_MOST	(4u << 20)

/* File names of a script of an event, for errors of its runs. */
struct script_names {
	__u32 event, script;
	unsigned int nr;
	char *names;			/* NUL-terminated, nr of them */
};

struct scripts {
	struct tg_globals globals;
	struct script_names *names;
	unsigned int nr_names;
};

static struct scripts *scripts_of(struct session *s)
{
	if (!s->scripts)
		s->scripts = calloc(1, sizeof(*s->scripts));
	return s->scripts;
}

void scripts_free(struct session *s)
{
	struct scripts *c = s->scripts;

	if (!c)
		return;
	tg_globals_free(&c->globals);
	for (unsigned int i = 0; i < c->nr_names; i++)
		free(c->names[i].names);
	free(c->names);
	free(c);
	s->scripts = NULL;
}

/* ---- compiling ---------------------------------------------------------------------- */

static void show_diag(struct session *s, const struct tg_diag *d)
{
	char *text;

	if (s->json) {
		json_t *object = json_object();

		json_object_set_new(object, "type", json_string("diagnostic"));
		json_object_set_new(object, "file", json_text(d->file));
		json_object_set_new(object, "line", json_integer(d->line));
		json_object_set_new(object, "column", json_integer(d->column));
		json_object_set_new(object, "text", json_text(d->message));
		if (d->hint)
			json_object_set_new(object, "hint", json_text(d->hint));
		out_json(s, object);
		return;
	}
	text = tg_diag_text(d);
	out_flush(s);
	fputs(text ? text : "out of memory\n", stderr);
	free(text);
}

int script_compile(struct session *s, const struct script_source *source, struct tg_image **image,
		   struct tg_error *err)
{
	struct scripts *c = scripts_of(s);
	struct tg_script_options o = {
		.name = source->name, .text = source->text, .size = source->size,
		.expression = source->expression,
	};
	struct tg_diags diags;
	unsigned int nr;
	int rc;

	*image = NULL;
	if (!c)
		return tg_error_set(err, -ENOMEM, "out of memory");
	o.globals = &c->globals;
	rc = tg_script_compile(&o, image, &diags);
	nr = diags.nr;
	for (unsigned int i = 0; i < nr; i++)
		show_diag(s, &diags.diag[i]);
	if (rc == -ENOMEM)
		tg_error_set(err, rc, "out of memory");
	else if (rc)
		tg_error_set(err, rc, "%s does not compile: %u error%s%s", source->what, nr,
			     nr == 1 ? "" : "s", diags.more ? " and more" : "");
	tg_diags_free(&diags);
	return rc;
}

char *script_read(const char *path, size_t *size, struct tg_error *err)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	struct stat st;

	if (!f) {
		tg_error_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
		return NULL;
	}
	if (fstat(fileno(f), &st) || S_ISDIR(st.st_mode))
		tg_error_set(err, -EISDIR, "cannot read %s: it is not a file", path);
	else
		text = malloc(FILE_MOST);
	*size = text ? fread(text, 1, FILE_MOST, f) : 0;
	if (text && (ferror(f) || *size == FILE_MOST)) {
		tg_error_set(err, -EFBIG, "cannot read %s: %s", path,
			     ferror(f) ? "input/output error" : "it has more than 4 MiB");
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

char *script_placed(const struct session *s, const struct tg_token *token, size_t *size)
{
	unsigned int lines = token->line + (s->source_line ? s->source_line - 1 : 0);
	size_t length = strlen(token->text);
	char *text = malloc(lines + token->column + length + 1);

	if (!text)
		return NULL;
	memset(text, '\n', lines);
	memset(text + lines, ' ', token->column);
	memcpy(text + lines + token->column, token->text, length + 1);
	*size = lines + token->column + length;
	return text;
}

static int compile_token(struct session *s, const struct tg_token *token, bool expression,
			 struct tg_image **image, struct tg_error *err)
{
	struct script_source source = {
		.name = s->source_name ? s->source_name : "script", .expression = expression,
		.what = expression ? "the condition of the event" : "the script of the event",
	};
	char *text;
	int rc;

	if (!expression && !strncmp(token->text, "file:", 5)) {
		const char *path = token->text + 5;
		char name[4096];
		size_t length = strcspn(path, "\n");

		while (length && strchr(" \t\r", path[length - 1]))
			length--;
		if (path[strcspn(path, "\n") + strspn(path + strcspn(path, "\n"), " \t\r\n")])
			return tg_error_set(err, -EINVAL,
					    "{file:%.*s} must hold a path and nothing else: put "
					    "the "
					    "script into the file or into the braces",
					    (int)length, path);
		snprintf(name, sizeof(name), "%.*s", (int)length, path);
		text = script_read(name, &source.size, err);
		if (!text)
			return err && err->code ? err->code : -ENOENT;
		source.name = name;
		source.text = text;
		rc = script_compile(s, &source, image, err);
	} else {
		text = script_placed(s, token, &source.size);
		if (!text)
			return tg_error_set(err, -ENOMEM, "out of memory");
		source.text = text;
		rc = script_compile(s, &source, image, err);
	}
	free(text);
	return rc;
}

void actions_free(struct actions *a)
{
	free(a->when);
	for (unsigned int i = 0; i < a->sent.nr; i++)
		free(a->image[i]);
}

int actions_compile(struct session *s, const struct tg_event_command *cmd, struct actions *a,
		    struct tg_error *err)
{
	int rc = 0;

	memset(a, 0, sizeof(*a));
	a->sent.buffer = cmd->buffer;
	if (cmd->when)
		rc = compile_token(s, cmd->when, true, &a->when, err);
	a->sent.when = a->when;
	for (unsigned int i = 0; !rc && i < cmd->nr_actions; i++) {
		if (cmd->action[i])
			rc = compile_token(s, cmd->action[i], false, &a->image[i], err);
		a->sent.action[i] = a->image[i];
		a->sent.nr = i + 1;
	}
	if (!cmd->nr_actions)
		a->sent.nr = 1;		/* a condition before the trace record */
	if (rc)
		actions_free(a);
	return rc;
}

/* ---- names of files ------------------------------------------------------------------- */

static const char *names_of(const struct tg_image *image)
{
	return (const char *)image + tg_image_layout(image).names;
}

static const char *name_of(const char *names, __u32 nr, __u32 file)
{
	if (file >= nr)
		return "script";
	while (file--)
		names += strlen(names) + 1;
	return names;
}

const char *script_file_name(const struct tg_image *image, __u32 line)
{
	return name_of(names_of(image), image->nr_files, line >> 24);
}

static void remember(struct session *s, __u32 event, __u32 script, const struct tg_image *image)
{
	struct scripts *c = scripts_of(s);
	struct script_names *more;

	if (!c)
		return;
	more = realloc(c->names, (c->nr_names + 1) * sizeof(*more));
	if (!more)
		return;
	c->names = more;
	more[c->nr_names] = (struct script_names){ event, script, image->nr_files,
						   malloc(image->names_size) };
	if (!more[c->nr_names].names)
		return;
	memcpy(more[c->nr_names].names, names_of(image), image->names_size);
	c->nr_names++;
}

void actions_remember(struct session *s, __u32 event, const struct actions *a)
{
	if (a->when)
		remember(s, event, 0, a->when);
	for (unsigned int i = 0; i < a->sent.nr; i++)
		if (a->image[i])
			remember(s, event, i + 1, a->image[i]);
}

/* Numbers start over after an unload: the youngest counts. */
const char *script_event_file(const struct session *s, __u32 event, __u32 script, __u32 file)
{
	const struct scripts *c = s->scripts;

	for (unsigned int i = c ? c->nr_names : 0; i-- > 0;) {
		const struct script_names *n = &c->names[i];

		if (n->event == event && n->script == script && file < n->nr)
			return name_of(n->names, n->nr, file);
	}
	return "script";
}

void script_error_text(__u32 error, __u64 value, char *buf, size_t size)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(buf, size, tg_script_error_text(error), (unsigned long long)value);
#pragma GCC diagnostic pop
}
