// SPDX-License-Identifier: GPL-2.0
/* What the vmx/ files under test call that is not there: instructions, APIC, entry code. */
#include "vmx_fake.h"

#include "apic.h"
#include "fixup.h"
#include "root.h"

struct vmx_fake vmx_fake;
struct world w;
struct tg_vcpu vcpu;
struct tg_platform platform;

static jmp_buf end;
static bool may_end;

/* ---- the VMCS -------------------------------------------------------------- */

u64 *fake_field(u32 field)
{
	assert_true(field < TG_ARRAY_SIZE(vmx_fake.field) && !(field & 1));
	return &vmx_fake.field[field];
}

/* SDM volume 3, appendix "Field Encoding in VMCS": type 1 is read-only. */
static bool is_exit_information(u32 field)
{
	return (field >> 10 & 3) == 1;
}

/* A field that comes with a control does not exist without it. */
static bool exists(u32 field)
{
	switch (field) {
	case VMCS_TIMER:
		return vcpu.vmx.ctls.timer;
	case VMCS_VPID:
		return vcpu.vmx.ctls.vpid;
	case VMCS_GUEST_LBR_CTL:
		return vcpu.vmx.ctls.lbr;
	case VMCS_GUEST_S_CET:
	case VMCS_GUEST_SSP:
	case VMCS_GUEST_ISST:
		return vcpu.vmx.ctls.cet;
	}
	return true;
}

int vmx_try_read(u64 field, u64 *v)
{
	*v = *fake_field(field);
	return exists(field) ? 0 : -1;
}

int vmx_try_write(u64 field, u64 v)
{
	if (is_exit_information(field) || !exists(field))
		return -1;
	*fake_field(field) = v;
	return 0;
}

u64 vmcs_read(enum vmcs_field field)
{
	u64 v;

	if (vmx_try_read(field, &v))
		fail_msg("VMREAD %x", field);
	return v;
}

void vmcs_write(enum vmcs_field field, u64 v)
{
	if (vmx_try_write(field, v))
		fail_msg("VMWRITE %x", field);
}

void fake_log(const char *what)
{
	vmx_fake.length += snprintf(vmx_fake.log + vmx_fake.length,
				    sizeof(vmx_fake.log) - vmx_fake.length, "%s%s",
				    vmx_fake.length ? ", " : "", what);
	assert_true((size_t)vmx_fake.length < sizeof(vmx_fake.log));
}

static int instruction(const char *name)
{
	fake_log(name);
	return 0;
}

int vmx_vmxon(u64 pa)
{
	assert_int_equal(pa, vcpu.vmx.vmxon_pa);
	fake_log("vmxon");
	return vmx_fake.vmxon;
}

int vmx_vmclear(u64 pa)
{
	assert_int_equal(pa, vcpu.vmx.vmcs_pa);
	return instruction("vmclear");
}

int vmx_vmptrld(u64 pa)
{
	assert_int_equal(pa, vcpu.vmx.vmcs_pa);
	return instruction("vmptrld");
}

int vmx_vmxoff(void)
{
	return instruction("vmxoff");
}

int vmx_invvpid_all(void)
{
	vmx_fake.invvpid++;
	return instruction("invvpid");
}

/* ---- registers ------------------------------------------------------------- */

struct tg_vcpu *vmx_fake_this_vcpu(void)
{
	return &vcpu;
}

static u64 *reg(const char *name)
{
	u32 i;

	for (i = 0; i < NR_FAKE_REGS && vmx_fake.reg[i].name; i++)
		if (!strcmp(vmx_fake.reg[i].name, name))
			return &vmx_fake.reg[i].value;
	assert_true(i < NR_FAKE_REGS);
	vmx_fake.reg[i].name = name;
	return &vmx_fake.reg[i].value;
}

u64 vmx_fake_get(const char *name)
{
	return *reg(name);
}

void vmx_fake_set(const char *name, u64 v)
{
	char text[40];

	if (!strcmp(name, "cr4") && ((*reg(name) ^ v) & TGX_CR4_PGE))
		vmx_fake.pge++;
	*reg(name) = v;
	snprintf(text, sizeof(text), "%s %llx", name, (unsigned long long)v);
	fake_log(text);
}

static u64 *msr_at(u32 msr)
{
	u32 i;

	for (i = 0; i < vmx_fake.nr_msr; i++)
		if (vmx_fake.msr[i].msr == msr)
			return &vmx_fake.msr[i].value;
	return NULL;
}

