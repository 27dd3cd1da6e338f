// SPDX-License-Identifier: GPL-2.0
/* The bugs of the emulators: lab/probe/expected and lab/delivery/emulators. */
#include "host.h"

static const char *const emulator_bugs[] = {
#include "bugs.h"
	NULL
};

static bool listed(const char *line)
{
	u32 i;

	for (i = 0; emulator_bugs[i]; i++)
		if (!lab_strcmp(emulator_bugs[i], line))
			return true;
	return false;
}

bool host_emulator_bug(const char *machine, const char *bug)
{
	char line[80], name[32];
	u32 i, end = 0;

	lab_format(line, sizeof(line), "%s %s", machine, bug);
	if (listed(line))
		return true;
	for (i = 0; machine[i] && i < sizeof(name) - 1; i++) {
		name[i] = machine[i];
		if (machine[i] == '-')
			end = i;
	}
	name[end] = 0;
	lab_format(line, sizeof(line), "%s %s", name, bug);
	return listed(line);
}
