// SPDX-License-Identifier: GPL-2.0
/*
 * The prompt: libedit reads the line, our getc waits for keys, records and
 * signals at once. A record that comes while a line is edited is printed
 * above it: the line is wiped, the record printed, the line drawn again.
 */
#include <errno.h>
#include <histedit.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "session.h"

#define PROMPT		"trapgate> "
#define PROMPT_MORE	"> "
#define HISTORY_FILE	".trapgate_history"
#define HISTORY_SIZE	1000

struct prompt {
	struct session *s;
	EditLine *el;
	History *history;
	char *history_path;
	char *command;			/* lines so far */
	mbstate_t bytes;		/* of a character that is not complete */
	bool editing;
	bool wiped;			/* the line must be drawn again */
	bool cancelled;			/* Ctrl-C */
};

static struct prompt *prompt_of(EditLine *el)
{
	void *data = NULL;

	el_get(el, EL_CLIENTDATA, &data);
	return data;
}

static const char *prompt_text(const struct prompt *p)
{
	return p->command ? PROMPT_MORE : PROMPT;
}

static char *prompt_draw(EditLine *el)
{
	return (char *)prompt_text(prompt_of(el));
}

/* Wipes the line being edited, all rows of it. */
static void prompt_wipe(struct session *s)
{
	struct prompt *p = s->prompt_data;
	struct winsize size = { };
	const LineInfo *line;
	size_t column;

	if (!p->editing || p->wiped || (s->trace != stdout && s->trace_closed))
		return;
	if (s->trace != s->result)
		return;			/* records go to a file, not here */
	line = el_line(p->el);
	column = strlen(prompt_text(p)) + (size_t)(line->cursor - line->buffer);
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		size.ws_col = 80;
	if (column >= size.ws_col)
		printf("\033[%zuA", column / size.ws_col);
	printf("\r\033[J");
	p->wiped = true;
}

static int prompt_read_byte(struct prompt *p, wchar_t *c)
{
	char byte;
	size_t n;

	if (read(STDIN_FILENO, &byte, 1) != 1)
		return 0;
	n = mbrtowc(c, &byte, 1, &p->bytes);
	if (n == (size_t)-2)
		return -1;		/* more bytes belong to it */
	if (n == (size_t)-1) {
		memset(&p->bytes, 0, sizeof(p->bytes));
		*c = (unsigned char)byte;
	}
	return 1;
}

static int prompt_getc(EditLine *el, wchar_t *c)
{
	struct prompt *p = prompt_of(el);

	for (;;) {
		bool ready = false;
		int signal = session_wait(p->s, -1, STDIN_FILENO, &ready, NULL);
		int n;

		if (p->wiped) {
			p->wiped = false;
			el_set(el, EL_REFRESH);
		}
		if (signal == SIGINT)
			p->cancelled = true;
		else if (signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT)
			p->s->quit = true;
		if (p->cancelled || p->s->quit) {
			errno = EINTR;
			return -1;
		}
		if (!ready)
			continue;
		n = prompt_read_byte(p, c);
		if (n >= 0)
			return n;
	}
}

/* ---- completion ----------------------------------------------------------------- */

/* How many characters all candidates share. */
static size_t common_length(const char *const *candidates, int count)
{
	size_t length = strlen(candidates[0]);

	for (int i = 1; i < count; i++) {
		size_t same = 0;

		while (same < length && candidates[i][same] == candidates[0][same])
			same++;
		length = same;
	}
	return length;
}

static unsigned char prompt_complete(EditLine *el, int key)
{
	const char *candidates[COMPLETE_MAX], *word;
	const LineInfo *info = el_line(el);
	char line[1024], insert[64];
	size_t length = (size_t)(info->cursor - info->buffer), have, common;
	int count;

	(void)key;
	if (length >= sizeof(line))
		return CC_ERROR;
	memcpy(line, info->buffer, length);
	line[length] = '\0';
	count = complete_line(line, candidates, &word);
	if (!count)
		return CC_ERROR;
	have = strlen(word);
	common = common_length(candidates, count);
	if (common > have || count == 1) {
		/* Case as in the table: #pf becomes #PF. */
		bool blank = count == 1 && candidates[0][common - 1] != ':';

		snprintf(insert, sizeof(insert), "%.*s%s", (int)common, candidates[0],
			 blank ? " " : "");
		el_deletestr(el, (int)have);
		return el_insertstr(el, insert) ? CC_ERROR : CC_REFRESH;
	}
	printf("\n");
	for (int i = 0; i < count; i++)
		printf("%s%s", candidates[i], i + 1 < count ? "  " : "\n");
	return CC_REDISPLAY;
}

