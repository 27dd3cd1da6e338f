// SPDX-License-Identifier: GPL-2.0
/*
 * Whether this machine may and can be put under the hypervisor, in words.
 * Process context; changes nothing.
 */
#include <linux/cc_platform.h>
#include <linux/kernel.h>
#include <linux/security.h>
#include <linux/version.h>
#include <asm/processor.h>
#include <asm/special_insns.h>
#include <xen/xen.h>
#include "tg.h"

static const struct tg_hv_ops *const backends[] = { &tg_vmx_ops, &tg_svm_ops };

static int refuse(int err, char *reason, const char *text)
{
	strscpy(reason, text, TG_REASON_LEN);
	return err;
}

static int refuse_platform(char *reason)
{
	if (security_locked_down(LOCKDOWN_MSR))
		return refuse(-EPERM, reason,
			      "the kernel is locked down (see kernel_lockdown(7)): a hypervisor would be a way around it");
	if (xen_pv_domain())
		return refuse(-EOPNOTSUPP, reason,
			      "this is a Xen PV guest: it has no virtualization of its own; use an HVM or PVH guest");
	if (cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT) ||
	    cc_platform_has(CC_ATTR_GUEST_STATE_ENCRYPT))
		return refuse(-EOPNOTSUPP, reason,
			      "this is an encrypted guest (SEV or TDX): its state is out of reach of a hypervisor inside it");
#ifdef X86_FEATURE_CALL_DEPTH
	if (boot_cpu_has(X86_FEATURE_CALL_DEPTH))
		return refuse(-EOPNOTSUPP, reason,
			      "the kernel counts call depth in every function (retbleed=stuff), root mode's included: boot with retbleed=auto");
#endif
#ifdef X86_FEATURE_INVLPGB
	/* It reaches host or guest, and CPUs come under us one after the other. */
	if (boot_cpu_has(X86_FEATURE_INVLPGB))
		return refuse(-EOPNOTSUPP, reason,
			      "the kernel flushes the TLBs of other CPUs with INVLPGB, which does not reach from a guest to a host: boot with clearcpuid=invlpgb");
#endif
	if (native_read_cr4() & TGX_CR4_FRED)
		return refuse(-EOPNOTSUPP, reason,
			      "the kernel uses FRED event delivery, which is not supported yet: boot with fred=off");
	return 0;
}

int tg_refuse(const struct tg_hv_ops **ops, char *reason)
{
	const char *why = "unknown";
	int i, err = refuse_platform(reason);

	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(backends); i++) {
		err = backends[i]->probe(&why);
		if (!err) {
			*ops = backends[i];
			return 0;
		}
		if (err != -ENODEV)
			return refuse(err, reason, why);
	}
	return refuse(-ENODEV, reason,
		      "the processor has neither VT-x nor AMD-V (or the hypervisor below does not pass it on)");
}
