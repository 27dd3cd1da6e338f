// SPDX-License-Identifier: GPL-2.0
/*
 * trapgate ... -- PROG: the child waits on a pipe until its events are armed,
 * then becomes PROG. Its streams are ours, its status is passed through.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session.h"

struct program {
	struct session *s;
	const char *name;
	pid_t pid;
	int go;				/* a byte here starts it */
	int failed;			/* 0 when ready, errno of exec; closed by exec */
	int exec_errno;
	bool ended;
	int status;			/* of waitpid */
};

static void program_child(char **argv, int go, int failed)
{
	int error = 0;
	ssize_t n;
	char byte;

	signals_give_back(-1);
	/* Our own page faults before exec are no news: have them now, unhooked. */
	mlockall(MCL_CURRENT);
	if (write(failed, &error, sizeof(error)) != sizeof(error))
		_exit(126);
	do {
		n = read(go, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(127);		/* an event failed, or the command died */
	execvp(argv[0], argv);
	error = errno;
	if (write(failed, &error, sizeof(error)) != sizeof(error))
		_exit(126);
	_exit(127);
}

static int program_fork(struct program *p, char **argv)
{
	int go[2], failed[2];

	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(failed, O_CLOEXEC)) {
		int rc = -errno;

		close(go[0]);
		close(go[1]);
		return rc;
	}
	out_flush(p->s);
	p->pid = fork();
	if (p->pid == 0) {
		/* Else the child would keep its own pipe open. */
		close(go[1]);
		close(failed[0]);
		program_child(argv, go[0], failed[1]);
	}
	close(go[0]);
	close(failed[1]);
	p->go = go[1];
	p->failed = failed[0];
	return p->pid < 0 ? -errno : 0;
}

static int program_read(struct program *p, int *error)
{
	ssize_t n;

	do {
		n = read(p->failed, error, sizeof(*error));
	} while (n < 0 && errno == EINTR);
	return n == sizeof(*error);
}

static void program_check_exec(struct program *p)
{
	int error;

	if (p->failed < 0)
		return;
	if (program_read(p, &error))
		p->exec_errno = error;
	close(p->failed);
	p->failed = -1;
}

static void program_reap(struct program *p, int flags)
{
	pid_t pid;

	do {
		pid = waitpid(p->pid, &p->status, flags);
	} while (pid < 0 && errno == EINTR);
	p->ended = pid == p->pid || (pid < 0 && errno == ECHILD);
}

/*
 * What the terminal sends reaches the whole process group, the program
 * included; what somebody sent to us alone is passed on.
 */
static void program_forward(struct program *p, int signal, const struct signalfd_siginfo *info)
{
	if (info->ssi_code <= 0)
		kill(p->pid, signal);
}

static void program_loop(struct program *p)
{
	/* Its SIGCHLD may have been read, and dropped, while a command slept. */
	program_reap(p, WNOHANG);
	while (!p->ended) {
		struct signalfd_siginfo info;
		bool ready = false;
		int signal = session_wait(p->s, -1, p->failed, &ready, &info);

		if (ready)
			program_check_exec(p);
		if (signal == SIGCHLD)
			program_reap(p, WNOHANG);
		else if (signal)
			program_forward(p, signal, &info);
	}
	program_check_exec(p);
}

static int program_exec_failed(struct program *p)
{
	struct tg_error err;

	tg_error_set(&err, -p->exec_errno, "cannot run '%s': %s", p->name, strerror(p->exec_errno));
	out_error(p->s, &err);
	return p->exec_errno == ENOENT ? 127 : 126;
}

static int program_status(struct program *p)
{
	bool killed = WIFSIGNALED(p->status);
	int value = killed ? WTERMSIG(p->status) : WEXITSTATUS(p->status);

	if (p->s->json && !p->s->quiet)
		out_json(p->s, json_pack("{s:s,s:i,s:i}", "type", "exit", "pid", (int)p->pid,
					 killed ? "signal" : "status", value));
	return killed ? 128 + value : value;
}

int program_run(struct session *s, char **argv, const struct source *sources, int count)
{
	struct program p = { .s = s, .name = argv[0] };
	int status, rc = program_fork(&p, argv);
	struct tg_error err;

	if (rc) {
		tg_error_set(&err, rc, "cannot start a process: %s", strerror(-rc));
		out_error(s, &err);
		return EXIT_FAILED;
	}
	program_read(&p, &rc);		/* ready; if it was killed, the loop sees that */
	s->child = p.pid;
	status = source_run(s, sources, count);
	if (status || s->quit || s->interrupted) {
		close(p.go);
		close(p.failed);
		program_reap(&p, 0);
		return s->interrupted ? EXIT_FAILED : status;
	}
	rc = (int)write(p.go, "", 1);
	(void)rc;			/* if it was killed meanwhile, the loop sees that */
	close(p.go);
	program_loop(&p);
	session_finish(s, !p.exec_errno);
	if (p.exec_errno)
		return program_exec_failed(&p);
	status = program_status(&p);
	out_flush(s);
	return status;
}
