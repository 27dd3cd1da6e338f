// SPDX-License-Identifier: GPL-2.0
/* What /proc says about a process, to make a better error message. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "trapgate.h"

int tg_proc_comm(__u64 pid, char *comm, size_t size)
{
	char path[48];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%llu/comm", (unsigned long long)pid);
	f = fopen(path, "re");
	if (!f)
		return -ESRCH;
	if (!fgets(comm, (int)size, f))
		comm[0] = '\0';
	fclose(f);
	comm[strcspn(comm, "\n")] = '\0';
	return 0;
}

int tg_proc_missing(const char *text, unsigned int radix, __u32 pid, struct tg_error *err)
{
	unsigned int other = radix == 16 ? 10 : 16;
	char both[48], comm[64], safe[64];
	__u64 value;

	tg_format_both(pid, both, sizeof(both));
	if (!*text || tg_number_has_prefix(text) ||
	    tg_number_parse(text, other, 0x7fffffff, &value) || value == pid ||
	    tg_proc_comm(value, comm, sizeof(comm)))
		return tg_error_set(err, -ESRCH, "no process %s", both);
	tg_format_printable(comm, sizeof(comm), safe, sizeof(safe));
	return tg_error_set(err, -ESRCH, "no process %s; %s in %s is %s: write %s%s", both, text,
			    other == 10 ? "decimal" : "hexadecimal", safe,
			    other == 10 ? "0n" : "0x", text);
}
