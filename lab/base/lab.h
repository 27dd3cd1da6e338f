/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bare-metal 64-bit program on one CPU: what it finds when lab_main() runs.
 * GDT with Linux' selectors, TSS whose IST stacks serve NMI (1), #DF (2) and
 * #MC (3), IDT with 256 gates, the 8259s masked, local APIC enabled, IF=0.
 */
#ifndef LAB_H
#define LAB_H

#include "memory.h"
#include "../../core/types.h"

#define LAB_BAD_ARGUMENT	2
#define LAB_UNEXPECTED		3	/* an exception nobody asked for */

struct lab_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 di, si, bp, bx, dx, cx, ax;
	u64 vector, error;
	u64 rip, cs, flags, rsp, ss;
};

struct lab_gate {
	u16 offset_low, selector;
	u8 ist, type;			/* type: 0x8e interrupt gate, 0xee for DPL 3 */
	u16 offset_middle;
	u32 offset_high, reserved;
};

struct lab_descriptor_table {
	u16 limit;
	u64 base;
} __attribute__((packed));

struct lab_tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];			/* IST 1 is ist[0] */
	u64 reserved2;
	u16 reserved3, io_map;
} __attribute__((packed));

typedef void (*lab_handler)(struct lab_frame *frame);

/* The program's own; its value ends the machine as its exit status. */
int lab_main(const char *arguments);

/* console.c: to the debug port, in the frames of vm/run. */
int lab_vformat(char *to, size_t size, const char *format, __builtin_va_list list);
int lab_format(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void lab_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void lab_exit(int status) __attribute__((noreturn));

/* idt.c; without a handler an exception ends the program, an interrupt is only counted. */
extern u64 lab_count[256];
extern lab_handler lab_handlers[256];
void lab_idt_init(void);
void lab_gate_set(struct lab_gate *gate, u64 address, u16 selector, u8 type, u8 ist);

/* start.c */
extern u64 lab_gdt[10];
extern struct lab_tss lab_tss;
void lab_tss_descriptor(u64 descriptor[2], const struct lab_tss *tss);

/* apic.c; xAPIC mode. The register is its offset in the page, /16. */
void lab_apic_init(void);
u32 lab_apic_read(u32 reg);
void lab_apic_write(u32 reg, u32 value);
void lab_apic_eoi(void);
void lab_apic_send_self(u8 vector);	/* a fixed interrupt */
void lab_apic_send_self_nmi(void);

/* string.c */
int lab_strcmp(const char *a, const char *b);
size_t lab_strlen(const char *s);

static inline u64 lab_physical(const void *p)
{
	return (u64)p - LAB_HIGH;
}

static inline void lab_out8(u16 port, u8 v)
{
	asm volatile("out %0, %1" : : "a"(v), "Nd"(port));
}

static inline u8 lab_in8(u16 port)
{
	u8 v;

	asm volatile("in %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline u64 lab_rdmsr(u32 msr)
{
	u32 lo, hi;

	asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
	return (u64)hi << 32 | lo;
}

static inline void lab_wrmsr(u32 msr, u64 v)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}

/* lab_read_cr0(), lab_write_cr0() and so on. */
#define LAB_CONTROL_REGISTER(name)						\
static inline u64 lab_read_##name(void)						\
{										\
	u64 v;									\
										\
	asm volatile("mov %%" #name ", %0" : "=r"(v) : : "memory");		\
	return v;								\
}										\
										\
static inline void lab_write_##name(u64 v)					\
{										\
	asm volatile("mov %0, %%" #name : : "r"(v) : "memory");			\
}
LAB_CONTROL_REGISTER(cr0)
LAB_CONTROL_REGISTER(cr2)
LAB_CONTROL_REGISTER(cr3)
LAB_CONTROL_REGISTER(cr4)
#undef LAB_CONTROL_REGISTER

#endif
