// SPDX-License-Identifier: GPL-2.0
/* Time stamp counter to time since the session began. */
#include "trapgate.h"

void tg_clock_start(struct tg_clock *clock, const struct tg_info *info)
{
	clock->tsc = info->tsc;
	clock->khz = info->tsc_khz ? info->tsc_khz : 1;
}

__u64 tg_clock_ns(const struct tg_clock *clock, __u64 tsc)
{
	unsigned __int128 ns;

	if (tsc <= clock->tsc)
		return 0;
	ns = (unsigned __int128)(tsc - clock->tsc) * 1000000u / clock->khz;
	return (__u64)ns;
}
