// SPDX-License-Identifier: GPL-2.0
/*
 * raise NAME [N]          raises the exception NAME N times and prints, one
 *                         line per raise, everything its signal handler got
 * raise -l                lists the names and what each must give
 * raise -a N [EXCEPT...]  all of them but these
 * raise -c NAME N FILE    checks a trace: N raises of NAME, each seen once
 *
 * The program is not position independent and raises on a stack and at
 * addresses of its own choice, so that two runs print the same bytes.
 * Exit status: 0; 1 wrong or not raised; 2 usage; 77 not possible here.
 */
#include <asm/ldt.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "raise.h"

void raise_enter(void (*fn)(void));
void raise_done(void);
void raise_handler(int sig, siginfo_t *info, void *uc);
void raise_handler_c(int sig, siginfo_t *info, void *uc);

uint64_t raise_saved_rsp, raise_regs[16], raise_demand_page;
unsigned int raise_watched, raise_np_selector, raise_stored, raise_was_missed;
int raise_pipe[2];
struct _libc_fpstate raise_fximage __attribute__((aligned(16)));

static struct {
	int signals;
	siginfo_t info;
	ucontext_t uc;
	struct _libc_fpstate fp;
} got;

static char alt_stack[65536] __attribute__((aligned(4096)));

void raise_handler_c(int sig, siginfo_t *info, void *p)
{
	ucontext_t *uc = p;

	(void)sig;
	if (!got.signals++) {
		got.info = *info;
		got.uc = *uc;
		got.fp = *uc->uc_mcontext.fpregs;
	}
	uc->uc_mcontext.gregs[REG_RIP] = (long)raise_done;
	uc->uc_mcontext.gregs[REG_EFL] &= ~0x50100l;	/* AC, RF, TF */
	uc->uc_mcontext.fpregs->swd &= 0x7f00;
	uc->uc_mcontext.fpregs->mxcsr = 0x1f80;
}

static uint64_t hash(const void *p, size_t n)
{
	const unsigned char *b = p;
	uint64_t h = 0xcbf29ce484222325;

	while (n--)
		h = (h ^ *b++) * 0x100000001b3;
	return h;
}

static void dump_bytes(const char *name, const void *p, size_t n)
{
	const unsigned char *b = p;

	printf(" %s=", name);
	while (n--)
		printf("%02x", *b++);
}

static void dump_xmm(void)
{
	for (int i = 0; i < 16; i++) {
		char name[8];

		if (!memcmp(&got.fp._xmm[i], &raise_fximage._xmm[i], 16))
			continue;
		snprintf(name, sizeof(name), "xmm%d", i);
		dump_bytes(name, &got.fp._xmm[i], 16);
	}
}

static void dump_signal(const struct raise_case *c)
{
	static const char * const names[] = {
		"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rdi",
		"rsi", "rbp", "rbx", "rdx", "rax", "rcx", "rsp", "rip", "efl",
		"csgsfs", "err", "trapno", "oldmask", "cr2",
	};
	const greg_t *r = got.uc.uc_mcontext.gregs;
	uint64_t mask;

	_Static_assert(REG_CR2 == 22, "order of names");
	printf(" signo=%d errno=%d code=%d addr=%p at=%+ld", got.info.si_signo,
	       got.info.si_errno, got.info.si_code, got.info.si_addr,
	       (long)(r[REG_RIP] - (long)c->at));
	for (int i = 0; i <= REG_CR2; i++)
		printf(" %s=%llx", names[i], r[i]);
	memcpy(&mask, &got.uc.uc_sigmask, sizeof(mask));
	printf(" uc_flags=%lx uc_link=%p ss_sp=%+ld ss_flags=%x mask=%lx",
	       got.uc.uc_flags, (void *)got.uc.uc_link,
	       (long)((char *)got.uc.uc_stack.ss_sp - alt_stack),
	       got.uc.uc_stack.ss_flags, mask);
	printf(" cwd=%x swd=%x ftw=%x fop=%x fip=%lx fdp=%lx mxcsr=%x",
	       got.fp.cwd, got.fp.swd, got.fp.ftw, got.fp.fop,
	       (unsigned long)got.fp.rip, (unsigned long)got.fp.rdp, got.fp.mxcsr);
	printf(" st=%016lx", hash(got.fp._st, sizeof(got.fp._st)));
	dump_xmm();
	dump_bytes("siginfo", &got.info, sizeof(got.info));
	putchar('\n');
}

