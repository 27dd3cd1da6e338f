/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TG_ARCH_APIC_H
#define TG_ARCH_APIC_H

/* Sends an INIT to this CPU: to complete one that was intercepted. Root mode's
 * world or the guest's, interrupts off, out of VMX operation.
 */
void tg_apic_init_self(void);

#endif
