// SPDX-License-Identifier: GPL-2.0
/*
 * Instruction intercepts, the MSR permission map, what exits save and leave in
 * place, refused states, the translation cache. APM 2, 15.5, 15.6, 15.9 to 15.11,
 * 15.16.
 */
#include "svm.h"

#define MAP_C0000000	0x800

GUEST(cpuid, "nop", "cpuid", "nop");
GUEST(invd, "nop", "invd", "nop");
GUEST(hlt, "nop", "hlt", "nop");
GUEST(stgi, "nop", "stgi", "nop");
GUEST(clgi, "nop", "clgi", "nop");
GUEST(vmrun, "nop", "vmrun %rax", "nop");
GUEST(vmload, "nop", "vmload %rax", "nop");
GUEST(rdmsr, "nop", "rdmsr", "nop");
GUEST(wrmsr, "nop", "wrmsr", "nop");
GUEST(nops, "nop", "nop", "nop");
GUEST(vmmcall, "nop", "vmmcall", "nop");
GUEST(load_gs, "nop", "wrmsr", "nop");
GUEST(get_dr6, "nop", "mov %dr6, %rcx\nmov %dr7, %rdx", "nop");
GUEST(lmsw, "smsw %eax\nxor $8, %eax", "lmsw %ax", "nop");
GUEST(mov_cr0, "mov %cr0, %rax\nbtc $18, %rax", "mov %rax, %cr0", "nop");
GUEST(mov_cr0_ts, "mov %cr0, %rax\nbtc $3, %rax", "mov %rax, %cr0", "nop");
GUEST(touch, "nop", "mov (%rbx), %rcx", "nop");
GUEST(user_hlt, "nop", "hlt", "nop");

GUEST(vmsave, "nop", "vmsave %rax", "nop");
GUEST(skinit, "nop", "skinit", "nop");
GUEST(invlpga, "nop", "invlpga %rax, %ecx", "nop");
GUEST(wbinvd, "nop", "wbinvd", "nop");
GUEST(xsetbv, "nop", "xsetbv", "nop");
GUEST(rdtscp, "nop", "rdtscp", "nop");
GUEST(monitor, "nop", "monitor", "nop");
GUEST(out_byte, "nop", "out %al, %dx", "nop");
GUEST(in_byte, "nop", "in %dx, %al", "nop");
GUEST(send_init, "movl $0, 0x10(%rbx)", "movl $0x4500, (%rbx)", "nop\nnop\nnop");

static u8 io_map[3 * 4096] __attribute__((aligned(4096)));
static u8 map[8192] __attribute__((aligned(4096)));

static void go(void)
{
	run();
	saw_exit();
	host_close();
}

/* The exit and whether the next RIP is saved, where the CPU says so. */
static void instruction(const struct guest_code *c, u32 bits1, u32 bits2)
{
	guest(c);
	vmcb->rip = (u64)c->insn;
	vmcb->intercept1 |= bits1;
	vmcb->intercept2 |= bits2;
	go();
	saw("nrips=%u %s", has_nrips(), vmcb->next_rip == (u64)c->next ? "saved" :
	    vmcb->next_rip ? where(vmcb->next_rip) : "none");
}

static void exit_cpuid(void)
{
	instruction(&cpuid, I1_CPUID, 0);
}

static void exit_invd(void)
{
	instruction(&invd, I1_INVD, 0);
}

static void exit_hlt(void)
{
	instruction(&hlt, I1_HLT, 0);
}

static void exit_vmmcall(void)
{
	instruction(&vmmcall, 0, 0);
}

static void exit_stgi(void)
{
	instruction(&stgi, 0, I2_STGI);
}

static void exit_clgi(void)
{
	instruction(&clgi, 0, 1 << 5);
}

static void exit_vmrun(void)
{
	instruction(&vmrun, 0, 0);
}

static void exit_vmload(void)
{
	instruction(&vmload, 0, 1 << 2);
}

static void exit_vmsave(void)
{
	instruction(&vmsave, 0, 1 << 3);
}

static void exit_skinit(void)
{
	instruction(&skinit, 0, 1 << 6);
}

static void exit_invlpga(void)
{
	instruction(&invlpga, 1 << 26, 0);
}

