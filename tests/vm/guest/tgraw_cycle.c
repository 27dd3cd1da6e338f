// SPDX-License-Identifier: GPL-2.0
/*
 * tgraw cycle N without|with|close: loads and unloads N times; with events on
 * everything, or leaving the unloading to the close of the file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tgraw.h"

static int hook_all(struct raw_dev *d)
{
	struct tg_event_add a;
	int err;

	err = raw_rings(d, 65536);
	if (err)
		return err;
	raw_spec(&a, TG_EVENT_EXCEPTION, TG_ALL);
	err = raw_add(d, &a);
	if (err)
		return err;
	raw_spec(&a, TG_EVENT_INTERRUPT, TG_ALL);
	return raw_add(d, &a);
}

static int check_state(struct raw_dev *d, unsigned int state)
{
	struct tg_info i;

	if (raw_info(d, &i))
		return 1;
	if (i.state == state && i.virtualised_cpus == (state ? i.online_cpus : 0))
		return 0;
	fprintf(stderr, "tgraw: state %u with %u of %u CPUs, not %u\n", i.state,
		i.virtualised_cpus, i.online_cpus, state);
	return 1;
}

static int once(struct raw_dev *d, int with, int by_close, int i)
{
	struct tg_load l = { .size = sizeof(l) };

	if (raw_open(d) || check_state(d, TG_STATE_UNLOADED) || raw_load(d) ||
	    check_state(d, TG_STATE_LOADED))
		return 1;
	if (with && hook_all(d))
		return 1;
	usleep(i % 4 * 5000);
	if (with)
		raw_drain(d);
	if (!by_close) {
		if (ioctl(d->fd, TG_IOC_UNLOAD, &l)) {
			fprintf(stderr, "tgraw: unload: %s: %s\n",
				strerror(errno), l.reason);
			return 1;
		}
		if (check_state(d, TG_STATE_UNLOADED))
			return 1;
	}
	raw_close(d);
	return d->bad != 0;
}

int tgraw_cycle(int argc, char **argv)
{
	static struct raw_dev d;
	int n = argc == 3 ? atoi(argv[1]) : 0, with, by_close;

	if (n < 1) {
		fprintf(stderr, "usage: tgraw cycle N without|with|close\n");
		return 2;
	}
	with = strcmp(argv[2], "without");
	by_close = !strcmp(argv[2], "close");
	for (int i = 0; i < n; i++) {
		if (once(&d, with, by_close, i)) {
			fprintf(stderr, "tgraw: in turn %d of %d\n", i, n);
			return 1;
		}
	}
	printf("cycles=%d\n", n);
	return 0;
}
