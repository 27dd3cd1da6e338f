// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's end of vm/run: runs /run/command with a shell, sends what it
 * prints and its exit status to the host through the emulators' debug port and
 * never returns. The debug port costs one instruction a byte, raises no
 * interrupts and cannot be mixed up with the kernel's console.
 *
 * Frames: 0x1e 'T' 'G' kind, 16-bit length, data. Kinds: 'B' boot (sent by the
 * boot sector), 'A' the agent starts, 'O' output, 'S' status (one byte).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEBUG_PORT	0xe9
#define TERMINAL	"/dev/ttyS1"
#define COMMAND		"/run/command"

static int child_end[2];

static void send_bytes(const void *data, size_t length)
{
	__asm__ volatile("rep outsb" : "+S"(data), "+c"(length) : "d"(DEBUG_PORT) : "memory");
}

static void send_frame(char kind, const void *data, size_t length)
{
	unsigned char head[6] = { 0x1e, 'T', 'G', kind, length & 0xff, length >> 8 };

	send_bytes(head, sizeof(head));
	send_bytes(data, length);
}

static void send_status(int wait_status)
{
	unsigned char code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) :
						      128 + WTERMSIG(wait_status);

	send_frame('S', &code, 1);
	for (;;)
		pause();
}

static void on_child(int sig)
{
	int saved = errno;

	(void)sig;
	if (write(child_end[1], "", 1) < 0 && errno != EAGAIN)
		_exit(1);
	errno = saved;
}

static void run_command(int out, int interactive)
{
	int in = open(interactive ? TERMINAL : "/dev/null", O_RDWR);

	setsid();
	if (interactive) {
		ioctl(in, TIOCSCTTY, 0);
		out = in;
	}
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	execl("/bin/sh", "sh", COMMAND, NULL);
	perror("/bin/sh");
	_exit(127);
}

/* Process 1 inherits everybody's orphans. True when the child itself ended. */
static int reap(pid_t child, int *status, int flags)
{
	int ended;
	pid_t pid;

	while ((pid = waitpid(-1, &ended, flags)) > 0) {
		if (pid == child) {
			*status = ended;
			return 1;
		}
	}
	return 0;
}

/* Returns 0 at the end of the output. */
static ssize_t pass_on(int fd)
{
	static char buffer[32768];
	ssize_t got = read(fd, buffer, sizeof(buffer));

	if (got > 0)
		send_frame('O', buffer, got);
	return got;
}

int main(int argc, char **argv)
{
	int interactive = argc > 1 && !strcmp(argv[1], "-i");
	int output[2], status = 0, ended = 0;
	pid_t child;

	if (ioperm(DEBUG_PORT, 1, 1) || pipe2(output, O_CLOEXEC) ||
	    pipe2(child_end, O_CLOEXEC | O_NONBLOCK)) {
		perror("agent");
		return 1;
	}
	signal(SIGCHLD, on_child);
	send_frame('A', NULL, 0);

	child = fork();
	if (child < 0) {
		perror("agent: fork");
		return 1;
	}
	if (child == 0)
		run_command(output[1], interactive);
	close(output[1]);

	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = output[0], .events = POLLIN },
			{ .fd = child_end[0], .events = POLLIN },
		};
		char bytes[64];

		if (poll(fds, 2, ended ? 0 : -1) < 0)
			continue;
		if (fds[0].revents && pass_on(output[0]) <= 0) {
			/* nobody is left who could write */
			while (!ended)
				ended = reap(child, &status, 0);
			break;
		}
		if (fds[1].revents && read(child_end[0], bytes, sizeof(bytes)) > 0)
			ended |= reap(child, &status, WNOHANG);
		if (ended && !fds[0].revents)
			break;	/* what runs on in the background is not waited for */
	}
	send_status(status);
}
