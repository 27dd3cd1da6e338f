// SPDX-License-Identifier: GPL-2.0
/* What EVENTINJ delivers, and how. APM 2, 15.20 "Event Injection". */
#include "svm.h"

GUEST(plain, "nop", "ud2", "nop");
GUEST(get_cr2, "nop", "mov %cr2, %rcx", "nop");

#define EITHER_RF(text) text "-|" text "RF"

static void inject(u64 type, u8 vector)
{
	vmcb->rip = (u64)plain.insn;
	vmcb->next_rip = (u64)plain.next;
	vmcb->event = EVENT_VALID | type | vector;
}

static void inject_error(u64 type, u8 vector, u32 error)
{
	inject(type, vector);
	vmcb->event |= EVENT_ERROR | (u64)error << 32;
}

static void go(void)
{
	run();
	saw_exit();
	host_close();
}

static void inj_exc_ud(void)
{
	guest(&plain), inject(EVENT_EXCEPTION, 6), go();
}

static void inj_exc_error(void)
{
	guest(&plain), inject_error(EVENT_EXCEPTION, 13, 0x1234), go();
}

/* Intercepts are not looked at for what is injected. */
static void inj_exc_intercepted(void)
{
	guest(&plain), inject_error(EVENT_EXCEPTION, 13, 0x1234);
	vmcb->intercept_exception = 1 << 13;
	go();
}

static void soft(u64 type, u8 vector)
{
	guest(&plain), inject(type, vector);
	saw("nrips=%u", has_nrips());
	go();
}

static void inj_exc_bp(void)
{
	soft(EVENT_EXCEPTION, 3);
}

static void inj_exc_of(void)
{
	soft(EVENT_EXCEPTION, 4);
}

static void inj_soft_bp(void)
{
	soft(EVENT_SOFT, 3);
}

static void inj_soft_of(void)
{
	soft(EVENT_SOFT, 4);
}

static void inj_soft_80(void)
{
	soft(EVENT_SOFT, 0x80);
}

/* RIP at the next instruction and no next RIP: what a VMM without nRIP save does. */
static void inj_exc_bp_moved(void)
{
	guest(&plain), inject(EVENT_EXCEPTION, 3);
	vmcb->rip = vmcb->next_rip = (u64)plain.next;
	go();
}

static void inj_soft_80_moved(void)
{
	guest(&plain), inject(EVENT_SOFT, 0x80);
	vmcb->rip = vmcb->next_rip = (u64)plain.next;
	go();
}

static void inj_exc_bp_nrip0(void)
{
	guest(&plain), inject(EVENT_EXCEPTION, 3);
	vmcb->next_rip = 0;
	saw("nrips=%u", has_nrips());
	go();
}

static void user_gate(u64 type, u8 vector)
{
	guest(&plain), guest_user(), inject(type, vector);
	vmcb->intercept_exception = 1 << 13;
	vmcb->rip = vmcb->next_rip = (u64)plain.next;
	go();
	if (vmcb->exit_code == X_EXCEPTION + 13)
		saw("error %lx intinfo %lx", vmcb->info1, vmcb->exit_int_info);
}

static void inj_soft_dpl(void)
{
	user_gate(EVENT_SOFT, 0x80);
}

static void inj_soft_bp_dpl(void)
{
	user_gate(EVENT_SOFT, 3);
}

static void inj_exc_bp_dpl(void)
{
	user_gate(EVENT_EXCEPTION, 3);
}

static void inj_exc_ud_dpl(void)
{
	user_gate(EVENT_EXCEPTION, 6);
}

static void inj_exc_db(void)
{
	guest(&plain), inject(EVENT_EXCEPTION, 1), go();
	saw("dr6 %lx", vmcb->dr6);
}

static void inj_nmi(void)
{
	guest(&plain), inject(EVENT_NMI, 2), go();
	host_iret();
}

static void inj_nmi_vector(void)
{
	guest(&plain), inject(EVENT_NMI, 0x21), go();
	host_iret();
}

static void inj_intr(void)
{
	guest(&plain), inject(EVENT_INTR, 0x41), go();
}

