// SPDX-License-Identifier: GPL-2.0
/* VT-x: what is done at exits that no emulator makes, and what is written for the entry. */
#include "vmx_fake.h"

#define ENCLAVE	(1u << 27)

/* ---- the exit reason ------------------------------------------------------- */

/* SDM "Basic VM-Exit Information": bit 27 says enclave mode, the basic reason is as ever. */
static void test_enclave_exception(void **state)
{
	(void)state;
	fake_hook(14, 0);
	assert_int_equal(fake_exception(ENCLAVE | VMX_REASON_EXCEPTION, 14, 7, 0xdead000),
			 VMX_INJECTED);
	assert_int_equal(INJECTED, FAULT_ERROR(14));
	assert_int_equal(*fake_field(VMCS_ENTRY_ERROR), 7);
	assert_int_equal(vmx_fake_get("cr2"), 0xdead000);
	assert_int_equal(world_record(&w, 0)->address, 0xdead000);
	assert_int_equal(vcpu.core.exits_exception, 1);
}

/* perf's, with nothing armed. */
static void test_enclave_nmi(void **state)
{
	(void)state;
	fake_arm();
	*fake_field(VMCS_EXIT_INFO) = INFO(TG_TYPE_NMI, 2);
	*fake_field(VMCS_GUEST_BLOCKING) = 1u << 4;	/* "enclave interruption" */
	assert_int_equal(fake_exit(ENCLAVE | VMX_REASON_EXCEPTION), VMX_RESUME);
	assert_int_equal(INJECTED, INFO(TG_TYPE_NMI, 2));
	assert_int_equal(vmx_fake.unblocked, 1);
	assert_int_equal(*fake_field(VMCS_GUEST_BLOCKING), 1u << 4);
}

static void test_enclave_interrupt(void **state)
{
	(void)state;
	fake_hook(0xec, 0);
	assert_int_equal(vcpu.vmx.pin & VMX_PIN_EXTINT, VMX_PIN_EXTINT);
	machine_fake.pending[0xec] = true;
	assert_int_equal(fake_exit(ENCLAVE | VMX_REASON_INTERRUPT), VMX_INJECTED);
	assert_int_equal(INJECTED, INFO(TG_TYPE_INTERRUPT, 0xec));
	assert_int_equal(world_record(&w, 0)->vector, 0xec);
}

static void test_enclave_timer(void **state)
{
	(void)state;
	fake_hook(0xec, TG_EV_SWALLOW);
	assert_int_equal(*fake_field(VMCS_TIMER), 100 * WORLD_KHZ);
	assert_int_equal(fake_exit(ENCLAVE | VMX_REASON_TIMER), VMX_RESUME);
	assert_int_equal(INJECTED, 0);
	assert_int_equal(vcpu.vmx.pin & VMX_PIN_TIMER, VMX_PIN_TIMER);
}

/* The post stage compares the reason, too. */
static void test_enclave_post(void **state)
{
	struct tg_event *pf;

	(void)state;
	pf = world_event(&w, TG_EVENT_EXCEPTION, 14, 0);
	pf->stage = TG_STAGE_POST;
	fake_arm();
	fake_exception(VMX_REASON_EXCEPTION, 14, 7, 0xdead000);
	assert_int_equal(INJECTED, FAULT_ERROR(14));
	*fake_field(VMCS_IDTV_INFO) = 0;
	assert_int_equal(fake_exception(ENCLAVE | VMX_REASON_EXCEPTION, 8, 0, 0), VMX_RESUME);
	assert_int_equal(world_records(&w), 0);		/* a #DF instead: not delivered */
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		T(test_enclave_exception), T(test_enclave_nmi), T(test_enclave_interrupt),
		T(test_enclave_timer), T(test_enclave_post),
	};

	return cmocka_run_group_tests_name("arch_vmx", tests, NULL, NULL);
}
