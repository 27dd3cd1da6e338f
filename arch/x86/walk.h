/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading the interrupted guest's memory through its own page tables.
 */
#ifndef TG_ARCH_WALK_H
#define TG_ARCH_WALK_H

#include "vcpu.h"

/*
 * Reads n bytes at a linear address of the address space of cr3 (with CR4 for
 * its depth, 4-level or 5-level paging). The number of bytes read, less than n
 * where the tables end. Root mode; touches neither TLB nor accessed bits.
 */
u32 tg_walk_read(const struct tg_platform *p, u64 cr3, u64 cr4, u64 address, u8 *to, u32 n);

#endif
