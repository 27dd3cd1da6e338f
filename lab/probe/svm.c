// SPDX-License-Identifier: GPL-2.0
/*
 * The guest of the probes: the least that VMRUN needs, with tables of its own and
 * the program's memory mapped for all privilege levels where the host has it.
 */
#include "svm.h"

extern const u8 guest_stubs[256][16];
extern u64 lab_pml4[512];
void svm_enter(u64 vmcb, struct guest_regs *regs, u64 host_vmcb,
	       u64 host_if);

static struct vmcb the_vmcb, host_vmcb;
static u8 host_save[4096] __attribute__((aligned(4096)));
static u8 msr_map[8192] __attribute__((aligned(4096)));
static u64 pml4[512] __attribute__((aligned(4096)));
static u64 tables[2][512] __attribute__((aligned(4096)));
static u64 directory[4][512] __attribute__((aligned(4096)));

struct vmcb *const vmcb = &the_vmcb;
struct guest_regs regs;
u64 host_if;
struct lab_gate guest_idt[256];
u64 guest_gdt[16];
struct lab_tss guest_tss;
u8 guest_stack[4096] __attribute__((aligned(4096)));
u8 guest_user_stack[4096] __attribute__((aligned(4096)));
u8 guest_other_stack[4096] __attribute__((aligned(4096)));

static const struct guest_code *code;
static char seen[400];
static size_t seen_length;

bool svm_init(void)
{
	u32 a = 0x80000001, b, c = 0, d;
	u64 i;

	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (!(c & 4))
		return false;
	lab_wrmsr(MSR_EFER, lab_rdmsr(MSR_EFER) | EFER_SVME);
	lab_wrmsr(MSR_VM_HSAVE, lab_physical(host_save));
	for (i = 0; i < 2048; i++)
		directory[i >> 9][i & 511] = i << 21 | 0x87;
	for (i = 0; i < 4; i++)
		tables[0][i] = lab_physical(directory[i]) | 7;
	for (i = 0; i < 2; i++)
		tables[1][510 + i] = lab_physical(directory[i]) | 7;
	pml4[0] = lab_physical(tables[0]) | 7;
	pml4[511] = lab_physical(tables[1]) | 7;
	return true;
}

