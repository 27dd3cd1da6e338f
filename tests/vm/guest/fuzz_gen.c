// SPDX-License-Identifier: GPL-2.0
/*
 * Programs for fuzz.c: sequences of short snippets, each an instruction or a
 * few that an unprivileged program may try. A program ends with UD2. Nothing in
 * a snippet may depend on time, on the process or on the CPU.
 */
#include <string.h>

#include "fuzz.h"

#define TF	0x100u
#define DF	0x400u
#define NT	0x4000u
#define RF	0x10000u
#define AC	0x40000u

#define DR7_ON(n)		(1ul << (2 * (n)))
#define DR7_EXEC(n)		DR7_ON(n)
#define DR7_LEN(n, len)		(((len) - 1ul) << (18 + 4 * (n)))
#define DR7_WRITE(n, len)	(DR7_ON(n) | (1ul << (16 + 4 * (n))) | DR7_LEN(n, len))
#define DR7_RW(n, len)		(DR7_ON(n) | (3ul << (16 + 4 * (n))) | DR7_LEN(n, len))

static uint64_t rnd_state;

static unsigned int rnd(unsigned int n)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return (rnd_state >> 16) % n;
}

static void put(struct fuzz_prog *p, const void *bytes, unsigned int n)
{
	memcpy(p->code + p->len, bytes, n);
	p->len += n;
}

static void put32(struct fuzz_prog *p, uint32_t v)
{
	put(p, &v, 4);
}

#define PUT(p, ...)							\
	do {								\
		static const unsigned char b_[] = { __VA_ARGS__ };	\
		put(p, b_, sizeof(b_));					\
	} while (0)

static void mark(struct fuzz_prog *p)
{
	p->start[p->nr++] = p->len;
}

/* ---- snippets --------------------------------------------------------------- */

static void or_flags(struct fuzz_prog *p, uint32_t mask)
{
	PUT(p, 0x9c, 0x81, 0x0c, 0x24);		/* pushfq; orl $mask,(%rsp) */
	put32(p, mask);
	PUT(p, 0x9d);				/* popfq */
}

static void and_flags(struct fuzz_prog *p, uint32_t mask)
{
	PUT(p, 0x9c, 0x81, 0x24, 0x24);		/* pushfq; andl $mask,(%rsp) */
	put32(p, mask);
	PUT(p, 0x9d);
}

static void mov_ss_reg(struct fuzz_prog *p)
{
	PUT(p, 0x8c, 0xd0, 0x8e, 0xd0);		/* mov %ss,%eax; mov %eax,%ss */
}

/* The watched word holds the stack selector. */
static void mov_ss_mem(struct fuzz_prog *p)
{
	PUT(p, 0x8e, 0x14, 0x25);		/* mov FUZZ_WATCH,%ss */
	put32(p, FUZZ_WATCH);
}

static void int_n(struct fuzz_prog *p, unsigned char n)
{
	PUT(p, 0xcd);
	put(p, &n, 1);
}

static void sys_yield(struct fuzz_prog *p)
{
	PUT(p, 0xb8, 24, 0, 0, 0, 0x0f, 0x05);	/* sched_yield */
}

static void sys_bad(struct fuzz_prog *p)
{
	PUT(p, 0xb8, 0xff, 0xff, 0, 0, 0x0f, 0x05);	/* -ENOSYS */
}

static void int80_bad(struct fuzz_prog *p)
{
	PUT(p, 0xb8, 0xff, 0xff, 0, 0, 0xcd, 0x80);
}

/* IRETQ to the instruction behind it, with the flags given. */
static void iretq(struct fuzz_prog *p, uint32_t flags, uint32_t cs, uint32_t ss)
{
	PUT(p, 0x68);				/* pushq $ss */
	put32(p, ss);
	PUT(p, 0x68);				/* pushq $rsp */
	put32(p, FUZZ_STACK);
	PUT(p, 0x68);
	put32(p, flags | 0x202);
	PUT(p, 0x68);
	put32(p, cs);
	PUT(p, 0x68);
	put32(p, FUZZ_CODE + p->len + 4 + 2);
	PUT(p, 0x48, 0xcf);
}