static void exit_wbinvd(void)
{
	instruction(&wbinvd, 0, 1 << 9);
}

static void exit_monitor(void)
{
	instruction(&monitor, 0, 1 << 10);
}

static void exit_rdtscp(void)
{
	instruction(&rdtscp, 0, 1 << 7);
}

/* XCR0 as it is, if it is not intercepted. */
static void exit_xsetbv(void)
{
	guest(&xsetbv);
	vmcb->cr4 |= 1 << 18;
	vmcb->rax = 1;
	vmcb->rip = (u64)xsetbv.insn;
	vmcb->intercept2 |= 1 << 13;
	go();
	saw("nrips=%u %s", has_nrips(), vmcb->next_rip == (u64)xsetbv.next ? "saved" :
	    vmcb->next_rip ? where(vmcb->next_rip) : "none");
}

static void user_checks(void)
{
	guest(&user_hlt), guest_user();
	vmcb->rip = (u64)user_hlt.insn;
	vmcb->intercept1 |= I1_HLT;
	vmcb->intercept_exception = 1 << 13;
	go();
}

static void user_vmmcall(void)
{
	guest(&vmmcall), guest_user();
	vmcb->rip = (u64)vmmcall.insn;
	vmcb->intercept_exception = 1 << 13 | 1 << 6;
	go();
}

static void msr(const struct guest_code *c, u32 number)
{
	guest(c);
	vmcb->rip = (u64)c->insn;
	vmcb->intercept1 |= I1_MSR;
	vmcb->intercept_exception = 1 << 13;
	vmcb->msrpm = lab_physical(map);
	regs.cx = number;
	go();
	if (vmcb->exit_code == 0x7c)
		saw("info %lx", vmcb->info1);
}

/* EFER's two bits: reading is the lower one. */
static void msr_efer(void)
{
	u8 *byte = &map[MAP_C0000000 + (0x80 >> 2)];

	*byte = 1;
	msr(&rdmsr, MSR_EFER);
	vmcb->rax = 0;
	*byte = 2;
	msr(&rdmsr, MSR_EFER);
	msr(&wrmsr, MSR_EFER);
	*byte = 0;
}

static void msr_outside(void)
{
	msr(&rdmsr, 0x40000000);
	msr(&wrmsr, 0x2000);
}

static void guest_msr_stays(void)
{
	guest(&load_gs);
	vmcb->rip = (u64)load_gs.insn;
	vmcb->rax = 0x1234;
	regs.cx = MSR_KERNEL_GS;
	run();
	saw_exit();
	saw("kernel gs base %lx", vmcb->kernel_gs_base);
	host_close();
}

/* FS, GS, TR, LDTR and the MSRs of VMSAVE are the guest's until VMLOAD. */
static void state_left(void)
{
	u16 tr, fs, gs;
	u64 fs_base, star, kernel_gs, sysenter;

	guest(&nops);
	vmcb->fs = (struct vmcb_segment) { LAB_USER_DS, 0xcf3, ~0u, 0x1111 };
	vmcb->gs = (struct vmcb_segment) { LAB_DS, 0xc93, ~0u, 0x2222 };
	vmcb->star = 0x3333;
	vmcb->kernel_gs_base = 0x4444;
	vmcb->sysenter_eip = 0x5555;
	vmcb->tr.selector = LAB_TSS + 0x10;
	run_and_leave();
	asm volatile("str %0; mov %%fs, %1; mov %%gs, %2" : "=r"(tr), "=r"(fs), "=r"(gs));
	fs_base = lab_rdmsr(MSR_FS_BASE);
	star = lab_rdmsr(MSR_STAR);
	kernel_gs = lab_rdmsr(MSR_KERNEL_GS);
	sysenter = lab_rdmsr(0x176);
	host_vmload();
	saw("tr %x fs %x/%lx gs %x star %lx kernel gs %lx sysenter %lx", tr, fs, fs_base, gs, star,
	    kernel_gs, sysenter);
	asm volatile("str %0" : "=r"(tr));
	saw("; vmload: tr %x", tr);
	host_close();
}

