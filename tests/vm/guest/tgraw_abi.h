/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of tgraw abi. */
#ifndef TGRAW_ABI_H
#define TGRAW_ABI_H

#include <stddef.h>

struct raw_dev;

void abi_report(const char *name, int ok, const char *fmt, long a, long b)
	__attribute__((format(printf, 3, 0)));
void abi_expect(const char *name, unsigned long cmd, void *arg, int err);
void abi_expect_reason(const char *name, unsigned long cmd, void *arg,
		       size_t reason_at, int err);
unsigned int abi_nr_events(void);

void abi_unloaded(struct raw_dev *d);
void abi_rings(struct raw_dev *d);
void abi_loaded(struct raw_dev *d, char *ro_page);
void abi_last_close(void);

#endif
