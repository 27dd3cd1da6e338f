// SPDX-License-Identifier: GPL-2.0
/*
 * Signals are blocked and read from a signalfd between two steps of work; a
 * program that is started gets them back as the command had found them.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "session.h"

static sigset_t old_mask;
static struct sigaction old_pipe, old_child;

int signals_take(void)
{
	struct sigaction action = { .sa_handler = SIG_IGN };
	sigset_t mask;
	int fd;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGQUIT);
	sigaddset(&mask, SIGCHLD);
	fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	sigprocmask(SIG_BLOCK, &mask, &old_mask);
	sigaction(SIGPIPE, &action, &old_pipe);
	action.sa_handler = SIG_DFL;	/* inherited as ignored, wait would fail */
	sigaction(SIGCHLD, &action, &old_child);
	return fd;
}

void signals_give_back(int fd)
{
	struct signalfd_siginfo info;

	sigaction(SIGPIPE, &old_pipe, NULL);
	sigaction(SIGCHLD, &old_child, NULL);
	/* A second Ctrl-C while we disarmed must not kill us now. */
	while (fd >= 0 && read(fd, &info, sizeof(info)) > 0)
		continue;
	if (fd >= 0)
		close(fd);
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
}