static void inj_intr_0d(void)
{
	guest(&plain), inject(EVENT_INTR, 0x1f), go();
}

static void inj_intr_shadow(void)
{
	guest(&plain), inject(EVENT_INTR, 0x41);
	vmcb->shadow = 1;
	vmcb->flags |= FL_IF;
	go();
	saw("shadow %lx", vmcb->shadow & 1);
}

static void inj_exc_shadow(void)
{
	guest(&plain), inject(EVENT_EXCEPTION, 6);
	vmcb->shadow = 1;
	go();
	saw("shadow %lx", vmcb->shadow & 1);
}

static void inj_cleared(void)
{
	guest(&plain), inject(EVENT_EXCEPTION, 6), go();
	saw("valid %lx", vmcb->event >> 31 & 1);
}

static void inj_rf_exc(void)
{
	guest(&plain), inject(EVENT_EXCEPTION, 6);
	vmcb->flags |= FL_RF;
	go();
}

static void inj_rf_intr(void)
{
	guest(&plain), inject(EVENT_INTR, 0x41);
	vmcb->flags |= FL_RF;
	go();
}

static void inj_tf(void)
{
	guest(&plain), inject(EVENT_EXCEPTION, 6);
	vmcb->flags |= FL_TF;
	go();
	saw_flags("handler", vmcb->flags);
}

static void inj_user(void)
{
	guest(&plain), guest_user(), inject_error(EVENT_EXCEPTION, 14, 7), go();
	saw("cpl %u cs %lx ss:rsp %lx:%s", vmcb->cpl, guest_frame(2), guest_frame(5),
	    guest_frame(4) == STACK_TOP(guest_user_stack) ? "user" : "?");
	saw("rsp %ld", STACK_TOP(guest_stack) - vmcb->rsp);
}

static void inj_ist(void)
{
	guest(&plain), inject(EVENT_EXCEPTION, 6);
	guest_idt[6].ist = 1;
	go();
	saw("rsp %ld", STACK_TOP(guest_other_stack) - vmcb->rsp);
}

/* CR2 belongs to the state that VMRUN loads. */
static void cr2_load(void)
{
	guest(&get_cr2);
	lab_write_cr2(0x1111);
	vmcb->cr2 = 0x2222;
	run();
	saw_exit();
	saw("guest cr2 %lx saved %lx", regs.cx, vmcb->cr2);
	host_close();
}

static void inj_bad_type(void)
{
	guest(&plain), inject(EVENT_TYPE(1), 0x41), go();
}

static void inj_bad_vector(void)
{
	guest(&plain), inject(EVENT_EXCEPTION, 2), go();
}

static void inj_exc_20(void)
{
	guest(&plain), inject(EVENT_EXCEPTION, 0x20), go();
}

