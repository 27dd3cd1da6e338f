/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LAB_HALTED_H
#define LAB_HALTED_H

#include "../../core/types.h"

/* RIP behind the HLT in which the last NMI found the guest; 0: it did not stand in one. */
extern u64 halted_at;

/* RIP of the last HLT itself, prefixes and all. */
extern u64 halted_rip;

#endif
