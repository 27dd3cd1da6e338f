// SPDX-License-Identifier: GPL-2.0
/* The guest of the probes in a VMCS: the least that VMLAUNCH needs. */
#include "vtx.h"

#define MSR_FEATURE_CONTROL	0x3a
#define MSR_VMX_BASIC		0x480
#define MSR_CR0_FIXED0		0x486
#define MSR_CR4_FIXED0		0x488
#define TRUE_CONTROLS		(1ull << 55)
#define CR4_VMXE		(1u << 13)
#define EXIT_SAVE_DEBUG		(1u << 2)
#define EXIT_HOST_64		(1u << 9)
#define ENTRY_LOAD_DEBUG	(1u << 2)
#define ENTRY_GUEST_64		(1u << 9)

extern const u8 vtx_exit[];
int vtx_enter(struct guest_regs *registers, int resume);

static u32 vmxon_region[1024] __attribute__((aligned(4096)));
static u32 vmcs[1024] __attribute__((aligned(4096)));
static bool on, launched;

bool vtx_init(void)
{
	u32 a = 1, b, c = 0, d;
	u64 physical = lab_physical(vmxon_region);

	if (on)
		return true;
	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (!(c & 1 << 5))
		return false;
	if (!(lab_rdmsr(MSR_FEATURE_CONTROL) & 1))
		lab_wrmsr(MSR_FEATURE_CONTROL, 5);
	lab_write_cr0(lab_read_cr0() | lab_rdmsr(MSR_CR0_FIXED0));
	lab_write_cr4(lab_read_cr4() | CR4_VMXE | lab_rdmsr(MSR_CR4_FIXED0));
	vmxon_region[0] = lab_rdmsr(MSR_VMX_BASIC);
	asm volatile("vmxon %1\n\tseta %0" : "=qm"(on) : "m"(physical) : "cc", "memory");
	guest_init(GUEST_VMCALL);
	return on;
}

void vtx_write(u64 field, u64 value)
{
	asm volatile("vmwrite %0, %1" : : "r"(value), "r"(field) : "cc");
}

u64 vtx_read(u64 field)
{
	u64 v;

	asm volatile("vmread %1, %0" : "=r"(v) : "r"(field) : "cc");
	return v;
}

void vtx_set(u64 field, u64 bits)
{
	vtx_write(field, vtx_read(field) | bits);
}

void vtx_clear(u64 field, u64 bits)
{
	vtx_write(field, vtx_read(field) & ~bits);
}

/* The capability MSR of a control field: allowed-0 below, allowed-1 above. */
static u64 capability(u64 field)
{
	u32 msr = field == PIN ? 0x481 : field == PROC ? 0x482 : field == EXIT_CTL ? 0x483 : 0x484;

	if (lab_rdmsr(MSR_VMX_BASIC) & TRUE_CONTROLS)
		msr += 0x48d - 0x481;
	return lab_rdmsr(msr);
}

bool vtx_has(u64 field, u32 bit)
{
	return capability(field) >> 32 & bit;
}

static void control(u64 field, u32 bits)
{
	vtx_write(field, bits | (u32)capability(field));
}

static void host_state(void)
{
	struct lab_descriptor_table gdt, idt;
	u64 i;

	asm volatile("sgdt %0" : "=m"(gdt));
	asm volatile("sidt %0" : "=m"(idt));
	for (i = 0; i < 4; i++)
		vtx_write(H_ES + 2 * i, i == 1 ? LAB_CS : LAB_DS);
	vtx_write(H_TR, LAB_TSS);
	vtx_write(H_CR0, lab_read_cr0());
	vtx_write(H_CR3, lab_read_cr3());
	vtx_write(H_CR4, lab_read_cr4());
	vtx_write(H_BASE_TR, (u64)&lab_tss);
	vtx_write(H_BASE_GDTR, gdt.base);
	vtx_write(H_BASE_IDTR, idt.base);
	vtx_write(H_RIP, (u64)vtx_exit);
}

