/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Captured processors: what public dumps show of real processors, and of what a hypervisor
 * shows to its guest. tests/unit/arch_processors.c says what the product makes of each.
 *
 * Every row says where its values are from. None is invented: a value that the dump lacks is
 * 0 and said so, and where a value is derived (from a feature list, a program's source or the
 * MSR next to it) the row says from what. The sources:
 *
 * "VBox": VirtualBox's CPU database, src/VBox/VMM/VMMR3/cpus/ in its sources, which
 *	VBoxCpuReport took from the processor named.
 * "AIDA64": dumps of AIDA64 that stand beside the models of Bochs 3.1, cpu/cpudb/, as .txt.
 * "CPU-Z": dumps of CPU-Z in the same place.
 * "libcpuid": test data of github.com/anrieff/libcpuid, raw CPUID of the processor named.
 * "VBox.log": what VirtualBox wrote of its host into a log that its user made public.
 * "vmxcap": the output of the kernel's tools or QEMU's script of this name.
 * "cmpe283": a course at San José State University in which each student reads the MSRs of
 *	his machine with a module and publishes what it prints.
 * "XMHF": notes of the XMHF hypervisor project (uberxmhf) on its bugs.
 * "VmxCaps": github.com/honorarybot/VmxCaps, a table of capabilities.
 * "Bochs": derived from the features that cpu/cpudb/ gives the model, no dump was found.
 *
 * No public dump was found of (and so there is no row): Alder Lake, Raptor Lake, Meteor Lake
 * and Lunar Lake with all of the MSRs; IA32_VMX_PROCBASED_CTLS3 of any processor (rows with
 * tertiary controls have 0 there); IA32_VMX_MISC and IA32_VMX_EPT_VPID_CAP of VMware's
 * guests; AMD-V as VMware, Hyper-V and Xen show it to a guest.
 *
 * .instructions: from the CPUID leaves of AIDA64's dumps; 0, not known, elsewhere.
 *
 * EXPECT() and the like stand on lines of their own, one each for a row, in the order of the
 * rows. `build/unit/arch_processors print tests/unit/processors.h` prints this file with
 * them as the product is now: review what changed, then put it here.
 */
#ifndef PROCESSORS_H
#define PROCESSORS_H

#include "vmx/vmcs.h"
#include "vmx/caps.h"

#define MAY(high, low)	((u64)(high) << 32 | (low))

/* What the SDM says is 1 in the TRUE MSRs where nothing else is known. */
#define TRUE_PIN	0x00000016
#define TRUE_PROC	0x04006172
#define TRUE_EXIT	0x00036dfb
#define TRUE_ENTRY	0x000011fb

struct vmx_processor {
	const char *name, *source;
	struct vmx_caps caps;
	u64 cpuid_7_1_eax;		/* only bit 17, FRED, means something to us */
	bool guest;			/* as a hypervisor shows it */
	/* expected: */
	struct {
		u32 pin, proc, proc2;
		u64 proc3;
		u32 exit, entry;
		const char *words;	/* of the rest of struct vmx_ctls: see words_of_vmx() */
		const char *refused;
	} expect;
};

#define EXPECT(...)	.expect = { __VA_ARGS__ }
#define REFUSED(why)	.expect = { .refused = why }