static void dr_in_guest(void)
{
	u64 host;

	guest(&get_dr6);
	vmcb->dr6 = 0xffff4ff1;
	vmcb->dr7 = 0x455;
	vmcb->rip = (u64)get_dr6.insn;
	asm volatile("mov %0, %%dr0; mov %0, %%dr1; mov %0, %%dr2; mov %0, %%dr3"
		     : : "r"(NOWHERE));
	run();
	asm volatile("mov %%dr7, %0" : "=r"(host));
	saw("guest dr6 %lx dr7 %lx saved %lx %lx host dr7 %lx", regs.cx, regs.dx, vmcb->dr6,
	    vmcb->dr7, host);
	asm volatile("mov %0, %%dr7" : : "r"(0x400ull));
	host_close();
}

static void cpl_saved(void)
{
	guest(&vmmcall), guest_user();
	vmcb->rip = (u64)vmmcall.insn;
	run();
	saw_exit();
	saw("cpl %u cs %x/%x ss %x/%x", vmcb->cpl, vmcb->cs.selector, vmcb->cs.attributes & 0xff,
	    vmcb->ss.selector, vmcb->ss.attributes & 0xff);
	host_close();
}

/* The VMCB's CPL counts, not SS.DPL or CS.RPL. */
static void cpl_loaded(void)
{
	guest(&user_hlt);
	vmcb->rip = (u64)user_hlt.insn;
	vmcb->cpl = 3;
	vmcb->cs.selector = LAB_USER_CS;
	vmcb->cs.attributes = 0xafb;
	vmcb->intercept_exception = 1 << 13;
	vmcb->intercept1 |= I1_HLT;
	go();
}

static void exit_rflags_host(void)
{
	u64 flags;

	guest(&nops);
	vmcb->flags |= FL_IF;
	run();
	asm volatile("pushf; pop %0" : "=r"(flags));
	saw_exit();
	saw_flags("host", flags);
	host_close();
}

static void invalid(void)
{
	run();
	saw("code %lx", vmcb->exit_code);
	host_close();
}

static void invalid_svme(void)
{
	guest(&nops);
	vmcb->efer &= ~(u64)EFER_SVME;
	invalid();
}

static void invalid_asid(void)
{
	guest(&nops);
	vmcb->asid = 0;
	invalid();
}

static void invalid_vmrun_bit(void)
{
	guest(&nops);
	vmcb->intercept2 &= ~I2_VMRUN;
	invalid();
}

static void invalid_cr0(void)
{
	guest(&nops);
	vmcb->cr0 |= 1u << 29;		/* NW without CD */
	invalid();
}

static void invalid_cr4(void)
{
	guest(&nops);
	vmcb->cr4 |= 1ull << 40;
	invalid();
}

static void invalid_dr7(void)
{
	guest(&nops);
	vmcb->dr7 |= 1ull << 40;
	invalid();
}

static void invalid_event(void)
{
	guest(&nops);
	vmcb->event = EVENT_VALID | EVENT_TYPE(1) | 0x41;
	invalid();
	saw("host goes on");
}

/* The state that was refused, or another. */
static void invalid_saves_host(void)
{
	u64 rip, rsp, gdt, idt;

	guest(&nops);
	vmcb->cr4 |= 1ull << 40;
	rip = vmcb->rip, rsp = vmcb->rsp, gdt = vmcb->gdtr.base, idt = vmcb->idtr.base;
	run();
	saw("code %x rip %s rsp %s gdtr %s idtr %s", (u32)vmcb->exit_code,
	    vmcb->rip == rip ? "kept" : "changed", vmcb->rsp == rsp ? "kept" : "changed",
	    vmcb->gdtr.base == gdt ? "kept" : "changed",
	    vmcb->idtr.base == idt ? "kept" : "changed");
	host_close();
}

static void selective_cr0(const struct guest_code *c)
{
	guest(c);
	vmcb->intercept1 |= 1 << 5;
	go();
}

static void cr0_sel_mov(void)
{
	selective_cr0(&mov_cr0);
}

static void cr0_sel_mov_ts(void)
{
	selective_cr0(&mov_cr0_ts);
}

static void cr0_sel_lmsw(void)
{
	guest(&lmsw);
	vmcb->intercept1 |= 1 << 5;
	vmcb->cr0 &= ~2ull;		/* the guest's LMSW changes MP */
	go();
}