/* ---- set-up ----------------------------------------------------------------------- */

static void history_open(struct prompt *p)
{
	const char *home = getenv("HOME");
	HistEvent event;

	p->history = history_init();
	if (!p->history)
		return;
	history(p->history, &event, H_SETSIZE, HISTORY_SIZE);
	history(p->history, &event, H_SETUNIQUE, 1);
	el_set(p->el, EL_HIST, history, p->history);
	if (!home || !*home || asprintf(&p->history_path, "%s/" HISTORY_FILE, home) < 0) {
		p->history_path = NULL;
		return;
	}
	history(p->history, &event, H_LOAD, p->history_path);
}

static void history_close(struct prompt *p)
{
	HistEvent event;

	if (!p->history)
		return;
	if (p->history_path)
		history(p->history, &event, H_SAVE, p->history_path);
	history_end(p->history);
	free(p->history_path);
}

static void history_add(struct prompt *p, const char *command)
{
	HistEvent event;
	char *line;

	if (!p->history || !command[strspn(command, " \t\n")])
		return;
	line = strdup(command);
	if (!line)
		return;
	for (char *c = line; *c; c++)
		if (*c == '\n')
			*c = c[1] ? ' ' : '\0';
	history(p->history, &event, H_ENTER, line);
	free(line);
}

static int prompt_open(struct prompt *p)
{
	p->el = el_init("trapgate", stdin, stdout, stderr);
	if (!p->el)
		return -ENOMEM;
	el_set(p->el, EL_CLIENTDATA, p);
	el_set(p->el, EL_PROMPT, prompt_draw);
	el_set(p->el, EL_EDITOR, "emacs");
	el_set(p->el, EL_SIGNAL, 1);	/* suspend, resume, resize */
	el_set(p->el, EL_GETCFN, prompt_getc);
	el_set(p->el, EL_ADDFN, "trapgate-complete", "Complete the word", prompt_complete);
	el_set(p->el, EL_BIND, "^I", "trapgate-complete", NULL);
	el_set(p->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
	history_open(p);
	el_source(p->el, NULL);		/* ~/.editrc */
	p->s->prompt = true;
	p->s->prompt_data = p;
	p->s->before_output = prompt_wipe;
	return 0;
}

static void prompt_close(struct prompt *p)
{
	history_close(p);
	el_end(p->el);
	free(p->command);
	p->s->prompt = false;
	p->s->prompt_data = NULL;
	p->s->before_output = NULL;
}

/* ---- the loop ------------------------------------------------------------------------ */

static void prompt_line(struct prompt *p, const char *line)
{
	size_t length = p->command ? strlen(p->command) : 0;
	char *more = realloc(p->command, length + strlen(line) + 1);

	if (!more)
		return;
	strcpy(more + length, line);
	p->command = more;
	if (tg_token_open(more))
		return;
	history_add(p, more);
	command_run(p->s, more, NULL);
	p->s->interrupted = false;	/* Ctrl-C ended a wait, not the prompt */
	free(p->command);
	p->command = NULL;
}

int prompt_run(struct session *s)
{
	struct prompt p = { .s = s };

	if (prompt_open(&p)) {
		fprintf(stderr, "trapgate: cannot open the terminal\n");
		return EXIT_FAILED;
	}
	if (!s->quiet && !s->json)
		printf("trapgate %s: 'help' lists the commands\n", TRAPGATE_VERSION);
	while (!s->quit && !out_failed(s)) {
		const char *line;
		int count = 0;

		p.editing = true;
		p.cancelled = false;
		/* Before the prompt is seen: a key typed at once is for us, not the tty. */
		el_set(p.el, EL_PREP_TERM, 1);
		line = el_gets(p.el, &count);
		p.editing = false;
		if (p.cancelled) {
			printf("^C\n");
			free(p.command);
			p.command = NULL;
			continue;
		}
		if (s->quit || !line || count <= 0) {
			printf("\n");
			break;
		}
		prompt_line(&p, line);
	}
	prompt_close(&p);
	return EXIT_OK;
}
