/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of poke. */
#ifndef POKE_H
#define POKE_H

int poke_msr(int cpu);
int poke_user(void);

#endif
