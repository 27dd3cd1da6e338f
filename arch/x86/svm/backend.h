/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AMD-V: intercepts, exit codes, control bits (AMD APM volume 2, "Secure Virtual
 * Machine" and the appendices "VMCB Layout" and "SVM Intercept Exit Codes"), and
 * what the files of this folder share.
 */
#ifndef TG_ARCH_SVM_BACKEND_H
#define TG_ARCH_SVM_BACKEND_H

#include "../hv.h"

#define SVM_MSR_VM_CR		0xc0010114
#define SVM_MSR_HSAVE_PA	0xc0010117
#define SVM_VM_CR_SVMDIS	(1ull << 4)
#define SVM_VM_CR_LOCK		(1ull << 3)

/* CPUID 8000_000A EDX. */
#define SVM_FEATURE_NRIPS	(1u << 3)
#define SVM_FEATURE_SSS		(1u << 19)
#define SVM_FEATURE_SPEC_CTRL	(1u << 20)
#define SVM_FEATURE_TLBI	(1u << 24)
#define SVM_FEATURE_VNMI	(1u << 25)

#define SVM_INT_V_TPR		0xfull
#define SVM_INT_V_IRQ		(1ull << 8)
#define SVM_INT_V_IGN_TPR	(1ull << 20)
#define SVM_INT_V_INTR_MASKING	(1ull << 24)
#define SVM_INT_V_NMI		(1ull << 11)
#define SVM_INT_V_NMI_MASK	(1ull << 12)
#define SVM_INT_V_NMI_ENABLE	(1ull << 26)
#define SVM_NESTED_TLBI		(1ull << 7)
#define SVM_SHADOW		1ull
#define SVM_TLB_FLUSH_ALL	1u

#define SVM_CLEAN_INTERCEPTS	(1u << 0)
#define SVM_CLEAN_MSRPM		(1u << 1)
#define SVM_CLEAN_INT_CTL	(1u << 3)
#define SVM_CLEAN_CR		(1u << 5)
#define SVM_CLEAN_DR		(1u << 6)
#define SVM_CLEAN_CR2		(1u << 9)
/* All that is defined, less CR2: a fault in root mode changes the processor's. */
#define SVM_CLEAN_ALL		(0x1fffu & ~SVM_CLEAN_CR2)

/* EVENTINJ and EXITINTINFO. */
#define SVM_EV_VECTOR		0xffull
#define SVM_EV_TYPE		0x700ull
#define SVM_EV_ERROR		(1ull << 11)
#define SVM_EV_VALID		(1ull << 31)
enum svm_event_type { SVM_EV_INTR = 0, SVM_EV_NMI = 2, SVM_EV_EXCEPTION = 3, SVM_EV_SOFT = 4 };

/* EXITINFO1 of IOIO (APM "I/O Intercepts"). */
#define SVM_IO_IN		1u
#define SVM_IO_STRING		(1u << 2)
#define SVM_IO_16		(1u << 5)
#define SVM_IO_32		(1u << 6)

#define SVM_EXIT_EXCEPTION	0x40	/* + vector */
#define SVM_EXIT_INVALID	0xffffffffu	/* QEMU stores the low half only */

/* Exit codes of the intercepts of word 1 (from 60 on) and word 2 (from 80 on). */
enum svm_exit {
	SVM_EXIT_INTR		= 0x60,
	SVM_EXIT_NMI		= 0x61,
	SVM_EXIT_INIT		= 0x63,
	SVM_EXIT_VINTR		= 0x64,
	SVM_EXIT_IDTR_WRITE	= 0x6a,
	SVM_EXIT_IRET		= 0x74,
	SVM_EXIT_SWINT		= 0x75,
	SVM_EXIT_INVD		= 0x76,
	SVM_EXIT_HLT		= 0x78,
	SVM_EXIT_INVLPGA	= 0x7a,
	SVM_EXIT_IOIO		= 0x7b,
	SVM_EXIT_MSR		= 0x7c,
	SVM_EXIT_SHUTDOWN	= 0x7f,
	SVM_EXIT_VMRUN		= 0x80,
	SVM_EXIT_VMMCALL	= 0x81,
	SVM_EXIT_VMLOAD		= 0x82,
	SVM_EXIT_VMSAVE		= 0x83,
	SVM_EXIT_STGI		= 0x84,
	SVM_EXIT_CLGI		= 0x85,
	SVM_EXIT_SKINIT		= 0x86,
	SVM_EXIT_ICEBP		= 0x88,
	SVM_EXIT_MONITOR	= 0x8a,
	SVM_EXIT_MWAIT		= 0x8b,
};
#define SVM_I1(exit) (1u << ((exit) - 0x60))
#define SVM_I2(exit) (1u << ((exit) - 0x80))

/* ---- what the files of this folder call of each other; root mode unless it says other */

static tg_always_inline void svm_dirty(struct tg_vcpu *v, u32 part)
{
	v->svm.vmcb->clean &= ~part;
}

/* Sets or clears one intercept of word 0 (SVM_I1) or 1 (SVM_I2). */
static tg_always_inline void svm_intercept(struct tg_vcpu *v, int word, u32 bit, bool on)
{
	u32 old = v->svm.vmcb->intercept[word], new = on ? old | bit : old & ~bit;

	if (new == old)
		return;
	v->svm.vmcb->intercept[word] = new;
	svm_dirty(v, SVM_CLEAN_INTERCEPTS);
}

/*
 * The MSR permission map: two bits an MSR (read, write), 2 KiB for each of the
 * ranges from 0, c000_0000 and c001_0000 (APM "MSR Intercepts").
 */
static tg_always_inline void svm_intercept_msr(u8 *map, u32 msr, bool rd, bool wr)
{
	u32 range = msr < 0x2000 ? 0 : msr < 0xc0010000 ? 1 : 2;
	u32 bit = range * 0x800 * 8 + (msr & 0x1fff) * 2;

	map[bit / 8] &= ~(3 << (bit % 8));
	map[bit / 8] |= (rd | wr << 1) << (bit % 8);
}

/*
 * What TLB_CONTROL is at every entry. A hypervisor below flushes only what it knows of: the
 * guest's ASID is ours.
 */
static tg_always_inline u32 svm_flush_always(const struct tg_vcpu *v)
{
	return v->platform->nested ? SVM_TLB_FLUSH_ALL : 0;
}

/* exit.c, called by entry.S */
int tg_svm_exit(struct tg_vcpu *v);
void tg_svm_barrier(struct tg_vcpu *v);

/* event.c: decoding, and what becomes of an event */
void svm_on_exception(struct tg_vcpu *v, u8 vector);
void svm_on_icebp(struct tg_vcpu *v);
void svm_on_nmi(struct tg_vcpu *v);
void svm_raise(struct tg_vcpu *v, u8 vector, u32 error);
void svm_redeliver(struct tg_vcpu *v);
void svm_root_nmis(struct tg_vcpu *v);
void svm_skip(struct tg_vcpu *v, u32 len);
void svm_skip_insn(struct tg_vcpu *v, u32 without_prefixes);
u32 svm_fetch(struct tg_vcpu *v, u8 *byte, u32 max, u32 *prefixes);
void svm_snapshot(const struct tg_vcpu *v, struct tg_snapshot *s);

/* arm.c: intercepts and the window; what the coming VMRUN injects */
void svm_arm(struct tg_vcpu *v);
void svm_set_exceptions(struct tg_vcpu *v);
void svm_open_window(struct tg_vcpu *v);
void svm_close_window(struct tg_vcpu *v);
void svm_prepare_entry(struct tg_vcpu *v);
void svm_after_exit(struct tg_vcpu *v);

/* post.c */
void svm_post_arm(struct tg_vcpu *v);
void svm_post_exit(struct tg_vcpu *v, u32 code);

/* int_n.c */
#define SVM_MAX_INSN 15u
void svm_on_int_n(struct tg_vcpu *v);

/* nmi.c */
bool svm_nmi_on_exit(struct tg_vcpu *v, u32 code);
void svm_nmi_on_iret(struct tg_vcpu *v);
void svm_nmi_inject(struct tg_vcpu *v);
void svm_nmi_plan(struct tg_vcpu *v);

/* watch.c: stalls of a guest whose interrupts are swallowed. */
void svm_watch_arm(struct tg_vcpu *v);
bool svm_watch_tick(struct tg_vcpu *v, u8 vector);
void svm_watch_swallowed(struct tg_vcpu *v);
void svm_watch_end(struct tg_vcpu *v);
void svm_on_hlt(struct tg_vcpu *v);
void svm_on_idle_port(struct tg_vcpu *v);

/* instruction.c */
int svm_handle_exit(struct tg_vcpu *v, u32 code);

/* regs.c */
u64 svm_read_tpr(void);
void svm_write_tpr(u64 tpr);

/* leave.c */
void tg_svm_leave(struct tg_vcpu *v);
void tg_svm_root_world(struct tg_vcpu *v);
void svm_fatal(struct tg_vcpu *v, const char *what) __attribute__((noreturn));

/* explain.c; in the kernel, after the CPU has left. */
const char *tg_svm_dump_field(const struct tg_vcpu *v, u32 i, u64 *value);
const char *tg_svm_broken_rule(const struct tg_vcpu *v, u32 i);

/* entry.S */
long tg_svm_launch(struct tg_vcpu *v);
long tg_svm_hypercall(enum tg_hypercall call);
extern const u8 tg_svm_hypercall_site[];
int tg_svm_forward_vmmcall(u64 *reg);
void tg_svm_take_nmi(void);			/* GIF on and off */
void tg_svm_halt(void);				/* the same around a HLT with IF=0 */
int tg_svm_acknowledge(struct tg_vcpu *v);	/* GIF and interrupts on and off */

/* ../root_gates.S */
void tg_root_to_fatal(struct tg_vcpu *v, u64 stack) __attribute__((noreturn));

static tg_always_inline void svm_set_cr2(struct tg_vcpu *v, u64 address)
{
	v->svm.vmcb->cr2 = address;
}

#ifdef TG_HOST_TEST
void svm_stgi(void);
void svm_clgi(void);
#else
static tg_always_inline void svm_stgi(void)
{
	asm volatile("stgi" : : : "memory");
}

static tg_always_inline void svm_clgi(void)
{
	asm volatile("clgi" : : : "memory");
}
#endif

/*
 * Around what reads or writes the guest's memory, which may be poisoned: a machine check
 * that an instruction raises with GIF=0 is a shutdown (APM volume 2, "Global Interrupt
 * Flag, STGI and CLGI Instructions"), with GIF=1 it is tg_root_fault()'s. IF stays 0. NMIs
 * that come in between only count, in root mode's gate. SMIs come in; an INIT is taken
 * natively.
 */
static tg_always_inline void svm_open_gif(void)
{
	svm_stgi();
}

/* What came is looked at before the entry, on the short way, too. */
static tg_always_inline void svm_close_gif(struct tg_vcpu *v)
{
	svm_clgi();
	if (tg_unlikely(tg_read(v->nmi_root)))
		v->core.unsettled = true;
}

#endif