static void cpuid0(struct fuzz_prog *p)
{
	PUT(p, 0x31, 0xc0, 0x31, 0xc9, 0x0f, 0xa2);
}

static void touch(struct fuzz_prog *p, uint32_t addr, int write)
{
	if (write)
		PUT(p, 0x89, 0x04, 0x25);	/* mov %eax,addr */
	else
		PUT(p, 0x8b, 0x04, 0x25);	/* mov addr,%eax */
	put32(p, addr);
}

/* Only ever 0x2b, so that MOV SS from there keeps working. */
static void write_watch(struct fuzz_prog *p)
{
	PUT(p, 0xb8, 0x2b, 0, 0, 0);
	touch(p, FUZZ_WATCH, 1);
}

static void jump_out(struct fuzz_prog *p)
{
	/* mov $target,%eax; jmp *%rax */
	PUT(p, 0xb8);
	put32(p, FUZZ_OUT + p->len + 4 + 2);
	PUT(p, 0xff, 0xe0);
}

static void rep_movsb(struct fuzz_prog *p)
{
	PUT(p, 0xbe);
	put32(p, FUZZ_WATCH + 0x100);
	PUT(p, 0xbf);
	put32(p, FUZZ_WATCH + 0x3c);
	PUT(p, 0xb9, 8, 0, 0, 0, 0xf3, 0xa4, 0xfc);
}

static void privileged(struct fuzz_prog *p)
{
	static const struct {
		unsigned char n, b[4];
	} t[] = {
		{ 1, { 0xf4 } },			/* hlt */
		{ 1, { 0xfa } },			/* cli */
		{ 1, { 0xfb } },			/* sti */
		{ 2, { 0x0f, 0x32 } },			/* rdmsr */
		{ 2, { 0x0f, 0x30 } },			/* wrmsr */
		{ 3, { 0x0f, 0x01, 0xc1 } },		/* vmcall */
		{ 3, { 0x0f, 0x01, 0xc2 } },		/* vmlaunch */
		{ 3, { 0x0f, 0x01, 0xc3 } },		/* vmresume */
		{ 3, { 0x0f, 0x01, 0xc4 } },		/* vmxoff */
		{ 3, { 0x0f, 0x78, 0xc0 } },		/* vmread */
		{ 3, { 0x0f, 0x79, 0xc0 } },		/* vmwrite */
		{ 3, { 0x0f, 0x01, 0xd1 } },		/* xsetbv */
		{ 3, { 0x0f, 0x01, 0xd8 } },		/* vmrun */
		{ 3, { 0x0f, 0x01, 0xd9 } },		/* vmmcall */
		{ 3, { 0x0f, 0x01, 0xdd } },		/* clgi */
		{ 2, { 0x0f, 0x08 } },			/* invd */
		{ 2, { 0x0f, 0x09 } },			/* wbinvd */
		{ 3, { 0x0f, 0x20, 0xc0 } },		/* mov %cr0,%rax */
		{ 3, { 0x0f, 0x21, 0xc0 } },		/* mov %dr0,%rax */
		{ 3, { 0x0f, 0x23, 0xf8 } },		/* mov %rax,%dr7 */
		{ 3, { 0x0f, 0x01, 0xca } },		/* clac */
		{ 2, { 0xe4, 0x80 } },			/* in $0x80,%al */
		{ 1, { 0xce } },			/* into: not in 64-bit */
		{ 1, { 0x17 } },			/* pop %ss: not in 64-bit */
		{ 2, { 0xf3, 0xf1 } },			/* rep int1 */
		{ 2, { 0x66, 0xcc } },			/* data16 int3 */
		{ 3, { 0xf0, 0x0f, 0x0b } },		/* lock ud2 */
	};
	unsigned int i = rnd(sizeof(t) / sizeof(t[0]));

	put(p, t[i].b, t[i].n);
}