static void guest_state(const struct guest_code *c)
{
	u64 i;

	for (i = 0; i < 4; i++) {
		vtx_write(G_ES + 2 * i, i == 1 ? LAB_CS : LAB_DS);
		vtx_write(LIMIT_ES + 2 * i, ~0u);
		vtx_write(AR_ES + 2 * i, i == 1 ? 0xa09b : 0xc093);
	}
	for (i = 4; i < 7; i++)			/* FS, GS, LDTR: unusable */
		vtx_write(AR_ES + 2 * i, 0x10000);
	vtx_write(G_TR, LAB_TSS);
	vtx_write(LIMIT_TR, sizeof(guest_tss) - 1);
	vtx_write(AR_TR, 0x8b);
	vtx_write(BASE_TR, (u64)&guest_tss);
	vtx_write(LIMIT_GDTR, sizeof(guest_gdt) - 1);
	vtx_write(BASE_GDTR, (u64)guest_gdt);
	vtx_write(LIMIT_IDTR, sizeof(guest_idt) - 1);
	vtx_write(BASE_IDTR, (u64)guest_idt);
	vtx_write(G_CR0, lab_read_cr0());
	vtx_write(G_CR3, guest_cr3());
	vtx_write(G_CR4, lab_read_cr4());
	vtx_write(G_DR7, 0x400);
	vtx_write(FLAGS, 2);
	vtx_write(LINK, ~0ull);
	vtx_write(RIP, (u64)c->start);
	vtx_write(RSP, STACK_TOP(guest_stack));
}

void vtx_guest(const struct guest_code *c)
{
	u64 physical = lab_physical(vmcs);

	guest_begin(c);
	asm volatile("vmclear %0" : : "m"(physical) : "cc", "memory");
	for (u32 i = 0; i < 1024; i++)
		vmcs[i] = 0;
	vmcs[0] = lab_rdmsr(MSR_VMX_BASIC) & 0x7fffffff;
	asm volatile("vmptrld %0" : : "m"(physical) : "cc", "memory");
	launched = false;
	control(PIN, 0);
	control(PROC, 0);
	control(EXIT_CTL, EXIT_HOST_64 | EXIT_SAVE_DEBUG);
	control(ENTRY_CTL, ENTRY_GUEST_64 | ENTRY_LOAD_DEBUG);
	host_state();
	guest_state(c);
}

/* CPL 3 in compatibility mode: the one-to-one mapping of the same program. */
void vtx_user32(void)
{
	vtx_write(G_CS, LAB_USER32_CS);
	vtx_write(AR_CS, 0xc0fb);
	vtx_write(G_SS, LAB_USER_DS);
	vtx_write(AR_SS, 0xc0f3);
	vtx_write(RIP, vtx_read(RIP) - LAB_HIGH);
	vtx_write(RSP, STACK_TOP(guest_user_stack) - LAB_HIGH);
}

u32 vtx_run(void)
{
	if (vtx_enter(&regs, launched)) {
		saw("VMfail %lu", vtx_read(ERROR));
		return FAILED;
	}
	launched = !(vtx_read(REASON) & VALID);
	return vtx_read(REASON) & (VALID | 0xffff);
}

void vtx_host_open(void)
{
	asm volatile("sti; nop; nop; cli" : : : "memory");
}

static const char *const reasons[] = {
	[1] = "INTR", [2] = "TRIPLE", [7] = "INTWIN", [8] = "NMIWIN", [10] = "CPUID",
	[12] = "HLT", [18] = "VMCALL", [37] = "MTF", [52] = "TIMER" };

void vtx_saw_exit(void)
{
	u32 reason = vtx_read(REASON) & (VALID | 0xffff), info = vtx_read(INTR);
	u64 rip = vtx_read(RIP);

	if (reason == 18 && guest_is_gate(rip))
		saw_gate(rip, vtx_read(RSP));
	else if (reason == 18 && guest_is_end(rip))
		saw("end");
	else if (reason == 0)
		saw("exit %s type %u at %s", exception_name(info & 31), info >> 8 & 7, where(rip));
	else if (reason & VALID)
		saw("entry refused, reason %u", reason & 0xffff);
	else if (reason < sizeof(reasons) / sizeof(reasons[0]) && reasons[reason])
		saw("exit %s at %s", reasons[reason], where(rip));
	else
		saw("exit %u at %s", reason, where(rip));
}
