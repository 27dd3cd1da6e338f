// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: INT n as an event, by its intercept (APM "INTn Intercept"), where the host wants it
 * seen. Root mode. It is injected as what it was, with its length, and the processor
 * makes the gate's checks as for the instruction.
 */
#include "../../../core/dispatch.h"
#include "backend.h"

#define OPCODE_INT_N	0xcd
#define OPCODE_INT3	0xcc

/*
 * The #VMEXIT does not tell the vector: it is in the instruction. QEMU comes here for INT3,
 * too. What cannot be read goes natively, and all that follow.
 */
tg_root void svm_on_int_n(struct tg_vcpu *v)
{
	struct tg_trap trap = { .ev = { .type = TG_TYPE_INT_N, .valid = true } };
	u8 byte[SVM_MAX_INSN];
	u32 at, n = svm_fetch(v, byte, SVM_MAX_INSN, &at);

	v->core.exits_exception++;
	if (at + 2 <= n && byte[at] == OPCODE_INT_N) {
		trap.ev.vector = byte[at + 1];
		trap.ev.insn_len = at + 2;
	} else if (at < n && byte[at] == OPCODE_INT3) {
		trap.ev.vector = TG_VEC_BP;
		trap.ev.type = TG_TYPE_INT3_INTO;
		trap.ev.insn_len = at + 1;
	} else {
		v->int_n_seen = false;
		svm_intercept(v, 0, SVM_I1(SVM_EXIT_SWINT), false);
		return;
	}
	if (tg_handle_exception(&v->core, &trap) == TG_OUT_SWALLOWED && tg_rip_stays(&v->core))
		svm_skip(v, trap.ev.insn_len);
}