void fake_msr(u32 msr, u64 value)
{
	u64 *at = msr_at(msr);

	if (!at) {
		assert_true(vmx_fake.nr_msr < NR_FAKE_MSRS);
		vmx_fake.msr[vmx_fake.nr_msr].msr = msr;
		at = &vmx_fake.msr[vmx_fake.nr_msr++].value;
	}
	*at = value;
}

int fixup_rdmsr(u32 msr, u64 *v)
{
	u64 *at = msr_at(msr);

	*v = at ? *at : 0;
	return at ? 0 : -1;
}

int fixup_wrmsr(u32 msr, u64 v)
{
	u64 *at = msr_at(msr);
	char text[40];

	if (!at)
		return -1;
	*at = v;
	snprintf(text, sizeof(text), "msr%x %llx", msr, (unsigned long long)v);
	fake_log(text);
	return 0;
}

u64 vmx_fake_rdmsr(u32 msr)
{
	u64 v;

	if (fixup_rdmsr(msr, &v))
		fail_msg("RDMSR %x", msr);
	return v;
}

void vmx_fake_wrmsr(u32 msr, u64 v)
{
	if (fixup_wrmsr(msr, v))
		fail_msg("WRMSR %x", msr);
}

int fixup_xsetbv(u32 which, u64 v)
{
	(void)which;
	return v & 1 ? 0 : -1;		/* the FPU's bit cannot be 0 */
}

int fixup_getsec(u64 *a, u64 b, u64 *c)
{
	(void)a, (void)b, (void)c;
	return -1;
}

void vmx_fake_cpuid(u32 *a, u32 *b, u32 *c, u32 *d)
{
	u32 leaf = *a, sub = *c;

	if (vmx_fake.cpuid_max && leaf < 0x80000000 && leaf > vmx_fake.cpuid_max) {
		*a = *b = *c = *d = ~0u;	/* Intel: the last one's */
		return;
	}
	*a = *b = *d = 0;
	if (leaf == 0)
		*a = vmx_fake.cpuid_max;
	else if (leaf == 0x80000000)
		*a = 0x80000008;
	else if (leaf == 7 && sub == 1)
		*a = vmx_fake.cpuid_7_1_eax;
	else if (leaf == 7)
		*b = vmx_fake.cpuid_7_ebx;
	else if (leaf == 0xd && *c == 1)
		*a = vmx_fake.cpuid_d_1_eax;
	else if (leaf == 0x80000001)
		*d = vmx_fake.cpuid_80000001_edx;
	*c = leaf == 1 ? 1u << 5 : leaf == 7 && !sub ? vmx_fake.cpuid_7_ecx :
	     0;					/* 1: VMX */
}

struct x86_dtr vmx_fake_sgdt(void)
{
	return (struct x86_dtr){ .limit = sizeof(vmx_fake.gdt) - 1, .base = (u64)vmx_fake.gdt };
}

struct x86_dtr vmx_fake_sidt(void)
{
	return (struct x86_dtr){ .limit = 0xfff, .base = 0x2000 };
}

u32 vmx_fake_lar(u16 sel)
{
	return sel == 0x10 ? 0xa09b00 : 0xc09300;
}

u32 vmx_fake_lsl(u16 sel)
{
	return sel == 0x10 ? 0xffffffff : 0xfffff;
}

/* ---- root mode's assembly, and its end ------------------------------------- */

const u8 tg_vmx_hypercall_site[1];

void tg_root_unblock_nmi(void)
{
	vmx_fake.unblocked++;
}

int tg_root_acknowledge(struct tg_vcpu *v)
{
	int vector;

	for (vector = 255; vector >= 0 && !machine_fake.pending[vector]; vector--)
		;
	if (vector < 0)
		return -1;
	(void)v;
	vmx_fake.acknowledged++;
	machine_fake.pending[vector] = false;
	machine_fake.in_service[vector] = true;
	return vector;
}

void tg_root_fault(struct root_frame *f)
{
	(void)f;
}

#define WEAK __attribute__((weak))

WEAK bool tg_root_hypercall(struct tg_vcpu *v)
{
	(void)v;
	fail_msg("our own hypercall");
	return false;
}

WEAK void vmx_fatal(struct tg_vcpu *v, const char *what)
{
	assert_ptr_equal(v, &vcpu);
	vmx_fake.fatal = what;
	if (may_end)
		longjmp(end, 1);
	fail_msg("fatal: %s", what);
	abort();
}

