// SPDX-License-Identifier: GPL-2.0
/*
 * Translated scripts: pages of the kernel's, which are data there (writable, not
 * executable), and in root mode's own tables executable, not writable, at addresses
 * within reach of the module's code. Process context, under tg_lock.
 *
 * The place is the hole that the kernel leaves below its image (its "Documentation/
 * x86/x86_64/mm.rst": unused). Root mode has copies of the tables above it, whose
 * other entries the kernel made at boot and never changes. An address is used once in
 * a load, so no processor can know an old translation of it.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/pgtable.h>
#include "../core/script/jit.h"
#include "tg.h"

#define JIT_START	0xffffffff70000000ul	/* 256 MiB, to the kernel's image */
#define JIT_END		0xffffffff7ff00000ul
#define ENTRIES		512u
#define TABLE		(_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY)
#define CODE		(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_DIRTY)
#define REACH		0x7f000000l

static struct {
	u64 *pmd;			/* of the whole hole; NULL: not loaded */
	u64 *table[4];			/* our copies above it, and the pmd */
	u64 *pte[ENTRIES];
	unsigned long next;
	bool on;
} jit = { .on = TG_DEFAULT_JIT };

struct tg_jit_code {
	unsigned long start;
	u32 nr, size;
	struct page *page[];
};

void tg_jit_switch(bool on)
{
	jit.on = on;
}

bool tg_jit_is_on(void)
{
	return jit.on;
}

/* Replaces an entry by a copy of the table it points to; returns the copy. */
static u64 *own_copy(u64 *entry, u64 **keep)
{
	u64 *copy = (u64 *)get_zeroed_page(GFP_KERNEL);

	if (!copy)
		return NULL;
	if (*entry & _PAGE_PRESENT)
		memcpy(copy, __va(*entry & PTE_PFN_MASK & ~sme_me_mask), PAGE_SIZE);
	*entry = __sme_pa(copy) | TABLE;
	*keep = copy;
	return copy;
}

static unsigned int slot(unsigned int shift)
{
	return JIT_START >> shift & (ENTRIES - 1);
}

void tg_jit_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(jit.table); i++) {
		free_page((unsigned long)jit.table[i]);
		jit.table[i] = NULL;
	}
	for (i = 0; i < ENTRIES; i++) {
		free_page((unsigned long)jit.pte[i]);
		jit.pte[i] = NULL;
	}
	jit.pmd = NULL;
}

int tg_jit_init(u64 *root_pgd)
{
	u64 *table = root_pgd;

	jit.next = JIT_START;
	table = own_copy(&table[slot(PGDIR_SHIFT)], &jit.table[0]);
	if (table && pgtable_l5_enabled())
		table = own_copy(&table[slot(P4D_SHIFT)], &jit.table[1]);
	if (!table)
		goto err;
	/* Not what was expected there: scripts are interpreted. */
	if (table[slot(PUD_SHIFT)] & _PAGE_PRESENT)
		return 0;
	jit.pmd = own_copy(&table[slot(PUD_SHIFT)], &jit.table[2]);
	if (jit.pmd)
		return 0;
err:
	tg_jit_exit();
	return -ENOMEM;
}

static u64 *pte_of(unsigned long at)
{
	unsigned int i = at >> PMD_SHIFT & (ENTRIES - 1);

	if (!jit.pte[i]) {
		jit.pte[i] = (u64 *)get_zeroed_page(GFP_KERNEL);
		if (!jit.pte[i])
			return NULL;
		WRITE_ONCE(jit.pmd[i], __sme_pa(jit.pte[i]) | TABLE);
	}
	return &jit.pte[i][at >> PAGE_SHIFT & (ENTRIES - 1)];
}

void tg_jit_free(struct tg_jit_code *c)
{
	u32 i;

	if (!c)
		return;
	for (i = 0; i < c->nr; i++) {
		unsigned long at = c->start + i * PAGE_SIZE;

		if (jit.pmd && jit.pte[at >> PMD_SHIFT & (ENTRIES - 1)])
			WRITE_ONCE(*pte_of(at), 0);
		if (c->page[i])
			__free_page(c->page[i]);
	}
	kfree(c);
}

/* The pages, with what is in text, executable for root mode. */
static struct tg_jit_code *map_code(const u8 *text, u32 size)
{
	u32 nr = DIV_ROUND_UP(size, PAGE_SIZE), i;
	struct tg_jit_code *c = kzalloc(struct_size(c, page, nr), GFP_KERNEL_ACCOUNT);

	if (!c)
		return NULL;
	c->start = jit.next;
	c->size = size;
	/*
	 * A page between two: nothing runs from one into the next. Also where it fails: what
	 * was mapped for a moment is not mapped otherwise later.
	 */
	jit.next += (nr + 1) * PAGE_SIZE;
	for (i = 0; i < nr; i++) {
		u64 *pte = pte_of(c->start + i * PAGE_SIZE);

		c->page[i] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		c->nr = i + 1;
		if (!pte || !c->page[i])
			goto err;
		memset(page_address(c->page[i]), 0xcc, PAGE_SIZE);
		memcpy(page_address(c->page[i]), text + i * PAGE_SIZE,
		       min_t(u32, PAGE_SIZE, size - i * PAGE_SIZE));
		WRITE_ONCE(*pte, __sme_pa(page_address(c->page[i])) | CODE);
	}
	return c;
err:
	tg_jit_free(c);
	return NULL;
}

static struct tg_jit_code *translate(struct tg_program *p, struct tg_jit_work *work)
{
	u32 size = tg_jit_translate(p, NULL, 0, 0, work);
	struct tg_jit_code *c = NULL;
	u8 *text;

	if (!size || jit.next >= JIT_END || size > JIT_END - jit.next)
		return NULL;
	text = vmalloc(size);
	if (text && tg_jit_translate(p, text, jit.next, size, work) == size)
		c = map_code(text, size);
	vfree(text);
	return c;
}

struct tg_jit_code *tg_jit_make(struct tg_program *p)
{
	long distance = (unsigned long)tg_script_run - JIT_START;
	struct tg_jit_code *c;
	struct tg_jit_work *work;

	if (!jit.on || !jit.pmd || distance > REACH || distance < 0)
		return NULL;
	work = vmalloc(sizeof(*work));
	if (!work)
		return NULL;
	c = translate(p, work);
	if (c)
		tg_jit_use(p, c->start, c->size, work);
	vfree(work);
	return c;
}
