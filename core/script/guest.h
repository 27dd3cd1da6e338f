/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that scripts need from outside, besides tg_hw_tsc(): the interrupted
 * guest. Implemented by lib/script/host.c for the command. Called in root mode;
 * none may fault. Errors are enum tg_run_error, TG_ERR_NONE when done.
 */
#ifndef TG_SCRIPT_GUEST_H
#define TG_SCRIPT_GUEST_H

#include "run.h"

u64 tg_hw_tsc(void);

/*
 * Whenever the clock is looked at: the run takes time, and what root mode has kept waiting
 * may come in now.
 */
void tg_guest_let_in(struct tg_run *run);

/*
 * Guest-virtual memory, 1..64 bytes, through the tables of the interrupted space.
 * Reading may call tg_run_page() for the page that it read, if all of it may be
 * read there until the run ends; when it fails it says at which address (tg_run_fail()).
 */
u32 tg_guest_read(struct tg_run *run, u64 address, void *to, u32 size);
u32 tg_guest_write(struct tg_run *run, u64 address, const void *from, u32 size);
/* Guest-physical memory: RAM only. */
u32 tg_guest_read_phys(struct tg_run *run, u64 address, void *to, u32 size);
u32 tg_guest_write_phys(struct tg_run *run, u64 address, const void *from, u32 size);
/* TG_ERR_READ when it is not mapped; TG_ERR_PHYSICAL when no mapping is known. */
u32 tg_guest_to_phys(struct tg_run *run, u64 address, u64 *phys);
u32 tg_guest_to_virt(struct tg_run *run, u64 phys, u64 *address);

/*
 * Registers and values from TG_REG_RIP on, and RSP. Texts are put to the segment
 * TG_SEG_INFO and their address is the value. Setting checks the value.
 */
u32 tg_guest_get(struct tg_run *run, enum tg_reg reg, u64 *value);
u32 tg_guest_set(struct tg_run *run, enum tg_reg reg, u64 value);

/* Text that the script printed; size may be any number of pieces. */
void tg_host_print(struct tg_run *run, const char *text, u32 size);

/* TG_HELPER_PAUSE, _FLUSH, _EVENT_*; arg as the script gave them. */
u32 tg_host_event(struct tg_run *run, enum tg_helper what, const u64 *arg);

#endif