static void div_zero(struct fuzz_prog *p)
{
	PUT(p, 0x31, 0xd2, 0x31, 0xc9, 0xf7, 0xf1);	/* div %ecx */
}

static void noncanonical(struct fuzz_prog *p)
{
	/* mov $1<<62,%rax by shifts; mov (%rax),%eax */
	PUT(p, 0xb8, 1, 0, 0, 0, 0x48, 0xc1, 0xe0, 62, 0x8b, 0x00);
}

static void random_int(struct fuzz_prog *p)
{
	static const unsigned char n[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 0x0d, 0x0e, 0x12, 0x1f, 0x20, 0x2e,
		0x30, 0x81, 0xec, 0xfb, 0xfd, 0xff,
	};

	int_n(p, n[rnd(sizeof(n))]);
}

static void random_flags(struct fuzz_prog *p)
{
	static const uint32_t m[] = {
		TF, TF, TF, AC, NT, DF, TF | AC, TF | NT, TF | DF, RF, TF | RF,
	};
	uint32_t f = m[rnd(sizeof(m) / sizeof(m[0]))];

	if (rnd(3))
		or_flags(p, f);
	else
		iretq(p, f, 0x33, rnd(12) ? 0x2b : 0x10);
}

static void random_touch(struct fuzz_prog *p)
{
	switch (rnd(6)) {
	case 0: touch(p, FUZZ_OUT, rnd(2)); break;
	case 1: touch(p, FUZZ_RO, 1); break;
	case 2: touch(p, FUZZ_WATCH + 0x40 + 2 * rnd(8), rnd(2)); break;
	case 3: write_watch(p); break;
	case 4: jump_out(p); break;
	default: noncanonical(p);
	}
}

static void simple(struct fuzz_prog *p)
{
	switch (rnd(14)) {
	case 0: PUT(p, 0xcc); break;
	case 1: PUT(p, 0xf1); break;
	case 2: random_int(p); break;
	case 3: sys_yield(p); break;
	case 4: sys_bad(p); break;
	case 5: int80_bad(p); break;
	case 6: cpuid0(p); break;
	case 7: PUT(p, 0x0f, 0x0b); break;
	case 8: random_touch(p); break;
	case 9: privileged(p); break;
	case 10: div_zero(p); break;
	case 11: rep_movsb(p); break;
	case 12: PUT(p, 0x50, 0x58); break;	/* push %rax; pop %rax */
	default: PUT(p, 0x90);
	}
}

static void random_snippet(struct fuzz_prog *p)
{
	switch (rnd(10)) {
	case 0:
	case 1:
		random_flags(p);
		break;
	case 2:
		and_flags(p, ~(TF | AC | NT | DF));
		break;
	case 3:
	case 4:
		mov_ss_reg(p);
		simple(p);
		break;
	case 5:
		mov_ss_mem(p);
		simple(p);
		break;
	case 6:
		or_flags(p, TF);
		mov_ss_reg(p);
		simple(p);
		break;
	default:
		simple(p);
	}
}

/* ---- breakpoints --------------------------------------------------------------- */

static void random_breakpoints(struct fuzz_prog *p)
{
	static const unsigned char lens[] = { 1, 2, 4 };
	unsigned int n = rnd(5);

	for (unsigned int i = 0; i < n && i < 4; i++) {
		unsigned int len = lens[rnd(3)];

		switch (rnd(4)) {
		case 0:
			p->dr[i] = FUZZ_CODE + p->start[rnd(p->nr)];
			p->dr7 |= DR7_EXEC(i);
			break;
		case 1:
			p->dr[i] = FUZZ_WATCH;
			p->dr7 |= DR7_RW(i, len);
			break;
		case 2:
			p->dr[i] = FUZZ_STACK - 8;
			p->dr7 |= DR7_RW(i, len);
			break;
		default:
			p->dr[i] = FUZZ_WATCH + 0x40;
			p->dr7 |= DR7_WRITE(i, len);
		}
	}
}

/* ---- directed -------------------------------------------------------------------- */

