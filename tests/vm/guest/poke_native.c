// SPDX-License-Identifier: GPL-2.0
/*
 * What a loaded hypervisor must not change: rules EXIT-BASE, EXIT-SKIP, VMCALL
 * and LEAVE of event delivery, as far as user space and /dev/cpu/N/msr see
 * them. Prints canonical lines; two outputs are compared.
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>
#include <setjmp.h>

#include "poke.h"

/* ---- model-specific registers --------------------------------------------- */

static const struct {
	uint32_t msr;
	const char *name;
} msrs[] = {
	{ 0x17, "platform_id" }, { 0x1b, "apic_base" }, { 0x3a, "feature_control" },
	{ 0x48, "spec_ctrl" }, { 0x8b, "microcode" }, { 0xfe, "mtrr_cap" },
	{ 0x10a, "arch_capabilities" }, { 0x174, "sysenter_cs" },
	{ 0x175, "sysenter_esp" }, { 0x176, "sysenter_eip" },
	{ 0x179, "mcg_cap" }, { 0x1a0, "misc_enable" }, { 0x1d9, "debugctl" },
	{ 0x277, "pat" }, { 0x2ff, "mtrr_def_type" },
	{ 0x480, "vmx_basic" }, { 0x481, "vmx_pin" }, { 0x482, "vmx_proc" },
	{ 0x483, "vmx_exit" }, { 0x484, "vmx_entry" }, { 0x485, "vmx_misc" },
	{ 0x486, "vmx_cr0_fixed0" }, { 0x487, "vmx_cr0_fixed1" },
	{ 0x488, "vmx_cr4_fixed0" }, { 0x489, "vmx_cr4_fixed1" },
	{ 0x48b, "vmx_proc2" }, { 0x48c, "vmx_ept_vpid" }, { 0x48d, "vmx_true_pin" },
	{ 0x491, "vmx_vmfunc" }, { 0xda0, "xss" },
	{ 0x802, "x2apic_id" }, { 0x8ff, "x2apic_last" },
	{ 0x1fff, "bitmap_last_low" }, { 0x2000, "behind_bitmap_low" },
	{ 0x40000000, "hyperv_guest_os_id" }, { 0x40000001, "hyperv_hypercall" },
	{ 0x400000ff, "hyperv_last" }, { 0x4b564d00, "kvm_wall_clock" },
	{ 0x4b564d01, "kvm_system_time" }, { 0x80000000, "far" },
	{ 0xbfffffff, "before_bitmap_high" }, { 0xc0000080, "efer" },
	{ 0xc0000081, "star" }, { 0xc0000082, "lstar" }, { 0xc0000083, "cstar" },
	{ 0xc0000084, "fmask" }, { 0xc0000103, "tsc_aux" },
	{ 0xc0001fff, "bitmap_last_high" }, { 0xc0002000, "behind_bitmap_high" },
	{ 0xc0010010, "amd_syscfg" }, { 0xc0010114, "amd_vm_cr" },
	{ 0xc0010117, "amd_vm_hsave" }, { 0xffffffff, "last" },
};

int poke_msr(int cpu)
{
	char path[40];
	uint64_t v;
	int fd;

	snprintf(path, sizeof(path), "/dev/cpu/%d/msr", cpu);
	fd = open(path, O_RDONLY);
	if (fd < 0) {
		perror(path);
		return 77;
	}
	for (size_t i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++) {
		printf("msr %08x %s ", msrs[i].msr, msrs[i].name);
		if (pread(fd, &v, 8, msrs[i].msr) == 8)
			printf("%016lx\n", v);
		else
			printf("errno %d\n", errno);
	}
	return 0;
}

/* ---- instructions ----------------------------------------------------------- */

