/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Root mode's world, inside arch/x86.
 */
#ifndef TG_ARCH_ROOT_H
#define TG_ARCH_ROOT_H

#include "fixup.h"
#include "vcpu.h"

/* As root_gates.S pushes it. */
struct root_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
	u64 vector, error, rip, cs, rflags, rsp, ss;
};

/* vmx/entry.S: the last instructions before the entry, and the way back. */
extern const u8 tg_vmx_commit[], tg_vmx_commit_end[], tg_vmx_late_nmi[];

/* svm/entry.S: root mode's own HLT, of one byte. */
extern const u8 tg_svm_halting[];

#define AR_PRESENT (1u << 15)

/* When leaving: a selector whose descriptor has gone since it was loaded would fault. */
static tg_always_inline u16 root_loadable(u16 sel)
{
	return (sel & ~3u) && !(x86_lar(sel) & AR_PRESENT) ? 0 : sel;
}

/* All that root mode's own tag of the TLB has. */
static tg_always_inline void root_flush(struct tg_vcpu *v)
{
	u64 cr4 = x86_read_cr4();

	v->core.flushes++;
	x86_write_cr4(cr4 ^ TGX_CR4_PGE);
	x86_write_cr4(cr4);
}

void tg_root_fault(struct root_frame *f);
struct x86_dtr tg_root_idtr(void);

/* Whether the guest's page tables, if there are any, map our code where the kernel's do. */
static tg_always_inline bool root_is_mapped(const struct tg_vcpu *v, u64 cr3)
{
	const struct tg_platform *p = v->platform;
	u64 slot = (u64)tg_root_fault >> p->pgd_shift & 511;
	u64 guest = cr3 & p->pte_mask, theirs;

	return guest < p->direct_map_size &&
	       !fixup_read64(p->direct_map + guest + slot * 8, &theirs) &&
	       !((theirs ^ p->text_entry) & 0x000ffffffffff001ull);
}

/* The backend's way out of a fault in root mode. */
void tg_root_fault_fatal(struct tg_vcpu *v, const char *what) __attribute__((noreturn));

/*
 * What the guest kernel asks of root mode: enum tg_hypercall in RAX, where the answer goes,
 * 0 or -errno. True: the CPU is to leave. The backend has checked who asks, and skips the
 * instruction afterwards.
 */
bool tg_root_hypercall(struct tg_vcpu *v);

#endif