/*
 * Translations: a guest page's entry changes while the guest is out, without
 * INVLPG. With TLB_CONTROL 1 or another ASID the new one must be used; without,
 * the old one may be.
 */
static u64 test_pdpt[512] __attribute__((aligned(4096)));
static u64 test_pd[512] __attribute__((aligned(4096)));
static u64 test_pt[512] __attribute__((aligned(4096)));
static u64 pages[2][512] __attribute__((aligned(4096)));

static void touch_page(int page, u32 asid, u8 control)
{
	test_pt[0] = lab_physical(pages[page]) | 7;
	vmcb->rip = (u64)touch.insn;
	vmcb->asid = asid;
	vmcb->tlb_control = control;
	regs.bx = NOWHERE;
	run();
	saw("%lu", regs.cx);
}

static void map_test_page(void)
{
	u64 *top = (u64 *)(vmcb->cr3 + LAB_HIGH);

	pages[0][0] = 1;
	pages[1][0] = 2;
	test_pd[0] = lab_physical(test_pt) | 7;
	test_pdpt[0] = lab_physical(test_pd) | 7;
	top[NOWHERE >> 39 & 511] = lab_physical(test_pdpt) | 7;
}

static void unmap_test_page(void)
{
	((u64 *)(vmcb->cr3 + LAB_HIGH))[NOWHERE >> 39 & 511] = 0;
	vmcb->rip = (u64)touch.end;
	vmcb->tlb_control = 1;
	run();
	host_close();
}

static void tlb_same_asid(void)
{
	guest(&touch);
	map_test_page();
	touch_page(0, 1, 1);
	touch_page(1, 1, 0);
	unmap_test_page();
}

static void tlb_flush(void)
{
	guest(&touch);
	map_test_page();
	touch_page(0, 1, 1);
	touch_page(1, 1, 1);
	unmap_test_page();
}

static void tlb_other_asid(void)
{
	guest(&touch);
	map_test_page();
	touch_page(0, 1, 1);
	touch_page(1, 2, 0);
	unmap_test_page();
}

/* The guest's entries are not the host's: NOWHERE is not mapped here. */
static bool faulted;

static void on_page_fault(struct lab_frame *frame)
{
	faulted = true;
	frame->rip += 2;
}

static void tlb_host(void)
{
	guest(&touch);
	map_test_page();
	touch_page(0, 1, 1);
	asm volatile("stgi");
	lab_handlers[14] = on_page_fault;
	faulted = false;
	asm volatile(".byte 0x8b, 0x00" : : "a"(NOWHERE) : "memory");	/* mov (%rax), %eax */
	lab_handlers[14] = NULL;
	saw("host %s", faulted ? "faults" : "reads");
	unmap_test_page();
}

static void features(void)
{
	u32 a = 0x8000000a, b, c = 0, d;

	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	saw("asids %u features %x", b, d);
}

/*
 * INIT sent to itself by the guest, by way of its own mapping of the local APIC.
 * It stays pending at the exit: GIF is never set again, these two are the last ones.
 */
static void init_intercept(void)
{
	guest(&send_init);
	vmcb->intercept1 |= I1_INIT;
	regs.bx = 0xfee00300;
	run();
	saw_exit();
}

static void init_not_intercepted_gif0(void)
{
	asm volatile("clgi");
	lab_apic_write(0x31, lab_apic_read(0x02) & 0xff000000);
	lab_apic_write(0x30, 5u << 8 | 1u << 14);
	saw("still here");
}

static void exit_io(const struct guest_code *c)
{
	guest(c);
	vmcb->rip = (u64)c->insn;
	vmcb->intercept1 |= 1u << 27;
	vmcb->iopm = lab_physical(io_map);
	io_map[0x3f8 / 8] = 1;
	regs.dx = 0x3f8;
	go();
	saw("info %lx", vmcb->info1);
	saw("%s", where(vmcb->info2));
}

static void exit_io_out(void)
{
	exit_io(&out_byte);
}

static void exit_io_in(void)
{
	exit_io(&in_byte);
}

/* SVM turned off by the firmware: EFER.SVME cannot be set. */
static bool protection;

static void on_protection(struct lab_frame *frame)
{
	protection = true;
	frame->rip += 2;
}

