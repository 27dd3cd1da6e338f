// SPDX-License-Identifier: GPL-2.0
/*
 * Proofs of what an emulator does, without any of our hypervisor. Argument: names
 * of groups and of probes, or "after PROBE": those that follow it; without, all.
 * Lines: begin NAME: what is right (source); probe NAME: right|bug: what was seen.
 */
#include "svm.h"
#include "vtx.h"

const char *probe_take(void);

static const struct {
	const char *name;
	const struct probe *probes;
	bool (*init)(void);
} groups[] = {
	{ "exception", exception_probes, svm_init },
	{ "inject", inject_probes, svm_init },
	{ "interrupt", interrupt_probes, svm_init },
	{ "step", step_probes, svm_init },
	{ "nest", nest_probes, svm_init },
	{ "misc", misc_probes, svm_init },
	{ "vtx", vtx_probes, vtx_init },
};

#define GROUPS	(sizeof(groups) / sizeof(groups[0]))

/* One of the alternatives separated by '|'. */
static bool is_one_of(const char *text, const char *alternatives)
{
	while (*alternatives) {
		const char *t = text;

		while (*alternatives && *alternatives != '|' && *alternatives == *t)
			alternatives++, t++;
		if (*alternatives == '*' || (!*t && (!*alternatives || *alternatives == '|')))
			return true;
		while (*alternatives && *alternatives++ != '|')
			;
	}
	return false;
}

/* A step of the guest's that reaches the host. */
static void host_debug(struct lab_frame *frame)
{
	frame->flags &= ~(u64)FL_TF;
}

static void probe_one(const struct probe *p)
{
	const u64 host_db = lab_count[1];
	const char *seen;

	lab_print("begin %s: %s (%s)\n", p->name, p->right, p->rule);
	lab_handlers[1] = host_debug;
	p->run();
	if (lab_count[1] != host_db)
		saw("and #DB in the host");
	seen = probe_take();
	lab_print("probe %s: %s: %s\n", p->name, is_one_of(seen, p->right) ? "right" : "bug",
		  seen);
}

/* What follows the word, which the text must begin with; NULL without. */
static const char *after_word(const char *text, const char *word)
{
	while (*word && *text == *word)
		text++, word++;
	if (*word || (*text && *text != ' '))
		return NULL;
	return *text ? text + 1 : text;
}

static bool asked(const char *arguments, const char *name)
{
	while (*arguments) {
		if (after_word(arguments, name))
			return true;
		while (*arguments && *arguments++ != ' ')
			;
	}
	return false;
}

int lab_main(const char *arguments)
{
	const char *skip_to = after_word(arguments, "after");
	bool all = skip_to || !*arguments, found = false;
	unsigned int i;

	for (i = 0; i < GROUPS; i++) {
		const struct probe *p;
		bool group = asked(arguments, groups[i].name);

		if (!groups[i].init())
			continue;
		for (p = groups[i].probes; p->name; p++) {
			if (skip_to) {
				if (!lab_strcmp(skip_to, p->name))
					skip_to = NULL;
				found = true;
				continue;
			}
			if (!all && !group && !asked(arguments, p->name))
				continue;
			probe_one(p);
			found = true;
		}
	}
	if (!found || skip_to) {
		lab_print("no such probe on this machine: %s\n", arguments);
		return LAB_BAD_ARGUMENT;
	}
	return 0;
}