static const struct vmx_processor vmx_processors[] = {
	{
		.name = "Merom, Core 2 X6800", .source = "VBox: Intel_Core2_X6800_2_93GHz.h",
		.caps = {
			.basic = 0x1a040000000007, .pin = 0x1f00000016,
			.proc = 0x77b9fffe0401e172, .exit = 0x36fff00036dff,
			.entry = 0x1fff000011ff, .misc = 0x403c0,
		},
		REFUSED("the processor has no NMI exiting with virtual NMIs"),
	}, {
		.name = "Penryn, Xeon X5482", .source = "VBox: Intel_Xeon_X5482_3_20GHz.h",
		.caps = {
			.basic = 0x5a08000000000d, .pin = 0x3f00000016,
			.proc = 0xf7f9fffe0401e172, .exit = 0x3ffff00036dff,
			.entry = 0x3fff000011ff, .proc2 = 0x4100000000, .misc = 0x403c0,
		},
		REFUSED("the processor forces exits on CR3 accesses (no TRUE controls)"),
	}, {
		.name = "Nehalem, Core i5-750",
		.source = "Bochs: Lynnfield; the fixed bits are as on all others",
		.caps = {
			.basic = 0xd810000000000b, .pin = MAY(0x7f, TRUE_PIN),
			.proc = MAY(0xfff9fffe, TRUE_PROC), .exit = MAY(0x7fffff, TRUE_EXIT),
			.entry = MAY(0xffff, TRUE_ENTRY), .proc2 = MAY(0x7f, 0),
			.misc = 0x401e0, .ept_vpid = 0xf0106114141,
		},
		EXPECT(0x3e, 0x94006172, 0x28, 0, 0x36fff, 0x13ff,
		       "vpid timer/0 mtf hlt int_n post"),
	}, {
		.name = "Westmere, Arrandale",
		.source = "XMHF, bug 081: HP EliteBook 2540p (Core i5 or i7)",
		.caps = {
			.basic = 0xda04000000000f, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7fffff00036dfb,
			.entry = 0xffff000011fb, .proc2 = 0xff00000000, .misc = 0x401e7,
			.cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff,
			.cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x267ff, .ept_vpid = 0xf0106114141,
		},
		EXPECT(0x3e, 0x94006172, 0x28, 0, 0x36fff, 0x13ff,
		       "vpid timer/7 mtf hlt int_n post"),
	}, {
		.name = "Sandy Bridge, Core i7-2635QM", .source = "VBox: Intel_Core_i7_2635QM.h",
		.caps = {
			.basic = 0xda040000000010, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7fffff00036dfb,
			.entry = 0xffff000011fb, .proc2 = 0xff00000000, .misc = 0x100401e5,
			.ept_vpid = 0xf0106114141,
		},
		EXPECT(0x3e, 0x94006172, 0x28, 0, 0x36fff, 0x13ff,
		       "vpid timer/5 mtf hlt int_n post"),
	}, {
		.name = "Sandy Bridge-E, Core i7-3960X", .source = "VBox: Intel_Core_i7_3960X.h",
		.caps = {
			.basic = 0xda040000000010, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7fffff00036dfb,
			.entry = 0xffff000011fb, .proc2 = 0x4ff00000000, .misc = 0x100401e5,
			.ept_vpid = 0xf0106134141,
		},
		EXPECT(0x3e, 0x94006172, 0x28, 0, 0x36fff, 0x13ff,
		       "vpid timer/5 mtf hlt int_n post"),
	}, {
		.name = "Ivy Bridge, Core i5-3570", .source = "VBox: Intel_Core_i5_3570.h",
		.caps = {
			.basic = 0xda040000000010, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7fffff00036dfb,
			.entry = 0xffff000011fb, .proc2 = 0x8ff00000000, .misc = 0x100401e5,
			.ept_vpid = 0xf0106114141,
		},
		EXPECT(0x3e, 0x94006172, 0x28, 0, 0x36fff, 0x13ff,
		       "vpid timer/5 mtf hlt int_n post"),
	}, {
		.name = "Haswell, Core i7-4770",
		.source = "VmxCaps: 4770 and 4600U (basic, pin, proc2); the others derived: "
			  "as in the generations around it",
		.caps = {
			.basic = 0xda040000000012, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7fffff00036dfb,
			.entry = 0xffff000011fb, .proc2 = 0x7cff00000000, .misc = 0x300481e5,
			.ept_vpid = 0xf0106334141,
		},
		EXPECT(0x3e, 0x94006172, 0x1028, 0, 0x36fff, 0x13ff,
		       "vpid timer/5 mtf hlt int_n post"),
	}, {
		.name = "Silvermont, Pentium N3530",
		.source = "VBox: Intel_Pentium_N3530_2_16GHz.h",
		.caps = {
			.basic = 0xda040000000002, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7fffff00036dfb,
			.entry = 0xffff000011fb, .proc2 = 0x28ef00000000, .misc = 0x481e6,
			.ept_vpid = 0xf0106114141,
		},
		EXPECT(0x3e, 0x94006172, 0x28, 0, 0x36fff, 0x13ff,
		       "vpid timer/6 mtf hlt int_n post"),
	}, {
		.name = "Broadwell-U, Core i7-5600U", .source = "VBox: Intel_Core_i7_5600U.h",
		.caps = {
			.basic = 0xda040000000012, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7fffff00036dfb,
			.entry = 0xffff000011fb, .proc2 = 0x57cff00000000, .misc = 0x300481e5,
			.ept_vpid = 0xf0106334141,
		},
		EXPECT(0x3e, 0x94006172, 0x1028, 0, 0x36fff, 0x13ff,
		       "vpid timer/5 mtf hlt int_n post"),
	}, {
		.name = "Broadwell-Y, Core M-5Y70", .source = "AIDA64: broadwell_ult.txt",
		.caps = {
			.basic = 0xda040000000012, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7fffff00036dfb,
			.entry = 0xffff000011fb, .proc2 = 0x57cff00000000, .misc = 0x300481e5,
			.cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff,
			.cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x3767ff, .ept_vpid = 0xf0106334141,
			.instructions = 0x1008,
		},
		EXPECT(0x3e, 0x94006172, 0x1028, 0, 0x36fff, 0x13ff,
		       "vpid timer/5 mtf hlt int_n post"),
	}, {
		.name = "Skylake, Core i7-6700K", .source = "VBox: Intel_Core_i7_6700K.h",
		.caps = {
			.basic = 0xda040000000004, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x1ffffff00036dfb,
			.entry = 0x3ffff000011fb, .proc2 = 0x1ffcff00000000, .misc = 0x7004c1e7,
			.cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff,
			.cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x3727ff, .ept_vpid = 0xf0106334141,
		},
		EXPECT(0x3e, 0x94006172, 0x181028, 0, 0x1036fff, 0x213ff,
		       "vpid timer/7 mtf conceal hlt int_n post"),
	}, {
		.name = "Skylake-X, Core i7-7800X",
		.source = "AIDA64: corei7_skylake-x.txt (family 6, model 55h: of Cascade "
			  "Lake, too)",
		.caps = {
			.basic = 0xda040000000004, .pin = 0xff00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x1ffffff00036dfb,
			.entry = 0x3ffff000011fb, .proc2 = 0x25d3fff00000000, .misc = 0x7004c1e7,
			.cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff,
			.cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x3727ff, .ept_vpid = 0xf0106734141,
			.instructions = 0x101008,
		},
		EXPECT(0x3e, 0x94006172, 0x181028, 0, 0x1036fff, 0x213ff,
		       "vpid timer/7 mtf conceal hlt int_n post"),
	}, {
		.name = "Coffee Lake, six cores",
		.source = "VBox.log in a forum, 2021-01-15: CPUID 906EAh",
		.caps = {
			.basic = 0xda040000000004, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x1ffffff00036dfb,
			.entry = 0x3ffff000011fb, .proc2 = 0x5fbcff00000000, .misc = 0x7004c1e7,
			.ept_vpid = 0xf0106734141,
		},
		EXPECT(0x3e, 0x94006172, 0x181028, 0, 0x1036fff, 0x213ff,
		       "vpid timer/7 mtf conceal hlt int_n post"),
	}, {
		.name = "Cannon Lake, Core i3-8121U", .source = "AIDA64: corei3_cnl.txt",
		.caps = {
			.basic = 0xda040000000004, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x1ffffff00036dfb,
			.entry = 0x3ffff000011fb, .proc2 = 0x25f3cff00000000, .misc = 0x7004c1e7,
			.cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff,
			.cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x772fff, .ept_vpid = 0xf0106734141,
			.instructions = 0x101008,
		},
		EXPECT(0x3e, 0x94006172, 0x181028, 0, 0x1036fff, 0x213ff,
		       "vpid timer/7 mtf conceal hlt int_n post"),
	}, {
		.name = "Ice Lake, Core i7-1065G7", .source = "AIDA64: corei7_icelake-u.txt",
		.caps = {
			.basic = 0xda050000000013, .pin = 0xff00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x37fffff00036dfb,
			.entry = 0x6ffff000011fb, .proc2 = 0x335fbfff00000000, .misc = 0x7004c1e7,
			.cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff,
			.cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x772fff, .ept_vpid = 0xf0106734141,
			.instructions = 0x101008,
		},
		EXPECT(0x3e, 0x94006172, 0x181028, 0, 0x1036fff, 0x213ff,
		       "vpid timer/7 mtf conceal hlt int_n post"),
	}, {
		.name = "Tiger Lake, Core i5-1135G7",
		.source = "AIDA64: tigerlake.txt; proc3 is not in it",
		.caps = {
			.basic = 0x1da050000000013, .pin = 0xff00000016,
			.proc = 0xfffbfffe04006172, .exit = 0x137fffff00036dfb,
			.entry = 0x16ffff000011fb, .proc2 = 0x35f3fff00000000, .misc = 0x7004c1e7,
			.cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff,
			.cr4_fixed0 = 0x2000, .cr4_fixed1 = 0xff2fff, .ept_vpid = 0xf0106f34141,
			.instructions = 0x101008,
		},
		EXPECT(0x3e, 0x94006172, 0x181028, 0, 0x11036fff, 0x1213ff,
		       "vpid timer/7 mtf cet conceal hlt int_n post"),
	}, {
		.name = "Sapphire Rapids, Xeon w9-3475X", .source = "Bochs: sapphire_rapids.cc",
		.caps = {
			.basic = 0xd8100000000004, .pin = MAY(0xff, TRUE_PIN),
			.proc = MAY(0xfffbfffe, TRUE_PROC), .exit = MAY(0x387fffff, TRUE_EXIT),
			.entry = MAY(0x58ffff, TRUE_ENTRY), .proc2 = MAY(0x6d77fff, 0),
			.proc3 = 0x80, .misc = 0x200401e0, .ept_vpid = 0xf0106114141,
		},
		EXPECT(0x3e, 0x94006172, 0x4101028, 0, 0x10036fff, 0x1013ff,
		       "vpid timer/0 mtf cet hlt int_n post"),
	}, {
		.name = "Arrow Lake-S, 6 + 8 cores",
		.source = "AIDA64: arrow_lake.txt (CPUID C0662h); proc3 is not in it",
		.caps = {
			.basic = 0x3da060000000015, .pin = 0xff00000016,
			.proc = 0xfffbfffe04006172, .exit = 0xff7fffff00036dfb,
			.entry = 0x7effff000011fb, .proc2 = 0xc75f7fff00000000, .misc = 0x7004c1e7,
			.cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff,
			.cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x1bf76fff, .ept_vpid = 0xf0106f34141,
			.instructions = 0x4101008,
		},
		.cpuid_7_1_eax = 0x44c009d7,
		EXPECT(0x3e, 0x94006172, 0x4181028, 0, 0x15036fff, 0x3213ff,
		       "vpid timer/7 mtf cet lbr conceal hlt int_n post"),
	}, {
		.name = "Wildcat Lake",
		.source = "AIDA64: wildcat_lake.txt (CPUID D0651h); proc3 is not in it",
		.caps = {
			.basic = 0x7da060000000015, .pin = 0xff00000016,
			.proc = 0xfffbfffe04006172, .exit = 0xff7fffff00036dfb,
			.entry = 0x1feffff000011fb, .proc2 = 0xc75f7fff00000000, .misc = 0x7004c1e7,
			.cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff,
			.cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x11bf76fff,
			.ept_vpid = 0x10f0106f34141,
			.instructions = 0x4101008,
		},
		.cpuid_7_1_eax = 0x4cce09d7,
		EXPECT(0x3e, 0x94006172, 0x4181028, 0, 0x15036fff, 0x3213ff,
		       "vpid timer/7 mtf cet lbr conceal hlt int_n post"),
	}, {
		.name = "KVM, 32-bit",
		.source = "XMHF, bugs around nested MSRs: read in QEMU/KVM (2022-06), whose "
			  "CPU has no 64-bit host",
		.guest = true,
		.caps = {
			.basic = 0xd8100011e57ed0, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7ffdff00036dfb,
			.entry = 0xf3ff000011fb, .proc2 = 0x78ff00000000, .misc = 0x20000065,
			.cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff,
			.cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x1727ff, .ept_vpid = 0xf0106334041,
		},
		REFUSED("the processor cannot exit to 64-bit mode"),
	}, {
		.name = "KVM",
		.source = "derived from the row above: QEMU gives host address-space size to "
			  "a CPU with long mode (its cpu.c says so)",
		.guest = true,
		.caps = {
			.basic = 0xd8100011e57ed0, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7fffff00036dfb,
			.entry = 0xf3ff000011fb, .proc2 = 0x78ff00000000, .misc = 0x20000065,
			.cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff,
			.cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x1727ff, .ept_vpid = 0xf0106334041,
		},
		EXPECT(0x3e, 0x94006172, 0x1008, 0, 0x36fff, 0x13ff,
		       "timer/5 mtf hlt int_n post"),
	}, {
		.name = "Google Compute Engine, 2021",
		.source = "cmpe283: Yilin Zhou (TRUE MSRs), SakshiKekre/CMPE283 (proc2); misc "
			  "and ept_vpid are not in it",
		.guest = true,
		.caps = {
			.basic = 0xd8100011e57ed0, .pin = 0x3f00000016,
			.proc = 0xf7b9fffe04006172, .exit = 0x3fefff00036dfb,
			.entry = 0xd3ff000011fb, .proc2 = 0x51ff00000000,
		},
		REFUSED("the processor cannot exit at an NMI window"),
	}, {
		.name = "Google Compute Engine, 2023",
		.source = "cmpe283: MohitSinghvi/linux; the low halves and basic derived: as "
			  "in the row above; misc and ept_vpid are not in it",
		.guest = true,
		.caps = {
			.basic = 0xd8100011e57ed0, .pin = 0x7f00000016,
			.proc = MAY(0xfff9fffe, TRUE_PROC), .exit = MAY(0xffefff, TRUE_EXIT),
			.entry = MAY(0x1d3ff, TRUE_ENTRY), .proc2 = 0x1051ff00000000,
		},
		EXPECT(0x3e, 0x94006172, 0x101008, 0, 0x36fff, 0x13ff,
		       "timer/0 mtf int_n post"),
	}, {
		.name = "VMware Fusion, macOS 10.14",
		.source = "cmpe283: Jay Parekh, Jainam Sheth, Core i7-8559U; misc and "
			  "ept_vpid are not in it",
		.guest = true,
		.caps = {
			.basic = 0xd8100000000001, .pin = 0x3f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0xbfffff00036dfb,
			.entry = 0x1f3ff000011fb, .proc2 = 0x553cfe00000000,
		},
		EXPECT(0x3e, 0x94006172, 0x101008, 0, 0x36fff, 0x13ff,
		       "mtf post"),
	}, {
		.name = "VMware Workstation 16 Player",
		.source = "cmpe283: govis99/linux; the low halves and basic derived: as in "
			  "the row above; misc and ept_vpid are not in it",
		.guest = true,
		.caps = {
			.basic = 0xd8100000000001, .pin = 0x3f00000016,
			.proc = MAY(0xfff9fffe, TRUE_PROC), .exit = MAY(0x3fefff, TRUE_EXIT),
			.entry = MAY(0xd3ff, TRUE_ENTRY), .proc2 = 0x553cfe00000000,
		},
		EXPECT(0x3e, 0x94006172, 0x101008, 0, 0x36fff, 0x13ff,
		       "mtf post"),
	}, {
		.name = "VMware Fusion, forced controls",
		.source = "cmpe283: BryanC21/vmx_lab_cmpe283 and rohanbhadreshpatel/linux, "
			  "which agree (perhaps Fusion over macOS's own hypervisor); derived: "
			  "basic as in the rows above, the low halves of the TRUE MSRs as "
			  "those of the others without the default; misc and ept_vpid are not "
			  "in it",
		.guest = true,
		.caps = {
			.basic = 0xd8100000000001, .pin = 0x3f0000003f,
			.proc = MAY(0xf5f9fffe, 0x9500697a), .exit = MAY(0x3fefff, TRUE_EXIT),
			.entry = MAY(0xd3ff, TRUE_ENTRY), .proc2 = 0x111cfe00000000,
		},
		REFUSED("the processor cannot switch external-interrupt exiting on and off"),
	}, {
		.name = "Hyper-V (Azure)",
		.source = "vmxcap, qemu-devel 2020-03-31 (Julio Montes): basic, misc and "
			  "ept_vpid as printed, the controls bit by bit; derived: bits that "
			  "have no name there as TRUE MSRs have them",
		.guest = true,
		.caps = {
			.basic = 0x98100000000001, .pin = MAY(0x3f, TRUE_PIN),
			.proc = MAY(0xf7f9fffe, 0x240065f2), .exit = MAY(0x3fefff, 0x36ffb),
			.entry = MAY(0xd3ff, TRUE_ENTRY), .proc2 = 0x182e00000000, .misc = 0x40,
			.ept_vpid = 0xf0106114040,
		},
		REFUSED("the processor cannot switch exits on HLT and MWAIT on and off"),
	}, {
		.name = "VirtualBox 7",
		.source = "derived from its source (CPUM.cpp, the features emulated), on a "
			  "processor that has them all; misc and EPT's half of ept_vpid left "
			  "out",
		.guest = true,
		.caps = {
			.basic = 0xd8100000000001, .pin = 0x3f00000016,
			.proc = MAY(0xf7f9fffe, TRUE_PROC), .exit = MAY(0x3befff, TRUE_EXIT),
			.entry = MAY(0xd3ff, TRUE_ENTRY), .proc2 = 0x14ef00000000,
			.ept_vpid = 0xf0100000000,
		},
		EXPECT(0x3e, 0x94006172, 0x1008, 0, 0x36fff, 0x13ff,
		       ""),
	}, {
		.name = "Xen, nested HVM",
		.source = "derived from its source (vvmx.c): pin; that decides, so the others "
			  "are those of Skylake",
		.guest = true,
		.caps = {
			.basic = 0xda040000000004, .pin = MAY(0x5f, TRUE_PIN),
			.proc = 0xfff9fffe04006172, .exit = 0x1ffffff00036dfb,
			.entry = 0x3ffff000011fb, .proc2 = 0x1ffcff00000000, .misc = 0x7004c1e7,
			.ept_vpid = 0xf0106334141,
		},
		REFUSED("the processor has no NMI exiting with virtual NMIs"),
	},
};

