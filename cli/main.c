// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "session.h"

/* Else a closed stream's number would go to a file of ours. */
static void open_streams(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return;
}

int main(int argc, char **argv)
{
	int status;

	open_streams();
	if (argc > 1 && !strcmp(argv[1], "lab"))
		return lab_exec(argv + 1);
	setlocale(LC_CTYPE, "");
	setvbuf(stdout, NULL, _IOFBF, 65536);
	status = trapgate_main(argc, argv, &tg_sys_real);
	/* --help and --version into a full disk */
	if (fflush(stdout) && !status)
		status = EXIT_FAILED;
	return status;
}