static void dump_regs(void)
{
	static const char * const names[] = {
		"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp",
		"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
	};

	printf(" no-signal");
	for (int i = 0; i < 16; i++)
		printf(" %s=%lx", names[i], raise_regs[i]);
	putchar('\n');
}

static int wrong(const struct raise_case *c, const char *what, long have,
		 long want)
{
	fprintf(stderr, "raise: %s: %s is 0x%lx, not 0x%lx\n", c->name, what,
		have, want);
	return 1;
}

/* The handler's view against the table. */
static int verify(const struct raise_case *c)
{
	const greg_t *r = got.uc.uc_mcontext.gregs;

	if (c->signo == RAISE_NO_SIGNAL) {
		if (got.signals)
			return wrong(c, "signals", got.signals, 0);
		if (!raise_stored)
			return wrong(c, "finished", 0, 1);
		if (c->result != RAISE_ANY && (long)raise_regs[0] != c->result)
			return wrong(c, "rax", raise_regs[0], c->result);
		return 0;
	}
	if (raise_was_missed || got.signals != 1)
		return wrong(c, "signals", got.signals, 1);
	if (got.info.si_signo != c->signo)
		return wrong(c, "signo", got.info.si_signo, c->signo);
	if (got.info.si_code != c->code)
		return wrong(c, "code", got.info.si_code, c->code);
	if ((uint64_t)got.info.si_addr != c->sig_addr)
		return wrong(c, "si_addr", (long)got.info.si_addr, c->sig_addr);
	if (r[REG_TRAPNO] != c->vector)
		return wrong(c, "trapno", r[REG_TRAPNO], c->vector);
	if (r[REG_ERR] != c->sig_err)
		return wrong(c, "err", r[REG_ERR], c->sig_err);
	if ((uint64_t)r[REG_RIP] != c->sig_rip)
		return wrong(c, "rip", r[REG_RIP], c->sig_rip);
	if (c->vector == 14 && (uint64_t)r[REG_CR2] != c->sig_addr)
		return wrong(c, "cr2", r[REG_CR2], c->sig_addr);
	return 0;
}

static int raise_times(const struct raise_case *c, long n)
{
	int bad = 0;

	raise_demand_page = RAISE_DEMAND;
	for (long i = 0; i < n; i++, raise_demand_page += 4096) {
		memset(&got, 0, sizeof(got));
		memset(raise_regs, 0, sizeof(raise_regs));
		raise_stored = raise_was_missed = 0;
		raise_enter(c->run);
		printf("%s %ld", c->name, i);
		if (got.signals)
			dump_signal(c);
		else
			dump_regs();
		bad |= verify(c);
	}
	fflush(stdout);
	return bad;
}

static int set_debug(pid_t pid, int n, unsigned long value)
{
	return ptrace(PTRACE_POKEUSER, pid,
		      offsetof(struct user, u_debugreg) + n * sizeof(long),
		      value) ? -1 : 0;
}

/* The parent: sets DR0 in the stopped child, then only passes signals on. */
static int watch_child(const struct raise_case *c, pid_t pid)
{
	static const unsigned long dr7[] = {
		[HW_EXEC] = 0x1, [HW_WRITE] = 0xd0001, [HW_RW] = 0xf0001,
	};
	unsigned long addr = c->hw == HW_EXEC ? (unsigned long)c->at :
			     (unsigned long)&raise_watched;
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return 1;
	if (set_debug(pid, 0, addr) || set_debug(pid, 7, dr7[c->hw])) {
		fprintf(stderr, "raise: no debug registers: %s\n", strerror(errno));
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return 77;
	}
	ptrace(PTRACE_CONT, pid, 0, 0);
	while (waitpid(pid, &status, 0) == pid) {
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		ptrace(PTRACE_CONT, pid, 0, (long)WSTOPSIG(status));
	}
	return 1;
}

static int raise_watched_child(const struct raise_case *c, long n)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return 1;
	if (pid)
		return watch_child(c, pid);
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	kill(getpid(), SIGSTOP);
	_exit(raise_times(c, n));
}

