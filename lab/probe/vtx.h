/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VMCS fields and bits (SDM 3, appendix "Field Encoding in VMCS"), as far as the
 * probes use them. On purpose not the product's header.
 */
#ifndef PROBE_VTX_H
#define PROBE_VTX_H

#include "guest.h"

enum {
	G_ES = 0x800, G_CS = 0x802, G_SS = 0x804, G_TR = 0x80e,
	H_ES = 0xc00, H_TR = 0xc0c,
	EXIT_STORE = 0x2006, ENTRY_LOAD = 0x200a, LINK = 0x2800,
	PIN = 0x4000, PROC = 0x4002, EXCEPTIONS = 0x4004,
	EXIT_CTL = 0x400c, EXIT_STORE_COUNT = 0x400e, ENTRY_CTL = 0x4012,
	ENTRY_LOAD_COUNT = 0x4014, EVENT = 0x4016, EVENT_CODE = 0x4018, EVENT_LENGTH = 0x401a,
	ERROR = 0x4400, REASON = 0x4402, INTR = 0x4404, INTR_CODE = 0x4406,
	VECTORING = 0x4408, VECTORING_CODE = 0x440a, LENGTH = 0x440c,
	LIMIT_ES = 0x4800, LIMIT_TR = 0x480e, LIMIT_GDTR = 0x4810, LIMIT_IDTR = 0x4812,
	AR_ES = 0x4814, AR_CS = 0x4816, AR_SS = 0x4818, AR_LDTR = 0x4820, AR_TR = 0x4822,
	BLOCKING = 0x4824, ACTIVITY = 0x4826, TIMER = 0x482e,
	QUALIFICATION = 0x6400, G_CR0 = 0x6800, G_CR3 = 0x6802, G_CR4 = 0x6804,
	BASE_TR = 0x6814, BASE_GDTR = 0x6816, BASE_IDTR = 0x6818,
	G_DR7 = 0x681a, RSP = 0x681c, RIP = 0x681e, FLAGS = 0x6820, PENDING_DB = 0x6822,
	H_CR0 = 0x6c00, H_CR3 = 0x6c02, H_CR4 = 0x6c04, H_BASE_TR = 0x6c0a,
	H_BASE_GDTR = 0x6c0c, H_BASE_IDTR = 0x6c0e, H_RIP = 0x6c16,
};

#define PIN_INTR	(1u << 0)
#define PIN_NMI		(1u << 3)
#define PIN_VNMI	(1u << 5)
#define PIN_TIMER	(1u << 6)
#define PROC_INTWIN	(1u << 2)
#define PROC_HLT	(1u << 7)
#define PROC_NMIWIN	(1u << 22)
#define PROC_MTF	(1u << 27)

#define BLOCK_STI	1
#define BLOCK_MOVSS	2
#define BLOCK_NMI	8
#define HALTED		1

#define VALID		(1u << 31)
#define DELIVER_CODE	(1u << 11)
#define INTR_EXT	(0u << 8)
#define INTR_NMI	(2u << 8)
#define INTR_EXCEPTION	(3u << 8)
#define INTR_SOFT	(4u << 8)
#define INTR_INT1	(5u << 8)
#define INTR_INT3	(6u << 8)

#define FAILED		0xffff		/* vtx_run(): the instruction failed */

bool vtx_init(void);
void vtx_write(u64 field, u64 value);
u64 vtx_read(u64 field);
void vtx_set(u64 field, u64 bits);
void vtx_clear(u64 field, u64 bits);

/* A fresh guest, as guest() of svm.h makes it. */
void vtx_guest(const struct guest_code *code);
void vtx_user32(void);
bool vtx_has(u64 field, u32 bit);	/* whether a control may be 1 */
u32 vtx_run(void);			/* the basic exit reason, bit 31 for a failed entry */
void vtx_saw_exit(void);
void vtx_host_open(void);		/* IF=1 for two instructions */

extern const struct probe vtx_probes[];

#endif
