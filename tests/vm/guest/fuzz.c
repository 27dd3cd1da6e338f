// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz SEED COUNT: runs the directed programs of fuzz_gen.c and COUNT random
 * ones, and prints every signal they get, one a line. Run it with and without
 * hooks: the output is the same, or the hypervisor is not transparent.
 *
 * The child runs the programs; the parent sets its debug registers and passes
 * each signal on, after noting DR6. Exit status 0 when all ran.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "fuzz.h"

#define MAX_SIGNALS	300		/* per program */

struct entry {
	int signo, code;
	uint64_t addr, rip, trapno, err, efl, dr6, regs;
};

static struct shared {
	unsigned int index;		/* the program that runs */
	unsigned long dr[4], dr7;	/* what it wants */
	uint64_t dr6;			/* at the latest signal stop */
	int finished;
	unsigned int nr;
	struct entry log[MAX_SIGNALS];
} *sh;

static struct fuzz_prog prog;
static char alt_stack[65536] __attribute__((aligned(4096)));
uint64_t fuzz_saved_rsp;

void fuzz_enter(unsigned long code, unsigned long stack);
void fuzz_done(void);
void fuzz_handler(int sig, siginfo_t *info, void *uc);
/* A trap that comes back at one RIP (INT1 on a host that mends it wrongly). */
static int stuck(void)
{
	unsigned int n = 1;

	while (n < 10 && sh->nr > n &&
	       sh->log[sh->nr - 1 - n].rip == sh->log[sh->nr - 1].rip)
		n++;
	return n == 10;
}

void fuzz_handler_c(int sig, siginfo_t *info, void *uc);

static uint64_t hash_regs(const greg_t *r)
{
	uint64_t h = 0xcbf29ce484222325;

	for (int i = REG_R8; i <= REG_RSP; i++)
		h = (h ^ r[i]) * 0x100000001b3;
	return h;
}

static void leave(greg_t *r)
{
	r[REG_RIP] = (long)fuzz_done;
	r[REG_EFL] = 0x202;
}

/* After a fault: on to the snippet behind the one at this address. */
static void skip(greg_t *r)
{
	unsigned long rip = r[REG_RIP], off = rip - FUZZ_CODE;

	if (rip >> 24 == FUZZ_OUT >> 24) {
		r[REG_RIP] = FUZZ_CODE + (rip - FUZZ_OUT);
		return;
	}
	for (unsigned int i = 0; i <= prog.nr; i++) {
		if (prog.start[i] > off) {
			r[REG_RIP] = FUZZ_CODE + prog.start[i];
			r[REG_RSP] = FUZZ_STACK;
			return;
		}
	}
	leave(r);
}

void fuzz_handler_c(int sig, siginfo_t *info, void *p)
{
	greg_t *r = ((ucontext_t *)p)->uc_mcontext.gregs;
	struct entry *e = &sh->log[sh->nr];

	e->signo = sig;
	e->code = info->si_code;
	e->addr = sig == SIGTRAP && info->si_code == SI_USER ? 0 :
		  (uint64_t)info->si_addr;
	e->rip = r[REG_RIP];
	e->trapno = r[REG_TRAPNO];
	e->err = r[REG_ERR];
	e->efl = r[REG_EFL];
	e->dr6 = sh->dr6;
	e->regs = hash_regs(r);
	if (++sh->nr == MAX_SIGNALS) {
		leave(r);
		return;
	}
	if (sig != SIGTRAP || stuck())
		skip(r);
}

static void map_fixed(unsigned long addr, size_t n, int prot)
{
	void *p = mmap((void *)addr, n, prot, MAP_PRIVATE | MAP_ANONYMOUS |
		       MAP_FIXED_NOREPLACE, -1, 0);

	if (p != (void *)addr)
		_exit(77);
}

static void child_set_up(void)
{
	static const int sigs[] = { SIGFPE, SIGTRAP, SIGILL, SIGSEGV, SIGBUS };
	stack_t ss = { .ss_sp = alt_stack, .ss_size = sizeof(alt_stack) };
	struct sigaction sa = {
		.sa_sigaction = fuzz_handler, .sa_flags = SA_SIGINFO | SA_ONSTACK,
	};
	const int rw = PROT_READ | PROT_WRITE;

	map_fixed(FUZZ_CODE, 65536, rw | PROT_EXEC);
	map_fixed(FUZZ_WATCH, 4096, rw);
	map_fixed(FUZZ_STACK & ~0xffful, 4096, rw);
	map_fixed(FUZZ_RO, 4096, PROT_READ);
	sigaltstack(&ss, NULL);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], &sa, NULL);
	prog.code = (unsigned char *)FUZZ_CODE;
}