static void vm_cr_svmdis(void)
{
	const u64 efer = lab_rdmsr(MSR_EFER);

	lab_wrmsr(MSR_EFER, efer & ~(u64)EFER_SVME);
	saw("vm_cr %lx", lab_rdmsr(MSR_VM_CR));
	lab_handlers[13] = on_protection;
	protection = false;
	lab_wrmsr(MSR_VM_CR, 1 << 4);
	saw("%sthen %lx", protection ? "#GP " : "", lab_rdmsr(MSR_VM_CR));
	protection = false;
	lab_wrmsr(MSR_EFER, efer);
	saw("EFER.SVME %s", protection ? "#GP" : "is set");
	lab_wrmsr(MSR_EFER, efer & ~(u64)EFER_SVME);
	lab_wrmsr(MSR_VM_CR, 0);
	lab_handlers[13] = NULL;
	lab_wrmsr(MSR_EFER, efer);
}

/* A local APIC turned off and on again, as the kernel does it for kexec. */
static u32 in_service_ff;

static void end_ff(struct lab_frame *f)
{
	(void)f;
	lab_apic_eoi();
	in_service_ff = lab_apic_read(0x17) >> 31;
}

/* An IPI with the spurious interrupt's vector is one like any other. */
static void apic_end_spurious(void)
{
	u32 svr = lab_apic_read(0x0f);

	lab_handlers[0xff] = end_ff;
	lab_apic_write(0x0f, 0x1ff);
	lab_apic_send_self(0xff);
	asm volatile("stgi; sti; nop; nop; cli; clgi" : : : "memory");
	lab_handlers[0xff] = NULL;
	saw("in service %u", in_service_ff);
	lab_apic_write(0x0f, 0x11f);
	lab_apic_eoi();
	lab_apic_write(0x0f, svr);
}

static void apic_off_on(void)
{
	u64 base = lab_rdmsr(0x1b);

	lab_wrmsr(0x1b, base & ~(1ull << 11));
	lab_wrmsr(0x1b, base);
	saw("base %lx", lab_rdmsr(0x1b) & (1 << 11));
	lab_apic_init();
	saw("svr %x", lab_apic_read(0x0f) & 0x1ff);
}

#define NRIP(text) text " nrips=0 none|" text " nrips=1 saved"

