// SPDX-License-Identifier: GPL-2.0
/*
 * The few places in root mode where the common part needs the backend. A branch,
 * not a pointer: doc/vt-x.md, "Dispatch by a switch".
 */
#include "../../core/action.h"
#include "../../core/dispatch.h"
#include "../../core/machine.h"
#include "hv.h"
#include "root.h"
#include "svm/backend.h"
#include "vmx/backend.h"

tg_root void tg_root_fault_fatal(struct tg_vcpu *v, const char *what)
{
	if (v->amd)
		svm_fatal(v, what);
	vmx_fatal(v, what);
}

tg_root void tg_guest_snapshot(struct tg_cpu *cpu, struct tg_snapshot *s)
{
	const struct tg_vcpu *v = tg_vcpu_of(cpu);

	if (v->amd)
		svm_snapshot(v, s);
	else
		vmx_snapshot(v, s);
}

tg_root bool tg_root_hypercall(struct tg_vcpu *v)
{
	bool leaves = false;
	long ret = 0;

	switch ((enum tg_hypercall)v->reg[REG_RAX]) {
	case TG_CALL_REARM:
		tg_take_evset(&v->core);
		if (v->amd) {
			svm_forget_root(v);
			svm_arm(v);
		} else {
			vmx_arm(v);
		}
		break;
	case TG_CALL_INJECT:
		v->core.requests.not_at = v->core.exits;
		ret = tg_inject_request(&v->core, &v->request);
		break;
	case TG_CALL_LEAVE:
		v->state = TG_VCPU_OUT;
		leaves = true;
		break;
	case TG_CALL_EVAL:
		tg_action_eval(&v->core);
		break;
	default:
		ret = -22;		/* -EINVAL */
	}
	v->reg[REG_RAX] = ret;
	return leaves;
}