int tg_vmx_forward_vmcall(u64 *guest)
{
	if (vmx_fake.no_hypercall)
		return -1;
	vmx_fake.forwarded++;
	vmx_fake.forwarded_rcx = guest[REG_RCX];
	guest[REG_RAX] = 0;
	return 0;
}

/* Of a CPU that stops for good: back to fake_until_end(). */
void vmx_fake_halt(void)
{
	fake_log("halt");
	longjmp(end, 1);
}

WEAK void tg_root_to_fatal(struct tg_vcpu *v, u64 stack)
{
	assert_int_equal(stack, v->root_rsp);
	fake_log("fatal");
	longjmp(end, 1);
}

void fake_until_end(void (*run)(struct tg_vcpu *v))
{
	may_end = true;
	if (!setjmp(end))
		run(&vcpu);
	may_end = false;
}

/* ---- the guest ------------------------------------------------------------- */

static void fake_guest(void)
{
	*fake_field(VMCS_GUEST_RIP) = RIP;
	*fake_field(VMCS_GUEST_RSP) = 0x7ffc0000;
	*fake_field(VMCS_GUEST_RFLAGS) = 0x202;
	*fake_field(VMCS_GUEST_CR0) = 0x80050033;
	*fake_field(VMCS_GUEST_CR3) = 0x1234000;
	*fake_field(VMCS_GUEST_CR4) = 0x3726e0;
	*fake_field(VMCS_GUEST_DR7) = 0x400;
	*fake_field(VMCS_GUEST_CS_AR) = 0xa0fb;
	*fake_field(VMCS_GUEST_SS_AR) = 0xc0f3;
	*fake_field(VMCS_CR0_MASK) = TGX_CR0_PE | TGX_CR0_NE | TGX_CR0_PG;
	*fake_field(VMCS_CR0_SHADOW) = 0x80050033;
	*fake_field(VMCS_CR4_MASK) = TGX_CR4_VMXE;
	*fake_field(VMCS_CR4_SHADOW) = 0x3726e0;
}

int fake_setup(void **state)
{
	(void)state;
	world_init(&w);
	memset(&vcpu, 0, sizeof(vcpu));
	memset(&vmx_fake, 0, sizeof(vmx_fake));
	platform = (struct tg_platform){ .core = w.config };
	vcpu.platform = &platform;
	vcpu.state = TG_VCPU_IN;
	vcpu.vmx.vmxon_pa = 0x10000;
	vcpu.vmx.vmcs_pa = 0x11000;
	vcpu.vmx.ctls = (struct vmx_ctls){
		.pin = 0x3e, .proc = 0x94006172, .proc2 = 0x101028, .vpid = true, .timer = true,
		.mtf = true,
	};
	vcpu.vmx.pin = vcpu.vmx.ctls.pin;
	vcpu.vmx.proc = vcpu.vmx.ctls.proc;
	vcpu.core.exits = 100;			/* the first entry is long ago */
	*reg("cr0") = 0x80050033;
	*reg("cr4") = 0x26f0;
	*reg("dr6") = 0xffff0ff0;
	fake_guest();
	return 0;
}

int fake_teardown(void **state)
{
	(void)state;
	world_free(&w);
	return 0;
}

void fake_arm(void)
{
	world_arm_all(&w);
	w.cpu.exits = 100;
	vcpu.core = w.cpu;
	vmx_arm(&vcpu);
}

void fake_hook(u32 vector, u32 flags)
{
	world_event(&w, vector < 32 ? TG_EVENT_EXCEPTION : TG_EVENT_INTERRUPT, vector, flags);
	fake_arm();
}

int fake_exit(u32 reason)
{
	int action = -1;

	*fake_field(VMCS_REASON) = reason;
	if (!(reason & VMX_REASON_FAILED_ENTRY))
		*fake_field(VMCS_ENTRY_INFO) &= ~(u64)VMX_INFO_VALID;
	vmx_fake.fatal = NULL;
	may_end = true;
	if (!setjmp(end))
		action = tg_vmx_exit(&vcpu);
	may_end = false;
	return action;
}

int fake_exception(u32 reason, u8 vector, u64 error, u64 address)
{
	bool has_error = tg_has_error_code(vector);

	*fake_field(VMCS_EXIT_INFO) = has_error ? FAULT_ERROR(vector) : FAULT(vector);
	*fake_field(VMCS_EXIT_ERROR) = error;
	*fake_field(VMCS_QUALIFICATION) = address;
	return fake_exit(reason);
}