#define INT1	PUT(p, 0xf1)
#define INT3	PUT(p, 0xcc)
#define NOP	PUT(p, 0x90)

static void watch_ss(struct fuzz_prog *p)
{
	p->dr[0] = FUZZ_WATCH;
	p->dr7 = DR7_RW(0, 2);
}

#define DIRECTED(X)							\
	X(tf_nop, { or_flags(p, TF); mark(p); NOP; NOP; })		\
	X(tf_cpuid, { or_flags(p, TF); mark(p); cpuid0(p); NOP; })	\
	X(tf_syscall, { or_flags(p, TF); mark(p); sys_yield(p); NOP; })	\
	X(tf_int80, { or_flags(p, TF); mark(p); int80_bad(p); NOP; })	\
	X(tf_int3, { or_flags(p, TF); mark(p); INT3; NOP; })		\
	X(tf_int1, { or_flags(p, TF); mark(p); INT1; NOP; })		\
	X(tf_ud2, { or_flags(p, TF); mark(p); PUT(p, 0x0f, 0x0b); NOP; })	\
	X(tf_int21, { or_flags(p, TF); mark(p); int_n(p, 0x21); NOP; })	\
	X(tf_pf, { or_flags(p, TF); mark(p); touch(p, FUZZ_OUT, 0); NOP; })	\
	X(tf_iret, { or_flags(p, TF); mark(p); iretq(p, TF, 0x33, 0x2b); NOP; })	\
	X(tf_iret_off, { or_flags(p, TF); mark(p); iretq(p, 0, 0x33, 0x2b); NOP; })	\
	X(tf_movss_nop, { or_flags(p, TF); mark(p); mov_ss_reg(p); NOP; NOP; })	\
	X(tf_movss_int1, { or_flags(p, TF); mark(p); mov_ss_reg(p); INT1; NOP; })	\
	X(tf_movss_int3, { or_flags(p, TF); mark(p); mov_ss_reg(p); INT3; NOP; })	\
	X(tf_movss_int21, { or_flags(p, TF); mark(p); mov_ss_reg(p); int_n(p, 0x21); NOP; })	\
	X(tf_movss_intn3, { or_flags(p, TF); mark(p); mov_ss_reg(p); int_n(p, 3); NOP; })	\
	X(tf_movss_syscall, { or_flags(p, TF); PUT(p, 0xb9, 24, 0, 0, 0); mark(p);	\
		PUT(p, 0x8c, 0xd2, 0x89, 0xc8, 0x8e, 0xd2, 0x0f, 0x05); NOP; })	\
	X(tf_movss_ud2, { or_flags(p, TF); mark(p); mov_ss_reg(p); PUT(p, 0x0f, 0x0b); NOP; })	\
	X(tf_movss_pf, { or_flags(p, TF); mark(p); mov_ss_reg(p);	\
		touch(p, FUZZ_OUT, 1); NOP; })				\
	X(tf_movss_cpuid, { or_flags(p, TF); PUT(p, 0x31, 0xc0, 0x31, 0xc9); mark(p);	\
		PUT(p, 0x8c, 0xd2, 0x8e, 0xd2, 0x0f, 0xa2); NOP; })		\
	X(movss_watch_nop, { watch_ss(p); mov_ss_mem(p); NOP; NOP; })	\
	X(movss_watch_int1, { watch_ss(p); mov_ss_mem(p); INT1; NOP; })	\
	X(movss_watch_int3, { watch_ss(p); mov_ss_mem(p); INT3; NOP; })	\
	X(movss_watch_intn3, { watch_ss(p); mov_ss_mem(p); int_n(p, 3); NOP; })	\
	X(movss_watch_intn4, { watch_ss(p); mov_ss_mem(p); int_n(p, 4); NOP; })	\
	X(movss_watch_int80, { watch_ss(p); PUT(p, 0xb8, 0xff, 0xff, 0, 0);	\
		mov_ss_mem(p); int_n(p, 0x80); NOP; })			\
	X(movss_watch_int21, { watch_ss(p); mov_ss_mem(p); int_n(p, 0x21); NOP; })	\
	X(movss_watch_syscall, { watch_ss(p); PUT(p, 0xb8, 24, 0, 0, 0);	\
		mov_ss_mem(p); PUT(p, 0x0f, 0x05); NOP; })		\
	X(movss_watch_ud2, { watch_ss(p); mov_ss_mem(p); PUT(p, 0x0f, 0x0b); NOP; })	\
	X(movss_watch_pf, { watch_ss(p); mov_ss_mem(p); touch(p, FUZZ_OUT, 0); NOP; })	\
	X(movss_watch_cpuid, { watch_ss(p); PUT(p, 0x31, 0xc0, 0x31, 0xc9);	\
		mov_ss_mem(p); PUT(p, 0x0f, 0xa2); NOP; })		\
	X(movss_watch_tf_int1, { watch_ss(p); or_flags(p, TF); mark(p);	\
		mov_ss_mem(p); INT1; NOP; })				\
	X(movss_watch_tf_int3, { watch_ss(p); or_flags(p, TF); mark(p);	\
		mov_ss_mem(p); INT3; NOP; })				\
	X(movss_movss, { or_flags(p, TF); mark(p); mov_ss_reg(p);	\
		PUT(p, 0x8e, 0xd0, 0x8e, 0xd0); NOP; NOP; })		\
	X(exec_bp_int3, { p->dr[0] = FUZZ_CODE + 1; p->dr7 = DR7_EXEC(0);	\
		NOP; INT3; NOP; })					\
	X(exec_bp_int1, { p->dr[0] = FUZZ_CODE + 1; p->dr7 = DR7_EXEC(0);	\
		NOP; INT1; NOP; })					\
	X(exec_bp_ud2, { p->dr[0] = FUZZ_CODE + 1; p->dr7 = DR7_EXEC(0);	\
		NOP; PUT(p, 0x0f, 0x0b); NOP; })			\
	X(push_watch, { p->dr[0] = FUZZ_STACK - 8; p->dr7 = DR7_WRITE(0, 4);	\
		PUT(p, 0x50, 0x58, 0x90); })				\
	X(push_watch_tf, { p->dr[0] = FUZZ_STACK - 8; p->dr7 = DR7_WRITE(0, 4);	\
		or_flags(p, TF); mark(p); PUT(p, 0x50, 0x58, 0x90); })	\
	X(rep_watch, { p->dr[0] = FUZZ_WATCH + 0x40; p->dr7 = DR7_WRITE(0, 1);	\
		rep_movsb(p); NOP; })					\
	X(rep_watch_tf, { p->dr[0] = FUZZ_WATCH + 0x40; p->dr7 = DR7_WRITE(0, 1);	\
		or_flags(p, TF); mark(p); rep_movsb(p); NOP; })

#define DEFINE(n, body)	static void directed_##n(struct fuzz_prog *p) body
DIRECTED(DEFINE)

#define ROW(n, body)	{ #n, directed_##n },
static const struct {
	const char *name;
	void (*make)(struct fuzz_prog *p);
} directed[] = { DIRECTED(ROW) };

unsigned int fuzz_nr_directed(void)
{
	return sizeof(directed) / sizeof(directed[0]);
}

void fuzz_generate(struct fuzz_prog *p, uint64_t seed, unsigned int index)
{
	unsigned char *code = p->code;
	unsigned int n;

	memset(p, 0, sizeof(*p));
	p->code = code;
	if (index < fuzz_nr_directed()) {
		mark(p);
		directed[index].make(p);
		p->name = directed[index].name;
	} else {
		rnd_state = (seed + 1) * 0x9e3779b97f4a7c15 + index * 0xff51afd7ed558ccd + 1;
		rnd(2);
		rnd(2);
		n = 4 + rnd(16);
		while (p->nr < n) {
			mark(p);
			random_snippet(p);
		}
		random_breakpoints(p);
		p->name = "random";
	}
	p->start[p->nr] = p->len;
	PUT(p, 0x0f, 0x0b);
}