static void set_handlers(void)
{
	static const int sigs[] = { SIGFPE, SIGTRAP, SIGILL, SIGSEGV, SIGBUS };
	stack_t ss = { .ss_sp = alt_stack, .ss_size = sizeof(alt_stack) };
	struct sigaction sa = {
		.sa_sigaction = raise_handler,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};

	memset(alt_stack, 0, sizeof(alt_stack));
	sigaltstack(&ss, NULL);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], &sa, NULL);
}

static void *map_at(unsigned long addr, size_t size, int prot)
{
	void *p = mmap((void *)addr, size, prot,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (p != (void *)addr) {
		perror("raise: mmap");
		exit(77);
	}
	return p;
}

static void set_up(long n)
{
	struct user_desc d = {
		.entry_number = 1, .limit = 0xfffff, .seg_32bit = 1,
		.limit_in_pages = 1, .seg_not_present = 1,
	};
	static const uint32_t one = 0x3f800000;

	memset(map_at(RAISE_RO, 4096, PROT_READ | PROT_WRITE), 1, 4096);
	mprotect((void *)RAISE_RO, 4096, PROT_READ);
	memset(map_at(RAISE_NONE, 4096, PROT_READ | PROT_WRITE), 1, 4096);
	mprotect((void *)RAISE_NONE, 4096, PROT_NONE);
	memset(map_at(RAISE_NX, 4096, PROT_READ | PROT_WRITE), 0x90, 4096);
	map_at(RAISE_DEMAND, (n + 1) * 4096, PROT_READ | PROT_WRITE);
	madvise((void *)RAISE_DEMAND, (n + 1) * 4096, MADV_NOHUGEPAGE);

	raise_fximage.cwd = 0x37f;
	raise_fximage.mxcsr = 0x1f80;
	for (int i = 0; i < 16; i++)
		memset(&raise_fximage._xmm[i], 0x10 * i, 16);
	for (int i = 0; i < 4; i++)
		memcpy((char *)&raise_fximage._xmm[1] + 4 * i, &one, 4);
	/* At fixed numbers: they are in the registers that are dumped. */
	if (pipe(raise_pipe) || dup2(raise_pipe[0], 200) != 200 ||
	    dup2(raise_pipe[1], 201) != 201)
		exit(77);
	raise_pipe[0] = 200;
	raise_pipe[1] = 201;
	if (!syscall(SYS_modify_ldt, 1, &d, sizeof(d)))
		raise_np_selector = 0x0f;
	set_handlers();
}

static int raise_one(const struct raise_case *c, long n)
{
	if (!strcmp(c->name, "np") && !raise_np_selector) {
		fprintf(stderr, "raise: np: no modify_ldt in this kernel\n");
		return 77;
	}
	return c->hw ? raise_watched_child(c, n) : raise_times(c, n);
}

static bool is_among(const char *name, char *const *names)
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static int raise_all(long n, char *const *except)
{
	const struct raise_case *c;
	int bad = 0;

	for (c = raise_cases; c->name; c++) {
		int r = is_among(c->name, except) ? 0 : raise_one(c, n);

		if (r) {
			fprintf(stderr, "raise: %s: status %d\n", c->name, r);
			bad = 1;
		}
	}
	return bad;
}

int main(int argc, char **argv)
{
	const struct raise_case *c;
	bool all = argc > 1 && !strcmp(argv[1], "-a");
	long n = argc > 2 ? strtol(argv[2], NULL, 0) : 1;

	raise_for_this_machine();
	if (argc == 2 && !strcmp(argv[1], "-l")) {
		raise_list(stdout);
		return 0;
	}
	if (argc == 5 && !strcmp(argv[1], "-c"))
		return raise_check(argv[2], strtol(argv[3], NULL, 0), argv[4]);
	if (argc < 2 || (argc > 3 && !all) || n < 1 || n > 4000) {
		fprintf(stderr, "usage: raise -l | -a N [EXCEPT...] | NAME [N] | -c NAME N FILE\n");
		return 2;
	}
	set_up(n);
	if (all)
		return raise_all(n, argv + (argc > 2 ? 3 : 2));
	c = raise_find(argv[1]);
	if (!c) {
		fprintf(stderr, "raise: no case '%s'\n", argv[1]);
		return 2;
	}
	return raise_one(c, n);
}
