// SPDX-License-Identifier: GPL-2.0
/*
 * The few places in root mode where the common part needs the backend. A branch,
 * not a pointer: see doc/design.md, decision 13.
 */
#include "../../core/os.h"
#include "root.h"
#include "svm.h"
#include "vmx_insn.h"

tg_root void tg_root_fault_fatal(struct tg_vcpu *v, const char *what)
{
	if (v->amd)
		svm_fatal(v, what);
	vmx_fatal(v, what);
}

tg_root void tg_os_snapshot(struct tg_cpu *cpu, struct tg_snapshot *s)
{
	const struct tg_vcpu *v = (const void *)((char *)cpu - offsetof(struct tg_vcpu, core));

	if (v->amd)
		svm_snapshot(v, s);
	else
		vmx_snapshot(v, s);
}