static void tables_init(void)
{
	int v;

	for (v = 0; v < 256; v++)
		lab_gate_set(&guest_idt[v], (u64)guest_stubs[v], LAB_CS, 0x8e, 0);
	for (v = 0; v < 10; v++)
		guest_gdt[v] = lab_gdt[v];
	guest_tss = (struct lab_tss) { .io_map = sizeof(guest_tss) };
	guest_tss.rsp[0] = STACK_TOP(guest_stack);
	guest_tss.ist[0] = STACK_TOP(guest_other_stack);
	lab_tss_descriptor(&guest_gdt[LAB_TSS >> 3], &guest_tss);
	guest_gdt[GUEST_NP_DS >> 3] = 0x00cf13000000ffff;
	guest_gdt[GUEST_LOW_CS >> 3] = 0x00cf9b000000ffff;
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
	regs = (struct guest_regs) { 0 };
	code = c;
	tables_init();
	segments();
	vmcb->intercept1 = I1_SHUTDOWN;
	vmcb->intercept2 = I2_VMRUN | I2_VMMCALL;
	vmcb->msrpm = lab_physical(msr_map);
	vmcb->asid = 1;
	vmcb->tlb_control = 1;
	vmcb->efer = EFER_SVME | 0xd01;		/* NXE, LMA, LME, SCE */
	vmcb->cr0 = 0x80000033;
	vmcb->cr4 = 0x6a8;			/* OSXMMEXCPT, OSFXSR, PGE, PAE, DE */
	vmcb->cr3 = lab_physical(pml4);
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

void guest_step_over(void)
{
	vmcb->rip += 3;
}

u32 run(void)
{
	svm_enter(lab_physical(vmcb), &regs, lab_physical(&host_vmcb), host_if);
	vmcb->tlb_control = 0;
	return vmcb->exit_code;
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

/* Ends the blocking of NMIs that one taken by the guest has left behind. */
void host_iret(void)
{
	asm volatile("mov %%rsp, %%rax\n\tpush %0\n\tpush %%rax\n\tpushf\n\tpush %1\n\t"
		     "push $1f\n\tiretq\n1:"
		     : : "i"(LAB_DS), "i"(LAB_CS) : "rax", "memory");
}

bool has_nrips(void)
{
	u32 a = 0x8000000a, b, c = 0, d;

	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return d & 8;
}

u64 guest_frame(unsigned int word)
{
	u64 at = vmcb->rsp;

	if (at - (u64)guest_stack > sizeof(guest_stack) - 64 &&
	    at - (u64)guest_other_stack > sizeof(guest_other_stack) - 64 &&
	    at - (u64)guest_user_stack > sizeof(guest_user_stack) - 64)
		return 0xbadbadbad;
	return ((u64 *)at)[word];
}

/* ---- what was seen ---- */

void saw(const char *format, ...)
{
	__builtin_va_list list;

	if (seen_length && seen_length + 2 < sizeof(seen) && format[0] != '+')
		seen[seen_length++] = ' ';
	__builtin_va_start(list, format);
	seen_length += lab_vformat(seen + seen_length, sizeof(seen) - seen_length,
				   format + (format[0] == '+'), list);
	__builtin_va_end(list);
	if (seen_length >= sizeof(seen))
		seen_length = sizeof(seen) - 1;
}

static const char *in_code(u64 rip, u64 shift)
{
	static char text[32];

	if (rip == (u64)code->insn - shift)
		return "insn";
	if (rip == (u64)code->next - shift)
		return "next";
	if (rip == (u64)code->end - shift)
		return "end";
	if (rip < (u64)code->start - shift || rip > (u64)code->end - shift + 3)
		return NULL;
	if (rip > (u64)code->insn - shift)
		lab_format(text, sizeof(text), "insn+%lu", rip + shift - (u64)code->insn);
	else
		lab_format(text, sizeof(text), "start+%lu", rip + shift - (u64)code->start);
	return text;
}

const char *where(u64 rip)
{
	static char text[32];
	const char *found = in_code(rip, 0);

	if (!found)
		found = in_code(rip, LAB_HIGH);
	if (found)
		return found;
	if (rip - (u64)guest_stubs < sizeof(u8[256][16]))
		lab_format(text, sizeof(text), "gate-%02lx%s", (rip - (u64)guest_stubs) >> 4,
			   (rip - (u64)guest_stubs) & 15 ? "+" : "");
	else
		lab_format(text, sizeof(text), "%lx", rip);
	return text;
}

void saw_flags(const char *name, u64 flags)
{
	if (!(flags & (FL_RF | FL_TF | FL_IF)))
		saw("%s=-", name);
	else
		saw("%s=%s%s%s", name, flags & FL_RF ? "RF" : "", flags & FL_TF ? "TF" : "",
		    flags & FL_IF ? "IF" : "");
}

static void saw_gate(u64 rip)
{
	unsigned int vector = (rip - (u64)guest_stubs) >> 4;
	bool error = vector < 32 && (0x60227d00u >> vector & 1);

	saw("gate %02x", vector);
	if (error)
		saw("error %lx", guest_frame(0));
	saw("from %s", where(guest_frame(error)));
	saw_flags("flags", guest_frame(error + 2));
}

static const char *const exception_names[32] = {
	"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "#09", "#TS", "#NP",
	"#SS", "#GP", "#PF", "#0f", "#MF", "#AC", "#MC", "#XM", "#14", "#CP", "#16", "#17",
	"#18", "#19", "#1a", "#1b", "#HV", "#VC", "#SX", "#1f" };

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

	if (exit == X_VMMCALL && rip - (u64)guest_stubs < sizeof(u8[256][16]))
		saw_gate(rip);
	else if (exit == X_VMMCALL && rip == (u64)code->end)
		saw("end");
	else if (exit == X_VMMCALL && rip == (u64)code->end - LAB_HIGH)
		saw("end");
	else if (exit >= X_EXCEPTION && exit < X_INTR)
		saw("exit %s at %s", exception_names[exit - X_EXCEPTION], where(rip));
	else if (exit >= X_INTR && exit < X_INTR + 0x30 && exit_names[exit - X_INTR])
		saw("exit %s at %s", exit_names[exit - X_INTR], where(rip));
	else if (exit == ~0u)
		saw("exit INVALID");
	else
		saw("exit code %lx at %s", vmcb->exit_code, where(rip));
}

const char *probe_take(void);
const char *probe_take(void)
{
	seen[seen_length] = 0;
	seen_length = 0;
	return seen;
}
