// SPDX-License-Identifier: GPL-2.0
/* The guest of the probes in a VMCB: the least that VMRUN needs. */
#include "svm.h"

void svm_enter(u64 vmcb, struct guest_regs *regs, u64 host_vmcb,
	       u64 flags);

static struct vmcb the_vmcb, host_vmcb;
static u8 host_save[4096] __attribute__((aligned(4096)));
static u8 msr_map[8192] __attribute__((aligned(4096)));

struct vmcb *const vmcb = &the_vmcb;
u64 host_if;

bool svm_init(void)
{
	u32 a = 0x80000001, b, c = 0, d;

	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (!(c & 4))
		return false;
	lab_wrmsr(MSR_EFER, lab_rdmsr(MSR_EFER) | EFER_SVME);
	lab_wrmsr(MSR_VM_HSAVE, lab_physical(host_save));
	guest_init(GUEST_VMMCALL);
	return true;
}

static void segments(void)
{
	vmcb->cs = (struct vmcb_segment) { LAB_CS, 0xa9b, ~0u, 0 };
	vmcb->ss = (struct vmcb_segment) { LAB_DS, 0xc93, ~0u, 0 };
	vmcb->ds = vmcb->es = vmcb->ss;
	vmcb->fs = vmcb->gs = (struct vmcb_segment) { 0, 0, 0, 0 };
	vmcb->gdtr = (struct vmcb_segment) { 0, 0, sizeof(guest_gdt) - 1, (u64)guest_gdt };
	vmcb->idtr = (struct vmcb_segment) { 0, 0, sizeof(guest_idt) - 1, (u64)guest_idt };
	vmcb->tr = (struct vmcb_segment) {
		LAB_TSS, 0x8b, sizeof(guest_tss) - 1, (u64)&guest_tss };
}

void guest(const struct guest_code *c)
{
	*vmcb = (struct vmcb) { 0 };
	host_if = 0;
	guest_begin(c);
	segments();
	vmcb->intercept1 = I1_SHUTDOWN;
	vmcb->intercept2 = I2_VMRUN | I2_VMMCALL;
	vmcb->msrpm = lab_physical(msr_map);
	vmcb->asid = 1;
	vmcb->tlb_control = 1;
	vmcb->efer = EFER_SVME | 0xd01;		/* NXE, LMA, LME, SCE */
	vmcb->cr0 = 0x80000033;
	vmcb->cr4 = 0x6a8;			/* OSXMMEXCPT, OSFXSR, PGE, PAE, DE */
	vmcb->cr3 = guest_cr3();
	vmcb->dr6 = 0xffff0ff0;
	vmcb->dr7 = 0x400;
	vmcb->flags = 2;
	vmcb->pat = 0x0007040600070406;
	vmcb->rip = (u64)c->start;
	vmcb->rsp = STACK_TOP(guest_stack);
}

void guest_user(void)
{
	vmcb->cpl = 3;
	vmcb->cs = (struct vmcb_segment) { LAB_USER_CS, 0xafb, ~0u, 0 };
	vmcb->ss = (struct vmcb_segment) { LAB_USER_DS, 0xcf3, ~0u, 0 };
	vmcb->ds = vmcb->es = vmcb->ss;
	vmcb->flags |= FL_IOPL3;
	vmcb->rsp = STACK_TOP(guest_user_stack);
}

/* Code below 4 GiB: the one-to-one mapping of the same program. */
void guest_user32(void)
{
	guest_user();
	vmcb->cs = (struct vmcb_segment) { LAB_USER32_CS, 0xcfb, ~0u, 0 };
	vmcb->rip -= LAB_HIGH;
	vmcb->rsp -= LAB_HIGH;
}

u32 run(void)
{
	svm_enter(lab_physical(vmcb), &regs, lab_physical(&host_vmcb), host_if ? 1 : 0);
	vmcb->tlb_control = 0;
	return vmcb->exit_code;
}

void run_and_leave(void)
{
	svm_enter(lab_physical(vmcb), &regs, lab_physical(&host_vmcb), 2);
}

void host_vmload(void)
{
	asm volatile("vmload %0" : : "a"(lab_physical(&host_vmcb)) : "memory");
}

GUEST(clear_dr7, "mov $0x400, %eax", "mov %rax, %dr7", "nop");

/*
 * For emulators that keep the guest's breakpoints armed behind the host's DR7: the
 * guest has to turn them off itself, with the DR7 it had.
 */
void guest_breakpoints_off(u64 dr7)
{
	guest(&clear_dr7);
	vmcb->dr7 = dr7;
	run();
	asm volatile("stgi");
}

void host_gif(void)
{
	asm volatile("stgi; nop; nop; clgi" : : : "memory");
}

void host_open(void)
{
	asm volatile("stgi; sti; nop; nop; cli; clgi" : : : "memory");
}

void host_close(void)
{
	asm volatile("stgi; sti; nop; nop; cli" : : : "memory");
}

bool has_nrips(void)
{
	u32 a = 0x8000000a, b, c = 0, d;

	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return d & 8;
}

u64 guest_frame(unsigned int word)
{
	return guest_word(vmcb->rsp, word);
}

static const char *const exit_names[0x30] = {
	"INTR", "NMI", "SMI", "INIT", "VINTR", "CR0-SEL", "IDTR-RD", "GDTR-RD", "LDTR-RD",
	"TR-RD", "IDTR-WR", "GDTR-WR", "LDTR-WR", "TR-WR", "RDTSC", "RDPMC", "PUSHF", "POPF",
	"CPUID", "RSM", "IRET", "SWINT", "INVD", "PAUSE", "HLT", "INVLPG", "INVLPGA", "IOIO",
	"MSR", "TASK", "FERR", "SHUTDOWN", "VMRUN", "VMMCALL", "VMLOAD", "VMSAVE", "STGI",
	"CLGI", "SKINIT", "RDTSCP", "ICEBP", "WBINVD", "MONITOR", "MWAIT", "MWAIT-C", "XSETBV" };

void saw_exit(void)
{
	u32 exit = vmcb->exit_code;
	u64 rip = vmcb->rip;

	if (exit == X_VMMCALL && guest_is_gate(rip))
		saw_gate(rip, vmcb->rsp);
	else if (exit == X_VMMCALL && guest_is_end(rip))
		saw("end");
	else if (exit >= X_EXCEPTION && exit < X_INTR)
		saw("exit %s at %s", exception_name(exit - X_EXCEPTION), where(rip));
	else if (exit >= X_INTR && exit < X_INTR + 0x30 && exit_names[exit - X_INTR])
		saw("exit %s at %s", exit_names[exit - X_INTR], where(rip));
	else if (exit == ~0u)
		saw("exit INVALID");
	else
		saw("exit code %lx at %s", vmcb->exit_code, where(rip));
}