#define USER_INSNS(X)							\
	X(vmcall, "vmcall")						\
	X(vmmcall, "vmmcall")						\
	X(vmlaunch, "vmlaunch")						\
	X(vmresume, "vmresume")						\
	X(vmxoff, "vmxoff")						\
	X(vmxon, "vmxon (%%rsp)")					\
	X(vmclear, "vmclear (%%rsp)")					\
	X(vmptrld, "vmptrld (%%rsp)")					\
	X(vmptrst, "vmptrst (%%rsp)")					\
	X(vmread, "vmread %%rax, %%rax")				\
	X(vmwrite, "vmwrite %%rax, %%rax")				\
	X(vmfunc, "vmfunc")						\
	X(invept, "invept (%%rsp), %%rax")				\
	X(invvpid, "invvpid (%%rsp), %%rax")				\
	X(invpcid, "invpcid (%%rsp), %%rax")				\
	X(vmrun, "vmrun")						\
	X(vmload, "vmload")						\
	X(vmsave, "vmsave")						\
	X(stgi, "stgi")							\
	X(clgi, "clgi")							\
	X(skinit, "skinit")						\
	X(invlpga, "invlpga")						\
	X(getsec, ".byte 0x0f, 0x37")					\
	X(invd, "invd")							\
	X(wbinvd, "wbinvd")						\
	X(xsetbv, "xsetbv")						\
	X(rdmsr, "rdmsr")						\
	X(wrmsr, "wrmsr")						\
	X(hlt, "hlt")							\
	X(monitor, "monitor")						\
	X(mwait, "mwait")						\
	X(rdpmc, "rdpmc")						\
	X(lidt, "lidt (%%rsp)")						\
	X(invlpg, "invlpg (%%rsp)")					\
	X(clts, "clts")							\
	X(lmsw, "lmsw %%ax")						\
	X(mov_cr0, "mov %%rax, %%cr0")					\
	X(mov_from_cr4, "mov %%cr4, %%rax")				\
	X(mov_dr7, "mov %%rax, %%dr7")					\
	X(swapgs, "swapgs")						\
	X(sysret, "sysretq")						\
	X(lgdt, "lgdt (%%rsp)")						\
	X(ltr, "ltr %%ax")						\
	X(rsm, "rsm")							\
	X(sti, "sti")							\
	X(pause, "pause")						\
	X(rdtscp, "rdtscp")

#define DEFINE(name, text)						\
	static void insn_##name(void)					\
	{								\
		__asm__ volatile(".globl at_" #name "\nat_" #name ": " text	\
				 : : "a"(0ul), "c"(0ul), "d"(0ul)		\
				 : "rbx", "memory", "cc");			\
	}								\
	extern char at_##name[];
USER_INSNS(DEFINE)

#define ROW(name, text) { #name, insn_##name, at_##name },
static const struct {
	const char *name;
	void (*run)(void);
	char *at;
} insns[] = { USER_INSNS(ROW) };

static sigjmp_buf back;
static siginfo_t info;
static greg_t regs[NGREG];

static void on_signal(int sig, siginfo_t *i, void *p)
{
	(void)sig;
	info = *i;
	memcpy(regs, ((ucontext_t *)p)->uc_mcontext.gregs, sizeof(regs));
	siglongjmp(back, 1);
}

static void one_insn(unsigned int i)
{
	printf("insn %s ", insns[i].name);
	if (!sigsetjmp(back, 1)) {
		insns[i].run();
		printf("completes\n");
		return;
	}
	printf("sig=%d code=%d addr=%+ld rip=%+ld trapno=%llu err=%llx efl=%llx\n",
	       info.si_signo, info.si_code,
	       info.si_addr ? (long)((char *)info.si_addr - insns[i].at) : 0,
	       (long)(regs[REG_RIP] - (long)insns[i].at), regs[REG_TRAPNO],
	       regs[REG_ERR], regs[REG_EFL] & 0x10100);
}

static void one_leaf(uint32_t leaf, uint32_t sub)
{
	uint32_t a, b, c, d;

	__cpuid_count(leaf, sub, a, b, c, d);
	printf("cpuid %08x.%x %08x %08x %08x %08x\n", leaf, sub, a, b, c, d);
}

/* Every leaf, the hypervisor's range included, on this CPU. */
static void all_leaves(void)
{
	static const uint32_t ranges[] = { 0, 0x40000000, 0x80000000 };
	uint32_t a, b, c, d;

	for (int r = 0; r < 3; r++) {
		__cpuid(ranges[r], a, b, c, d);
		if (a < ranges[r] || a > ranges[r] + 0x40)
			a = ranges[r] + 1;
		for (uint32_t leaf = ranges[r]; leaf <= a; leaf++)
			for (uint32_t sub = 0; sub < 4; sub++)
				one_leaf(leaf, sub);
	}
	one_leaf(0x20000000, 0);
	one_leaf(0xffffffff, 0xffffffff);
}

/* CPUID's OSXSAVE against what XGETBV does. */
static void os_xsave(void)
{
	uint32_t a, b, c, d, lo, hi;

	__cpuid(1, a, b, c, d);
	if (!(c & bit_OSXSAVE)) {
		printf("osxsave 0\n");
		return;
	}
	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	printf("osxsave 1 xcr0 %08x%08x\n", hi, lo);
}

int poke_user(void)
{
	static const int sigs[] = { SIGILL, SIGSEGV, SIGBUS, SIGFPE, SIGTRAP };
	struct sigaction sa = {
		.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO,
	};
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], &sa, NULL);
	for (unsigned int i = 0; i < sizeof(insns) / sizeof(insns[0]); i++)
		one_insn(i);
	os_xsave();
	all_leaves();
	return 0;
}
