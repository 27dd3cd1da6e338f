// SPDX-License-Identifier: GPL-2.0
/*
 * Proofs of what an emulator does, without any of our hypervisor. Argument: the
 * name of a group or of a probe, or several; "list" prints the names, with '!'
 * for those that need a boot of their own. Lines:
 * probe NAME: right: SEEN (RULE) or probe NAME: bug: SEEN; should be RIGHT (RULE).
 */
#include "svm.h"

const char *probe_take(void);

static const struct {
	const char *name;
	const struct probe *probes;
	bool (*init)(void);
} groups[] = {
	{ "exception", exception_probes, svm_init },
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

static void probe_one(const struct probe *p)
{
	const char *seen;

	lab_print("begin %s\n", p->name);
	p->run();
	seen = probe_take();
	if (is_one_of(seen, p->right))
		lab_print("probe %s: right: %s (%s)\n", p->name, seen, p->rule);
	else
		lab_print("probe %s: bug: %s; should be %s (%s)\n", p->name, seen, p->right,
			  p->rule);
}

/* Whether a word of the arguments is this name. */
static bool asked(const char *arguments, const char *name)
{
	size_t n = lab_strlen(name), i;

	while (*arguments) {
		for (i = 0; i < n && arguments[i] == name[i]; i++)
			;
		if (i == n && (arguments[n] == ' ' || !arguments[n]))
			return true;
		while (*arguments && *arguments++ != ' ')
			;
	}
	return false;
}

int lab_main(const char *arguments)
{
	bool list = asked(arguments, "list"), found = false;
	unsigned int i;

	for (i = 0; i < GROUPS; i++) {
		const struct probe *p;

		if (!groups[i].init())
			continue;
		for (p = groups[i].probes; p->name; p++) {
			if (list)
				lab_print("%s%s\n", p->alone ? "!" : "", p->name);
			else if (asked(arguments, p->name) ||
				 (!p->alone && (!*arguments || asked(arguments, groups[i].name))))
				probe_one(p);
			else
				continue;
			found = true;
		}
	}
	if (!found) {
		lab_print("no such probe on this machine: %s\n", arguments);
		return LAB_BAD_ARGUMENT;
	}
	return 0;
}