struct svm_processor {
	const char *name, *source;
	u32 max;			/* CPUID 8000_0000 EAX */
	u32 ecx;			/* 8000_0001 */
	u32 ebx8;			/* 8000_0008 */
	u32 asids, features;		/* 8000_000A EBX, EDX */
	u32 eax21;			/* 8000_0021 */
	bool guest;
	/* expected: */
	struct {
		const char *words;	/* see words_of_svm() */
		const char *refused;	/* by AMD-V's probe */
	} expect;
};

#define EXPECT_SVM(w)	.expect = { .words = w }

static const struct svm_processor svm_processors[] = {
	{
		.name = "K8, Turion 64 X2 (Tyler)", .source = "CPU-Z: turion64_tyler.txt",
		.max = 0x80000018, .ecx = 0x11f, .asids = 0x40, .features = 2,
		EXPECT_SVM(""),
	}, {
		.name = "Griffin, Turion X2 Ultra ZM-82",
		.source = "libcpuid: k8/amd-turion-x2-ultra-dual-core-mobile-zm-82.test",
		.max = 0x8000001a, .ecx = 0x131f, .asids = 0x40, .features = 0xe,
		EXPECT_SVM("nrips skinit"),
	}, {
		.name = "K10, Phenom X3 8650", .source = "CPU-Z: phenomx3_8650_toliman.txt",
		.max = 0x8000001a, .ecx = 0x7ff, .asids = 0x40, .features = 7,
		EXPECT_SVM(""),
	}, {
		.name = "K10, Opteron 2384", .source = "VBox: Quad_Core_AMD_Opteron_2384.h",
		.max = 0x8000001b, .ecx = 0x37ff, .asids = 0x40, .features = 0xf,
		EXPECT_SVM("nrips skinit"),
	}, {
		.name = "Bulldozer, FX-4100", .source = "CPU-Z: zambezi.txt",
		.max = 0x8000001e, .ecx = 0x1c9bfff, .asids = 0x10000, .features = 0x14ff,
		EXPECT_SVM("nrips skinit"),
	}, {
		.name = "Piledriver, FX-8350",
		.source = "libcpuid: bulldozer/amd-fx-8350-eight-core-processor.test",
		.max = 0x8000001e, .ecx = 0x1ebbfff, .asids = 0x10000, .features = 0x1cff,
		EXPECT_SVM("nrips skinit"),
	}, {
		.name = "Jaguar, Athlon 5350",
		.source = "libcpuid: jaguar/amd-athlon-5350-apu-with-radeon-r3.test",
		.max = 0x8000001e, .ecx = 0x154037ff, .asids = 8, .features = 0x1cdf,
		EXPECT_SVM("nrips skinit"),
	}, {
		.name = "Zen, Ryzen 7 1700", .source = "CPU-Z: ryzen.txt",
		.max = 0x8000001f, .ecx = 0x35c233ff, .ebx8 = 7, .asids = 0x8000,
		.features = 0x1bcff,
		EXPECT_SVM("nrips skinit"),
	}, {
		.name = "Zen 2, Ryzen 5 3600",
		.source = "libcpuid: zen2/amd-ryzen-5-3600-6-core-processor.test",
		.max = 0x80000020, .ecx = 0x75c237ff, .ebx8 = 0x10eb757, .asids = 0x8000,
		.features = 0x13bcff,
		EXPECT_SVM("nrips spec_ctrl skinit"),
	}, {
		.name = "Zen 3, EPYC (Milan)",
		.source = "github.com/Freax13/mushroom: the CPUID table of its SNP guests; "
			  "the SVM leaf agrees with xen-cpuid's raw output in xen-devel",
		.max = 0x80000023, .ecx = 0x75c237ff, .ebx8 = 0x91bef75f, .asids = 0x8000,
		.features = 0x119b9cff,
		EXPECT_SVM("nrips spec_ctrl sss tlbi skinit"),
	}, {
		.name = "Zen 4, Ryzen 7 7700X",
		.source = "libcpuid: zen4/amd-ryzen-7-7700x-8-core-processor.test",
		.max = 0x80000028, .ecx = 0x75c237ff, .ebx8 = 0x191ef257, .asids = 0x8000,
		.features = 0x1ebfbcff, .eax21 = 0x62fcf,
		EXPECT_SVM("nrips vnmi spec_ctrl sss skinit"),
	}, {
		.name = "Zen 4, EPYC 9124 (Genoa)", .source = "libcpuid: zen4/epyc-genoa.test",
		.max = 0x80000028, .ecx = 0x75c237ff, .ebx8 = 0x79bef25f, .asids = 0x8000,
		.features = 0x1fbfbcff, .eax21 = 0x62fcf,
		EXPECT_SVM("nrips vnmi spec_ctrl sss tlbi skinit"),
	}, {
		.name = "Zen 5, Ryzen 9 9950X",
		.source = "libcpuid: zen5/amd-ryzen-9-9950x-16-core-processor.test",
		.max = 0x80000028, .ecx = 0x75c237ff, .ebx8 = 0x791ef257, .asids = 0x8000,
		.features = 0xfebb9dff, .eax21 = 0x593fffcf,
		EXPECT_SVM("nrips vnmi spec_ctrl sss skinit barriers"),
	}, {
		.name = "Zen 5, EPYC 9655 (Turin)", .source = "libcpuid: zen5/epyc-turin.test",
		.max = 0x80000028, .ecx = 0x75c237ff, .ebx8 = 0x79bef25f, .asids = 0x8000,
		.features = 0xffbfbdff, .eax21 = 0xd93fffcf,
		EXPECT_SVM("nrips vnmi spec_ctrl sss tlbi skinit reduces"),
	}, {
		.name = "KVM (Firecracker), on Milan",
		.source = "Firecracker, the comment on its T2A template's test: `cpuid -r` in "
			  "a guest on m6a.metal",
		.guest = true,
		.max = 0x8000001f, .ecx = 0xc00237, .ebx8 = 0x30ed000, .asids = 8, .features = 9,
		EXPECT_SVM("nrips"),
	}, {
		.name = "Xen PV, dom0 on a Ryzen 9 5950X",
		.source = "linux-kernel, Steven Noonan, 2025-12-04: CPUID under Xen",
		.guest = true,
		.max = 0x80000023, .ecx = 0x440001e3, .ebx8 = 0x111ef657, .asids = 0x8000,
		.features = 0x101bbcff,
		REFUSED("the processor has no AMD-V"),
	},
};

#endif