static void child(uint64_t seed, unsigned int first, unsigned int count)
{
	child_set_up();
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	for (unsigned int i = first; i < count; i++) {
		memset((void *)FUZZ_CODE, 0xf4, 4096);
		fuzz_generate(&prog, seed, i);
		memset((void *)FUZZ_WATCH, 0, 4096);
		*(volatile uint32_t *)FUZZ_WATCH = 0x2b;
		memset((void *)(FUZZ_STACK & ~0xffful), 0, 4096);
		sh->index = i;
		sh->nr = 0;
		sh->finished = 0;
		memcpy(sh->dr, prog.dr, sizeof(sh->dr));
		sh->dr7 = prog.dr7;
		kill(getpid(), SIGSTOP);	/* the parent sets DR0-DR7 */
		fuzz_enter(FUZZ_CODE, FUZZ_STACK);
		sh->dr7 = 0;
		sh->finished = 1;
		kill(getpid(), SIGSTOP);	/* and prints the log */
	}
	_exit(0);
}

static void print_log(const char *end)
{
	printf("program %u %s signals=%u dr7=%lx\n", sh->index,
	       sh->index < fuzz_nr_directed() ? "directed" : "random", sh->nr,
	       sh->dr7);
	for (unsigned int i = 0; i < sh->nr; i++) {
		const struct entry *e = &sh->log[i];

		printf("  %u.%u sig=%d code=%d addr=%lx at=%+ld trapno=%lu "
		       "err=%lx efl=%lx dr6=%lx regs=%016lx\n", sh->index, i,
		       e->signo, e->code, e->addr, (long)(e->rip - FUZZ_CODE),
		       e->trapno, e->err, e->efl, e->dr6, e->regs);
	}
	printf("  %u %s\n", sh->index, end);
}

static int poke(pid_t pid, int n, unsigned long v)
{
	return ptrace(PTRACE_POKEUSER, pid,
		      offsetof(struct user, u_debugreg) + n * sizeof(long), v) != 0;
}

static int set_breakpoints(pid_t pid)
{
	int bad = poke(pid, 7, 0);

	for (int i = 0; i < 4; i++)
		bad |= sh->dr[i] && poke(pid, i, sh->dr[i]);
	bad |= poke(pid, 6, 0);
	bad |= poke(pid, 7, sh->dr7);
	if (bad)
		printf("program %u: breakpoints refused: %d\n", sh->index, errno);
	return bad;
}

/* Returns the index to go on with; == count when all ran. */
static unsigned int watch(pid_t pid, unsigned int count, int *bad)
{
	int status, sig;

	while (waitpid(pid, &status, 0) == pid) {
		if (WIFEXITED(status)) {
			*bad |= WEXITSTATUS(status) != 0;
			return count;
		}
		if (WIFSIGNALED(status)) {
			char text[40];

			snprintf(text, sizeof(text), "killed by %d", WTERMSIG(status));
			print_log(text);
			return sh->index + 1;
		}
		sig = WSTOPSIG(status);
		if (sig == SIGSTOP) {
			sig = 0;
			if (sh->finished)
				print_log("end");
			*bad |= set_breakpoints(pid);
		}
		sh->dr6 = ptrace(PTRACE_PEEKUSER, pid,
				 offsetof(struct user, u_debugreg[6]), 0);
		poke(pid, 6, 0);
		ptrace(PTRACE_CONT, pid, 0, (long)sig);
	}
	*bad = 1;
	return count;
}

int main(int argc, char **argv)
{
	unsigned int next = 0, count;
	uint64_t seed;
	int bad = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: fuzz SEED COUNT\n");
		return 2;
	}
	seed = strtoull(argv[1], NULL, 0);
	count = fuzz_nr_directed() + strtoul(argv[2], NULL, 0);
	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sh == MAP_FAILED)
		return 1;
	while (next < count) {
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (pid < 0)
			return 1;
		if (!pid)
			child(seed, next, count);
		next = watch(pid, count, &bad);
	}
	return bad;
}