const struct probe misc_probes[] = {
	{ "svm-features", features, "asids*", "15.30.7: CPUID 8000000a EBX, EDX" },
	{ "exit-cpuid", exit_cpuid, NRIP("exit CPUID at insn"), "15.9, 15.7.1" },
	{ "exit-invd", exit_invd, NRIP("exit INVD at insn"), "15.9, 15.7.1" },
	{ "exit-hlt", exit_hlt, NRIP("exit HLT at insn"), "15.9, 15.7.1" },
	{ "exit-vmmcall", exit_vmmcall, NRIP("exit VMMCALL at insn"), "15.9, 15.7.1" },
	{ "exit-stgi", exit_stgi, NRIP("exit STGI at insn"), "15.9, 15.7.1" },
	{ "exit-clgi", exit_clgi, NRIP("exit CLGI at insn"), "15.9, 15.7.1" },
	{ "exit-vmrun", exit_vmrun, NRIP("exit VMRUN at insn"), "15.9, 15.7.1" },
	{ "exit-vmload", exit_vmload, NRIP("exit VMLOAD at insn"), "15.9, 15.7.1" },
	{ "user-hlt", user_checks, "exit #GP at insn", "15.9: exceptions first" },
	{ "user-vmmcall", user_vmmcall, "exit VMMCALL at insn", "15.9: at any CPL" },
	{ "msr-efer", msr_efer, "exit MSR at insn info 0 end exit MSR at insn info 1", "15.11" },
	{ "msr-outside", msr_outside, "exit MSR at insn info 0 exit MSR at insn info 1",
	  "15.11: outside of the map" },
	{ "guest-msr-stays", guest_msr_stays, "end kernel gs base 1234", "15.6, VMSAVE" },
	{ "state-left", state_left, "tr 50 fs 2b/1111 gs 18 star 3333 kernel gs 4444 sysenter 5555 "
	  "; vmload: tr 40", "15.5.2, 15.6: VMEXIT leaves them" },
	{ "dr-in-guest", dr_in_guest,
	  "guest dr6 ffff4ff1 dr7 455 saved ffff4ff1 455 host dr7 400", "15.5.1, 15.6" },
	{ "cpl-saved", cpl_saved, "exit VMMCALL at insn cpl 3 cs 33/fb ss 2b/f3", "15.5.1" },
	{ "cpl-loaded", cpl_loaded, "exit #GP at insn", "15.5.1: CPL is the VMCB's" },
	{ "exit-host-flags", exit_rflags_host, "end host=-", "15.6" },
	{ "cr0-sel-mov", cr0_sel_mov, "exit CR0-SEL at insn", "15.9" },
	{ "cr0-sel-mov-ts", cr0_sel_mov_ts, "end", "15.9: TS and MP are excepted" },
	{ "cr0-sel-lmsw", cr0_sel_lmsw, "end|exit CR0-SEL at insn", "15.9: LMSW" },
	{ "tlb-same-asid", tlb_same_asid, "1 1|1 2", "15.16: may be stale" },
	{ "tlb-flush", tlb_flush, "1 2", "15.16.1: TLB_CONTROL 1" },
	{ "tlb-other-asid", tlb_other_asid, "1 2", "15.16" },
	{ "tlb-host", tlb_host, "1 host faults", "15.16: the host is ASID 0" },
	{ "invalid-svme", invalid_svme, "code ffffffffffffffff", "15.5.1" },
	{ "invalid-asid", invalid_asid, "code ffffffffffffffff", "15.5.1" },
	{ "invalid-vmrun-bit", invalid_vmrun_bit, "code ffffffffffffffff", "15.5.1" },
	{ "invalid-cr0", invalid_cr0, "code ffffffffffffffff", "15.5.1" },
	{ "invalid-cr4", invalid_cr4, "code ffffffffffffffff", "15.5.1" },
	{ "invalid-dr7", invalid_dr7, "code ffffffffffffffff", "15.5.1" },
	{ "invalid-saves-host", invalid_saves_host,
	  "code ffffffff rip kept rsp kept gdtr kept idtr kept", "15.5.1, 15.6" },
	{ "invalid-event", invalid_event, "code ffffffffffffffff host goes on", "15.20" },
	{ "exit-vmsave", exit_vmsave, NRIP("exit VMSAVE at insn"), "15.9, 15.7.1" },
	{ "exit-skinit", exit_skinit, NRIP("exit SKINIT at insn"), "15.9, 15.7.1" },
	{ "exit-invlpga", exit_invlpga, NRIP("exit INVLPGA at insn"), "15.9, 15.7.1" },
	{ "exit-wbinvd", exit_wbinvd, NRIP("exit WBINVD at insn"), "15.9, 15.7.1" },
	{ "exit-xsetbv", exit_xsetbv, NRIP("exit XSETBV at insn"), "15.9, 15.7.1" },
	{ "exit-rdtscp", exit_rdtscp, NRIP("exit RDTSCP at insn"), "15.9, 15.7.1" },
	{ "exit-monitor", exit_monitor, NRIP("exit MONITOR at insn"), "15.9, 15.7.1" },
	{ "exit-io-out", exit_io_out,
	  "exit IOIO at insn info 3f80210 next|exit IOIO at insn info 3f80010 next",
	  "15.10.2; the address size means nothing here" },
	{ "exit-io-in", exit_io_in,
	  "exit IOIO at insn info 3f80211 next|exit IOIO at insn info 3f80011 next",
	  "15.10.2" },
	{ "apic-end-spurious", apic_end_spurious, "in service 0",
	  "16.4.7: no EOI for a spurious one only" },
	{ "vm-cr-svmdis", vm_cr_svmdis, "vm_cr 0 then 10 EFER.SVME #GP", "15.30.1" },
	{ "apic-off-on", apic_off_on, "base 800 svr 1ff", "16.3.1" },
	{ "init-gif0", init_not_intercepted_gif0, "still here", "15.17: held pending" },
	{ "init-intercept", init_intercept, "exit INIT at next|exit INIT at start+0", "15.13.4" },
	{ 0 }
};
