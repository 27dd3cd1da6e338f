// SPDX-License-Identifier: GPL-2.0
/*
 * The table of what raise.c can raise: what the processor raises (vector,
 * type, error code, address, RIP) and what Linux makes of it (signal, code).
 * SDM volume 3, "Exception and Interrupt Reference".
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <trapgate/abi.h>

#include "raise.h"

extern unsigned int raise_watched;

#define AT(n)	((uint64_t)raise_##n##_at)
#define CASES(X)							\
	X(de) X(db_tf) X(db_tf_movss) X(db_tf_cpuid) X(db_hw_write)	\
	X(db_hw_rw) X(db_hw_exec) X(int1) X(bp) X(int_n3) X(int_n4)	\
	X(ud) X(gp_hlt) X(gp_noncanonical) X(gp_int_dpl) X(gp_int1_dpl)	\
	X(gp_selector) X(np) X(ss) X(pf_user_read) X(pf_user_write)	\
	X(pf_user_write_prot) X(pf_user_read_none) X(pf_user_exec_nx)	\
	X(pf_user_exec) X(pf_user_kernel) X(pf_demand)			\
	X(pf_kernel_read) X(pf_kernel_write) X(pf_kernel_copy)		\
	X(mf) X(xm) X(ac)

#define DECLARE(n)	void raise_##n(void); extern const char raise_##n##_at[];
CASES(DECLARE)

#define NAMES(n)	.name = #n, .run = raise_##n, .at = raise_##n##_at
#define TYPE(n, t, recs)	NAMES(n), .type = t, .cpl = 3, .records = recs
#define START(n)	TYPE(n, TG_TYPE_EXCEPTION, 1)

/* A fault without an error code; Linux gives its own RIP as the address. */
#define FAULT(n, vec, sig, sicode)					\
	{ START(n), .vector = vec, .error = -1, .rip = (uint64_t)raise_##n##_at,	\
	  .signo = sig, .code = sicode, .sig_addr = (uint64_t)raise_##n##_at,	\
	  .sig_rip = (uint64_t)raise_##n##_at }

/* A fault with an error code and no address for the handler. */
#define FAULT_ERR(n, vec, err, sig, sicode)				\
	{ START(n), .vector = vec, .error = err, .rip = (uint64_t)raise_##n##_at,	\
	  .signo = sig, .code = sicode, .sig_err = err,			\
	  .sig_rip = (uint64_t)raise_##n##_at }

/* A debug trap: .address of the record is DR6. */
#define DEBUG(n, dr6, off, sicode, kind)				\
	{ START(n), .vector = 1, .error = -1, .has_address = 1,		\
	  .address = dr6, .rip = (uint64_t)raise_##n##_at + (off),	\
	  .signo = SIGTRAP, .code = sicode,				\
	  .sig_addr = (uint64_t)raise_##n##_at + (off),			\
	  .sig_rip = (uint64_t)raise_##n##_at + (off), .hw = kind }

/* A page fault of CPL 3 that ends in SIGSEGV. */
#define PAGEFAULT(n, err, addr, ip, sicode, sigerr)			\
	{ START(n), .vector = 14, .error = err, .has_address = 1,	\
	  .address = addr, .rip = ip, .signo = SIGSEGV, .code = sicode,	\
	  .sig_addr = addr, .sig_err = sigerr, .sig_rip = ip }

/* A page fault of the kernel on the address a system call was given. */
#define KERNELFAULT(n, err, addr, max)					\
	{ NAMES(n), .type = TG_TYPE_EXCEPTION, .cpl = 0, .records = 1,	\
	  .vector = 14, .error = err,					\
	  .has_address = 1, .address = addr, .max_records = max,	\
	  .signo = RAISE_NO_SIGNAL, .result = -14 }

struct raise_case raise_cases[] = {
	FAULT(de, 0x00, SIGFPE, FPE_INTDIV),
	DEBUG(db_tf, 0x4000, 1, TRAP_TRACE, HW_NONE),
	DEBUG(db_tf_movss, 0x4000, 3, TRAP_TRACE, HW_NONE),
	DEBUG(db_tf_cpuid, 0x4000, 2, TRAP_TRACE, HW_NONE),
	DEBUG(db_hw_write, 0x1, 11, TRAP_HWBKPT, HW_WRITE),
	DEBUG(db_hw_rw, 0x1, 7, TRAP_HWBKPT, HW_RW),
	DEBUG(db_hw_exec, 0x1, 0, TRAP_HWBKPT, HW_EXEC),
	{ TYPE(int1, TG_TYPE_INT1, 1), .vector = 1, .error = -1,
	  .has_address = 1, .rip = (uint64_t)raise_int1_at,
	  .signo = SIGTRAP, .code = TRAP_BRKPT,
	  .sig_addr = (uint64_t)raise_int1_at + 1,
	  .sig_rip = (uint64_t)raise_int1_at + 1 },
	{ TYPE(bp, TG_TYPE_INT3_INTO, 1), .vector = 3, .error = -1,
	  .rip = (uint64_t)raise_bp_at, .signo = SIGTRAP, .code = SI_KERNEL,
	  .sig_rip = (uint64_t)raise_bp_at + 1 },
	{ TYPE(int_n3, TG_TYPE_INT_N, 0), .vector = 3, .error = -1,
	  .signo = SIGTRAP, .code = SI_KERNEL,
	  .sig_rip = (uint64_t)raise_int_n3_at + 2 },
	{ TYPE(int_n4, TG_TYPE_INT_N, 0), .vector = 4, .error = -1,
	  .signo = SIGSEGV, .code = SI_KERNEL,
	  .sig_rip = (uint64_t)raise_int_n4_at + 2 },
	FAULT(ud, 0x06, SIGILL, ILL_ILLOPN),
	FAULT_ERR(gp_hlt, 0x0d, 0, SIGSEGV, SI_KERNEL),
	FAULT_ERR(gp_noncanonical, 0x0d, 0, SIGSEGV, SI_KERNEL),
	FAULT_ERR(gp_int_dpl, 0x0d, 0x21 * 8 + 2, SIGSEGV, SI_KERNEL),
	FAULT_ERR(gp_int1_dpl, 0x0d, 0x01 * 8 + 2, SIGSEGV, SI_KERNEL),
	FAULT_ERR(gp_selector, 0x0d, 0x10, SIGSEGV, SI_KERNEL),
	FAULT_ERR(np, 0x0b, 0x0c, SIGBUS, SI_KERNEL),
	FAULT_ERR(ss, 0x0c, 0, SIGBUS, SI_KERNEL),
	PAGEFAULT(pf_user_read, 4, RAISE_NO_MAP + 0x08, AT(pf_user_read),
		  SEGV_MAPERR, 4),
	PAGEFAULT(pf_user_write, 6, RAISE_NO_MAP + 0x10, AT(pf_user_write),
		  SEGV_MAPERR, 6),
	PAGEFAULT(pf_user_write_prot, 7, RAISE_RO + 0x18,
		  AT(pf_user_write_prot), SEGV_ACCERR, 7),
	PAGEFAULT(pf_user_read_none, 4, RAISE_NONE + 0x20,
		  AT(pf_user_read_none), SEGV_ACCERR, 4),
	PAGEFAULT(pf_user_exec_nx, 0x15, RAISE_NX + 0x28, RAISE_NX + 0x28,
		  SEGV_ACCERR, 0x15),
	PAGEFAULT(pf_user_exec, 0x14, RAISE_NO_MAP + 0x30, RAISE_NO_MAP + 0x30,
		  SEGV_MAPERR, 0x14),
	/* Linux tells user space nothing about the kernel half: P is forced. */
	PAGEFAULT(pf_user_kernel, 4, RAISE_KERNEL, AT(pf_user_kernel),
		  SEGV_MAPERR, 5),
	{ START(pf_demand), .vector = 14, .error = 6, .has_address = 1,
	  .address = RAISE_DEMAND, .rip = (uint64_t)raise_pf_demand_at,
	  .signo = RAISE_NO_SIGNAL, .result = RAISE_ANY },
	KERNELFAULT(pf_kernel_read, 0, RAISE_NO_MAP + 0x40, 0),
	KERNELFAULT(pf_kernel_write, 2, RAISE_NO_MAP + 0x50, 0),
	/* The copy routine's fixup may try the last byte once more. */
	KERNELFAULT(pf_kernel_copy, 0, RAISE_NO_MAP + 0x60, 2),
	FAULT(mf, 0x10, SIGFPE, FPE_FLTDIV),
	FAULT(xm, 0x13, SIGFPE, FPE_FLTDIV),
	{ START(ac), .vector = 0x11, .error = 0, .rip = (uint64_t)raise_ac_at,
	  .signo = SIGBUS, .code = BUS_ADRALN,
	  .sig_rip = (uint64_t)raise_ac_at },
	{ .name = NULL },
};

/*
 * Newer kernels (7.2, not 6.12) use LASS where the processor has it, and list it. A user access
 * to the kernel's half is #GP with it, whatever the page tables say (SDM, "Linear Address
 * Space Separation").
 */
static bool has_lass(void)
{
	char line[8192];
	FILE *info = fopen("/proc/cpuinfo", "r");
	bool found = false;

	while (info && fgets(line, sizeof(line), info))
		if (!strncmp(line, "flags", 5) && (strstr(line, " lass ") ||
						   strstr(line, " lass\n")))
			found = true;
	if (info)
		fclose(info);
	return found;
}

void raise_for_this_machine(void)
{
	static const struct raise_case with_lass =
		FAULT_ERR(pf_user_kernel, 0x0d, 0, SIGSEGV, SI_KERNEL);
	struct raise_case *c;

	for (c = raise_cases; c->name; c++)
		if (!strcmp(c->name, with_lass.name) && has_lass())
			*c = with_lass;
}

const struct raise_case *raise_find(const char *name)
{
	const struct raise_case *c;

	for (c = raise_cases; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

/* name vector type cpl records error address rip+offset signo code */
void raise_list(FILE *out)
{
	const struct raise_case *c;

	for (c = raise_cases; c->name; c++) {
		fprintf(out, "%s vector=%02x type=%d cpl=%d records=%d",
			c->name, c->vector, c->type, c->cpl, c->records);
		if (c->error >= 0)
			fprintf(out, " error=0x%lx", c->error);
		if (c->has_address)
			fprintf(out, " address=0x%lx", c->address);
		if (c->rip)
			fprintf(out, " rip=0x%lx at=%+ld", c->rip,
				(long)(c->rip - (uint64_t)c->at));
		fprintf(out, " signo=%d code=%d\n", c->signo, c->code);
	}
}
