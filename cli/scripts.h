/* SPDX-License-Identifier: GPL-2.0 */
/* Scripts of the session's commands: compiling them, and the names in them. */
#ifndef TRAPGATE_SCRIPTS_H
#define TRAPGATE_SCRIPTS_H

#include "script/script.h"
#include "session.h"

struct script_source {
	const char *name, *text;
	size_t size;
	bool expression;
	const char *what;		/* for the error: "the script" */
};

/* 0, or -errno with err; what is wrong in the text is shown. A new image. */
int script_compile(struct session *s, const struct script_source *source, struct tg_image **image,
		   struct tg_error *err);
/* A new buffer with the file's bytes; NULL and err. */
char *script_read(const char *path, size_t *size, struct tg_error *err);
/*
 * The token's text with so many lines and blanks before it that places in it are those
 * of the command and its file. A new string, or NULL.
 */
char *script_placed(const struct session *s, const struct tg_token *token, size_t *size);
/* The sentence of a run's error. */
void script_error_text(__u32 error, __u64 value, char *buf, size_t size);

/* The file that a line of the image (file number << 24 | line) is in. */
const char *script_file_name(const struct tg_image *image, __u32 line);
/* The same for a run of an event's script: number of the script, of the file in it. */
const char *script_event_file(const struct session *s, __u32 event, __u32 script, __u32 file);

/* The images of an event. */
struct actions {
	struct tg_image *when, *image[TG_ACTIONS_MAX];
	struct tg_event_actions sent;
};

void scripts_free(struct session *s);	/* all of the session's */

int actions_compile(struct session *s, const struct tg_event_command *cmd, struct actions *a,
		    struct tg_error *err);
void actions_free(struct actions *a);
/* For the errors of the event's runs. */
void actions_remember(struct session *s, __u32 event, const struct actions *a);

#endif
