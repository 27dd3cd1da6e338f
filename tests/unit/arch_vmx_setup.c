// SPDX-License-Identifier: GPL-2.0
/*
 * VT-x: what it is refused for, in words and with nothing changed, and what a CPU's first
 * VMCS and its MSR bitmap say. The processor is vmx_fake.c.
 */
#include "vmx_fake.h"

#include "../../arch/x86/vmx/setup.c"

static long launched;			/* what the first VMLAUNCH says */
static const char *why;
static u8 pages[4 * TG_PAGE] __attribute__((aligned(4096)));

long tg_vmx_launch(void)
{
	assert_int_equal(vcpu.state, TG_VCPU_IN);
	fake_log("vmlaunch");
	return launched;
}

long tg_vmx_hypercall(enum tg_hypercall call)
{
	(void)call;
	return 0;
}

void tg_vmx_exit_entry(void)
{
}

struct x86_dtr tg_root_idtr(void)
{
	return (struct x86_dtr){ .limit = 0xfff, .base = 0x3000 };
}

/* Skylake's, as in arch_vmx_caps.c, and a kernel of 6.1. */
static int setup(void **state)
{
	fake_setup(state);
	memset(pages, 0, sizeof(pages));
	memset(&vcpu.vmx.ctls, 0, sizeof(vcpu.vmx.ctls));
	memset(vmx_fake.field, 0, sizeof(vmx_fake.field));
	vcpu.state = TG_VCPU_OUT;
	vmx_fake.cpuid_max = 0x16;
	launched = 0;
	why = "nothing";
	fake_msr(TGX_MSR_FEATURE_CONTROL, 5);
	fake_msr(0x480, 0xda040000000004);
	fake_msr(0x48d, 0x7f00000016);
	fake_msr(0x48e, 0xfff9fffe04006172);
	fake_msr(0x48f, 0x1ffffff00036dfb);
	fake_msr(0x490, 0x3ffff000011fb);
	fake_msr(0x485, 0x7004c1e7);
	fake_msr(0x486, 0x80000021);
	fake_msr(0x487, 0xffffffff);
	fake_msr(0x488, 0x2000);
	fake_msr(0x489, 0x3767ff);
	fake_msr(0x48b, 0x1ffcff00000000);
	fake_msr(0x48c, 0xf0106334141);
	fake_msr(TGX_MSR_DEBUGCTL, 0);
	fake_msr(TGX_MSR_SYSENTER_CS, 0x10);
	fake_msr(TGX_MSR_SYSENTER_ESP, 0);
	fake_msr(TGX_MSR_SYSENTER_EIP, 0x4000);
	fake_msr(TGX_MSR_FS_BASE, 0);
	fake_msr(TGX_MSR_GS_BASE, 0x5000);
	vmx_fake_set("cr3", 0x1234000);
	vmx_fake_set("dr7", 0x400);
	vmx_fake_set("cs", 0x10);
	vmx_fake_set("ss", 0x18);
	vmx_cpu_prepare(&vcpu, pages, 0x10000);
	vmx_fake.length = 0;
	vmx_fake.log[0] = 0;
	return 0;
}

static void test_enter(void **state)
{
	(void)state;
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), 0);
	assert_string_equal(why, "nothing");
	assert_string_equal(vmx_fake.log, "vmxon, vmclear, vmptrld, cr4 2670, cr4 26f0, invvpid, "
			    "vmlaunch");
	assert_int_equal(vcpu.state, TG_VCPU_IN);
	assert_int_equal(vcpu.core.flushes, 1);
	assert_int_equal(*fake_field(VMCS_MSR_BITMAP), 0x12000);
	assert_int_equal(*fake_field(VMCS_VPID), 1);
	assert_int_equal(*fake_field(VMCS_GUEST_CR4), 0x26f0);
}

static void test_enter_nested(void **state)
{
	(void)state;
	platform.nested = true;
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), 0);
	assert_int_equal(*fake_field(VMCS_VPID), 0);
	assert_false(*fake_field(VMCS_PROC2) & VMX_PROC2_VPID);
}

/* Of the four KiB, two bits: SDM "MSR-Bitmap Address". */
static void test_msr_bitmap(void **state)
{
	const u8 *bitmap = pages + 2 * TG_PAGE;
	unsigned int set = 0;

	(void)state;
	for (u32 i = 0; i < TG_PAGE; i++)
		set += __builtin_popcount(bitmap[i]);
	assert_int_equal(set, 2);
	assert_int_equal(bitmap[2048 + 0x600 / 8], 1 << (0x600 % 8));
	assert_int_equal(bitmap[2048 + 0x79 / 8], 1 << (0x79 % 8));
}

/* IA32_VMX_MISC bit 6: whether an entry takes a halted guest. */
static void test_no_halted_guest(void **state)
{
	(void)state;
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), 0);
	assert_int_equal(vcpu.slow, 0);
	fake_msr(0x485, 0x7004c187);
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), 0);
	assert_int_equal(vcpu.slow, SLOW_NO_HLT);
	fake_msr(0x485, 0x7004c1c7);
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), 0);
	assert_int_equal(vcpu.slow, 0);
}

/* IBT without shadow stacks, as a hypervisor may offer it: that MSR is not there. */
static void test_cet_without_shadow_stacks(void **state)
{
	(void)state;
	fake_msr(0x48f, 0x11ffffff00036dfb);
	fake_msr(0x490, 0x13ffff000011fb);
	fake_msr(TGX_MSR_S_CET, 4);
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), 0);
	assert_true(vcpu.vmx.ctls.cet);
	assert_int_equal(*fake_field(VMCS_GUEST_S_CET), 4);
	assert_int_equal(*fake_field(VMCS_GUEST_ISST), 0);
	vmx_fake.cpuid_7_ecx = 1u << 7;
	fake_msr(TGX_MSR_ISST, 0x7000);
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), 0);
	assert_int_equal(*fake_field(VMCS_GUEST_ISST), 0x7000);
}

