// SPDX-License-Identifier: GPL-2.0
/* trapgate lab: a program of its own, beside the sources or installed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

#define INSTALLED	"/usr/lib/trapgate/lab/program/run"
#define BESIDE		"/../lab/program/run"

/* argv[0] is "lab". Returns only when it cannot be run: EXIT_FAILED, said on stderr. */
int lab_exec(char **argv)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - sizeof(BESIDE));
	char *slash;

	if (n > 0) {
		path[n] = 0;
		slash = strrchr(path, '/');
		strcpy(slash, BESIDE);
		if (!access(path, X_OK))
			execv(path, argv);
	}
	execv(INSTALLED, argv);
	fprintf(stderr, "trapgate: the lab cannot be run: %s: %s\n", INSTALLED, strerror(errno));
	return EXIT_FAILED;
}
