// SPDX-License-Identifier: GPL-2.0
/*
 * The last words. Runs in the kernel's world after a CPU had to leave, on root
 * mode's stack, interrupts off, whatever the guest was doing: locks may be held.
 */
#include <linux/kernel.h>
#include <linux/printk.h>
#include "tg.h"

static const char *type_name(u8 type)
{
#define TYPE_WORD(name, number, word) [number] = word,
	static const char *const names[8] = { TG_TRAP_TYPES(TYPE_WORD) };

	return names[type & 7] ?: "?";
}

static void print_dump(struct tg_vcpu *v)
{
	const struct tg_hv_ops *ops = tg_vmm_ops();
	const char *name, *words;
	u64 value;
	u32 i;

	for (i = 0; (name = ops->dump_field(v, i, &value)); i++)
		pr_emerg("trapgate:   %-20s %016llx\n", name, value);
	for (i = 0; i < 16; i++)
		pr_emerg("trapgate:   GPR %2u (rax rcx rdx rbx rsp rbp rsi rdi r8-r15) %016llx\n",
			 i, v->reg[i]);
	for (i = 0; i < ARRAY_SIZE(v->core.chain); i++) {
		const struct tg_flight *f =
			&v->core.chain[(v->core.chain_at + i) % ARRAY_SIZE(v->core.chain)];

		pr_emerg("trapgate:   injected before (%u of 4): vector %02x, %s, error %x\n",
			 i + 1, f->vector, type_name(f->type), f->error);
	}
	for (i = 0; (words = ops->broken_rule(v, i)); i++)
		pr_emerg("trapgate:   broken entry rule: %s\n", words);
}

/* As the shutdown would have been: no IDT, and an exception. */
static void __noreturn reset(void)
{
	struct x86_dtr none = { 0, 0 };

	for (;;) {
		x86_lidt(&none);
		asm volatile("int3");
	}
}

void __noreturn tg_host_fatal(struct tg_vcpu *v)
{
	struct tg_departure *d = &v->departure;

	pr_emerg("trapgate: CPU %u: %s (%llx, %llx)\n", v->core.id, d->what, d->reason,
		 d->qualification);
	print_dump(v);
	if (d->triple) {
		pr_emerg("trapgate: resetting the machine, as the processor would have done\n");
		reset();
	}
	panic("trapgate: CPU %u: %s", v->core.id, d->what);
}