/* CTL-ENABLE: what needs a control, as CPUID shows it. */
static void test_instructions_there(void **state)
{
	(void)state;
	assert_int_equal(instructions_there(), 0);
	vmx_fake.cpuid_7_ebx = 1u << 10;
	assert_int_equal(instructions_there(), VMX_PROC2_INVPCID);
	vmx_fake.cpuid_7_ecx = 1u << 5;
	assert_int_equal(instructions_there(), VMX_PROC2_INVPCID | VMX_PROC2_USER_WAIT);
	vmx_fake.cpuid_d_1_eax = 1u << 3;
	vmx_fake.cpuid_7_ebx = vmx_fake.cpuid_7_ecx = 0;
	assert_int_equal(instructions_there(), VMX_PROC2_XSAVES);
	vmx_fake.cpuid_80000001_edx = 1u << 27;
	assert_int_equal(instructions_there(), VMX_PROC2_XSAVES | VMX_PROC2_RDTSCP);
	vmx_fake.cpuid_max = 6;
	assert_int_equal(instructions_there(), VMX_PROC2_RDTSCP);
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), 0);
	fake_msr(0x48b, 0x1ffcff00000000 & ~(u64)VMX_PROC2_RDTSCP << 32);
	assert_int_not_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), 0);
	assert_string_equal(why, "RDTSCP is there, but VT-x cannot enable it");
}

static void test_lbr_ctl(void **state)
{
	(void)state;
	fake_msr(0x48f, 0x5ffffff00036dfb);
	fake_msr(0x490, 0x23ffff000011fb);
	fake_msr(TGX_MSR_LBR_CTL, 0x7f0001);
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), 0);
	assert_int_equal(*fake_field(VMCS_GUEST_LBR_CTL), 0x7f0001);
}

#define LOCKED_OFF "VT-x is locked off by the firmware: switch on \"Intel Virtualization "	\
		   "Technology\" in its setup"

/* IA32_FEATURE_CONTROL: bit 0 lock, 1 inside of SMX, 2 outside. */
static void test_feature_control(void **state)
{
	(void)state;
	for (u64 feature = 0; feature < 8; feature++) {
		fake_msr(TGX_MSR_FEATURE_CONTROL, feature);
		vmx_fake.length = 0;
		if ((feature & 1) && (feature & 6)) {
			assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), 0);
			continue;
		}
		assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), -13);
		assert_string_equal(why, LOCKED_OFF);
		assert_int_equal(vmx_fake.length, 0);
	}
}

static void test_vmxon_refused(void **state)
{
	(void)state;
	vmx_fake.vmxon = -2;			/* #GP */
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), -13);
	assert_string_equal(why, "VMXON faulted: the firmware allows VT-x only inside of a "
			    "measured launch (tboot), or only outside of one");
	vmx_fake.vmxon = -1;
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), -16);
	assert_string_equal(why, "VMXON failed: something else holds VMX operation on this CPU");
	assert_string_equal(vmx_fake.log, "vmxon, vmxon");
	assert_int_equal(vcpu.state, TG_VCPU_OUT);
}

/* A processor without the timer: VMware's. */
static void test_no_timer(void **state)
{
	(void)state;
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), 0);
	assert_true(tg_vmx_ops.can_watch(&vcpu));
	assert_null(tg_vmx_ops.no_post(&vcpu));
	fake_msr(0x48d, 0x3f00000016);
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), 0);
	assert_false(tg_vmx_ops.can_watch(&vcpu));
	assert_null(tg_vmx_ops.no_post(&vcpu));		/* the monitor trap flag */
	fake_msr(0x48e, 0xf7f9fffe04006172);
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), 0);
	assert_string_equal(tg_vmx_ops.no_post(&vcpu),
			    "the processor has neither a VMX-preemption timer nor a monitor trap "
			    "flag: no post stage");
}

/* The first entry is refused: undone, with the reason. */
static void test_refused_launch(void **state)
{
	(void)state;
	launched = 3;
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), -22);
	assert_string_equal(why, "VM entry refused the state of the running kernel (see the kernel "
			    "log)");
	assert_int_equal(vcpu.state, TG_VCPU_OUT);
	launched = 4;
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), -5);
	assert_string_equal(why, "a machine check came during the first VM entry: try again");
	launched = 1;
	*fake_field(VMCS_INSN_ERROR) = 7;
	vmx_fake.length = 0;
	assert_int_equal(tg_vmx_ops.cpu_enter(&vcpu, &why), -5);
	assert_string_equal(why, "VMLAUNCH refused the control fields (VM-instruction error 7)");
	assert_string_equal(vmx_fake.log, "vmxon, vmclear, vmptrld, cr4 2670, cr4 26f0, invvpid, "
			    "vmlaunch, vmxoff");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		T(test_enter), T(test_enter_nested), T(test_msr_bitmap), T(test_no_timer),
		T(test_no_halted_guest), T(test_cet_without_shadow_stacks), T(test_lbr_ctl),
		T(test_instructions_there), T(test_feature_control), T(test_vmxon_refused),
		T(test_refused_launch),
	};

	return cmocka_run_group_tests_name("arch_vmx_setup", tests, NULL, NULL);
}