const struct probe inject_probes[] = {
	{ "inj-exc-ud", inj_exc_ud, EITHER_RF("gate 06 from insn flags="), "15.20; RF: silent" },
	{ "inj-exc-error", inj_exc_error,
	  EITHER_RF("gate 0d error 1234 from insn flags="), "15.20" },
	{ "inj-exc-intercepted", inj_exc_intercepted,
	  EITHER_RF("gate 0d error 1234 from insn flags="), "15.20: not subject to intercepts" },
	{ "inj-exc-bp", inj_exc_bp,
	  "nrips=0 gate 03 from insn flags=-|nrips=1 gate 03 from next flags=-",
	  "15.20: nRIP is pushed where it is there" },
	{ "inj-exc-of", inj_exc_of,
	  "nrips=0 gate 04 from insn flags=-|nrips=1 gate 04 from next flags=-", "15.20" },
	{ "inj-exc-bp-moved", inj_exc_bp_moved, "gate 03 from next flags=-", "15.20" },
	{ "inj-exc-bp-nrip0", inj_exc_bp_nrip0,
	  "nrips=0 gate 03 from insn flags=-|nrips=1 gate 03 from 0 flags=-", "15.20" },
	{ "inj-soft-bp", inj_soft_bp,
	  "nrips=0 gate 03 from insn flags=-|nrips=1 gate 03 from next flags=-", "15.20" },
	{ "inj-soft-of", inj_soft_of,
	  "nrips=0 gate 04 from insn flags=-|nrips=1 gate 04 from next flags=-", "15.20" },
	{ "inj-soft-80", inj_soft_80,
	  "nrips=0 gate 80 from insn flags=-|nrips=1 gate 80 from next flags=-", "15.20" },
	{ "inj-soft-80-moved", inj_soft_80_moved, "gate 80 from next flags=-", "15.20" },
	{ "inj-soft-dpl", inj_soft_dpl, "exit #GP at next error 402 intinfo 80000480",
	  "15.20: as INT n, with its checks" },
	{ "inj-soft-bp-dpl", inj_soft_bp_dpl,
	  "exit #GP at next error 1a intinfo 80000403", "15.20" },
	{ "inj-exc-bp-dpl", inj_exc_bp_dpl,
	  "gate 03 from next flags=-|exit #GP at next error 1a intinfo 80000303|"
	  "exit #GP at next error 1b intinfo 80000303",
	  "15.20: silent whether type 3 is checked" },
	{ "inj-exc-ud-dpl", inj_exc_ud_dpl, EITHER_RF("gate 06 from next flags="), "15.20" },
	{ "inj-exc-db", inj_exc_db, "gate 01 from insn flags=- dr6 ffff0ff0|"
	  "gate 01 from insn flags=RF dr6 ffff0ff0", "15.20: DR6 is the VMM's" },
	{ "inj-nmi", inj_nmi, EITHER_RF("gate 02 from insn flags="), "15.20" },
	{ "inj-nmi-vector", inj_nmi_vector, EITHER_RF("gate 02 from insn flags="),
	  "15.20: the vector is ignored" },
	{ "inj-intr", inj_intr, "gate 41 from insn flags=-", "15.20: whatever IF" },
	{ "inj-intr-1f", inj_intr_0d, "gate 1f from insn flags=-", "15.20" },
	{ "inj-intr-shadow", inj_intr_shadow, "gate 41 from insn flags=IF shadow 0", "15.21.5" },
	{ "inj-exc-shadow", inj_exc_shadow, "gate 06 from insn flags=- shadow 0|"
	  "gate 06 from insn flags=RF shadow 0", "15.21.5" },
	{ "inj-cleared", inj_cleared, "gate 06 from insn flags=- valid 0|"
	  "gate 06 from insn flags=RF valid 0", "15.6: EVENTINJ is cleared" },
	{ "inj-rf-exc", inj_rf_exc, "gate 06 from insn flags=RF", "15.20: RFLAGS as in the VMCB" },
	{ "inj-rf-intr", inj_rf_intr, "gate 41 from insn flags=RF",
	  "15.20: RFLAGS as in the VMCB" },
	{ "inj-tf", inj_tf, "gate 06 from insn flags=TF handler=-|"
	  "gate 06 from insn flags=RFTF handler=-", "8.9: the gate clears TF" },
	{ "inj-user", inj_user,
	  "gate 0e error 7 from insn flags=- cpl 0 cs 33 ss:rsp 2b:user rsp 48|"
	  "gate 0e error 7 from insn flags=RF cpl 0 cs 33 ss:rsp 2b:user rsp 48", "8.9.3" },
	{ "inj-ist", inj_ist, "gate 06 from insn flags=- rsp 40|gate 06 from insn flags=RF rsp 40",
	  "8.9.4" },
	{ "cr2-load", cr2_load, "end guest cr2 2222 saved 2222", "15.5.1: VMRUN loads CR2" },
	{ "inj-bad-type", inj_bad_type, "exit INVALID",
	  "15.20: VMEXIT_INVALID" },
	{ "inj-bad-vector", inj_bad_vector, "exit INVALID",
	  "15.20: type 3 with vector 2" },
	{ "inj-exc-20", inj_exc_20, "exit INVALID",
	  "15.20: type 3 with a vector above 31" },
	{ 0 }
};
