// SPDX-License-Identifier: GPL-2.0
#include <locale.h>
#include <stdio.h>

#include "session.h"

int main(int argc, char **argv)
{
	int status;

	setlocale(LC_CTYPE, "");
	setvbuf(stdout, NULL, _IOFBF, 65536);
	status = trapgate_main(argc, argv, &tg_sys_real);
	/* --help and --version into a full disk */
	if (fflush(stdout) && !status)
		status = EXIT_FAILED;
	return status;
}
