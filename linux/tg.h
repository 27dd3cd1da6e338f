/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the kernel module: what its files share. All of it process context,
 * under tg_lock unless a function says otherwise.
 */
#ifndef TG_LINUX_TG_H
#define TG_LINUX_TG_H

#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <asm/hypervisor.h>
#include <asm/kvm_para.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <trapgate/abi.h>
#include "../core/action.h"
#include "../core/event.h"
#include "../arch/x86/hv.h"

extern struct mutex tg_lock;

/* One open file. */
struct tg_session {
	struct list_head node;
	pid_t owner;
	struct tg_ring **rings;		/* by CPU number; NULL before setup */
	u64 ring_bytes;
	unsigned long globals;		/* of its scripts: a page, or 0 */
	bool immediate;			/* some event asked for it */
	unsigned long waiting_since;	/* jiffies; of the poller */
	wait_queue_head_t wait;
	struct delayed_work poll_work;
};

/* An event and what only the control side needs of it. */
struct tg_control_event {
	struct list_head node;		/* all events, oldest first */
	struct tg_event ev;
	struct tg_event_spec spec;
	struct tg_session *owner;
	u32 off_before;			/* while a change is under way */
};

extern struct list_head tg_events;

/* vmm.c: into operation and out of it. */
int tg_vmm_load(char *reason);
int tg_vmm_unload(void);		/* -ENODEV when not loaded */
bool tg_vmm_loaded(void);
unsigned int tg_vmm_virtualised(void);
struct tg_vcpu *tg_vmm_vcpu(unsigned int cpu);
struct tg_config *tg_vmm_config(void);
u64 tg_vmm_bytes_per_cpu(void);
const char *tg_vmm_backend(void);
const struct tg_hv_ops *tg_vmm_ops(void);	/* of the load that is or was; any context */
int tg_vmm_init(void);
void tg_vmm_exit(void);

/*
 * Makes every CPU act on the set; when it returns, none uses the old one any
 * more. Needs no interrupt of the guest's to work that an event might swallow.
 */
void tg_vmm_publish(const struct tg_evset *set);

/* NULL, or a sentence: a CPU in operation has no means for the post stage. */
const char *tg_vmm_no_post(void);
/* Whether all CPUs in operation look for stalls of swallowed interrupts. */
bool tg_vmm_can_watch(void);

/*
 * Hands the request to that CPU's root mode: 0, an enum tg_inject_error, or -ENXIO when
 * the CPU is not there or not in operation.
 */
int tg_vmm_inject(unsigned int cpu, const struct tg_inject_spec *spec);

/*
 * Runs a script on this CPU, in root mode; *result: as the run ended. -ENODEV where the
 * CPU is not in operation.
 */
long tg_vmm_eval(struct tg_script_eval *eval, struct tg_run *result);

/* main.c: says why in words, in TG_REASON_LEN bytes; returns err. Any context. */
__printf(3, 4) long tg_refuse(char *reason, long err, const char *format, ...);

#define TG_NOT_LOADED "the hypervisor is not loaded: use 'load vmm' first"

/* platform.c: 0, or -errno with the reason in words. Changes nothing. */
int tg_platform_check(const struct tg_hv_ops **ops, char *reason);
/* At load: 0 or -errno. tg_platform_free() takes back what it has allocated. */
int tg_platform_fill(struct tg_platform *p);
void tg_platform_free(struct tg_platform *p);

/*
 * below.c: what was agreed upon with a hypervisor below. The check: 0, or -errno with the
 * reason in words. The other two on the CPU concerned, interrupts off: before it comes under
 * us, and after it has left.
 */
long tg_below_check(char *reason);
void tg_below_enter(struct tg_vcpu *v);
void tg_below_leave(struct tg_vcpu *v);
void tg_below_forget(struct tg_vcpu *v);

/* control.c: events. */
/* actions: of the event, which takes them if it returns 0; or NULL. */
long tg_control_add(struct tg_session *s, struct tg_event_add *a, struct tg_actions *actions);
long tg_control_modify(struct tg_event_modify *m);
long tg_control_query(struct tg_session *s, struct tg_event_query *q);
void tg_control_look(void);		/* does what scripts asked for */
int tg_control_clear_owner(struct tg_session *s);
unsigned int tg_control_count(const struct tg_session *except);
void tg_control_exit(void);
void tg_control_forget(void);		/* after unload: numbers start over */
bool tg_pid_exists(u32 nr);		/* a process, in the first pid namespace */

/* inject.c: injections by the user. */
long tg_inject(struct tg_inject *a);

/* script.c: images. The first two without tg_lock, which they take. */
long tg_script_add(struct tg_session *s, struct tg_event_script *e);
long tg_script_eval(struct tg_session *s, struct tg_eval *e);
void tg_script_free(struct tg_actions *actions);
u32 tg_script_flags(const struct tg_actions *actions);	/* of all together */

/* settings.c */
long tg_settings_set(struct tg_set *set);		/* or get, see abi.h */
long tg_settings_stats(struct tg_stats *t);

/* jit.c: scripts as machine code. */
struct tg_jit_code;
int tg_jit_init(u64 *root_pgd);		/* at load: adds to root mode's tables */
void tg_jit_exit(void);
void tg_jit_switch(bool on);
bool tg_jit_is_on(void);
/* Translates *p and sets p->code; NULL: it is interpreted. */
struct tg_jit_code *tg_jit_make(struct tg_program *p);
void tg_jit_free(struct tg_jit_code *code);	/* root mode must not use it any more */

/* rings.c: by CPU number, NULL for one that is not possible. */
int tg_rings_make(u64 bytes, struct tg_ring ***rings);
void tg_rings_free(struct tg_ring **rings);

/* session.c: rings and their readers. */
int tg_session_rings(struct tg_session *s, u64 bytes);
void tg_session_free_rings(struct tg_session *s);
/* Without tg_lock: under mmap_lock. */
int tg_session_mmap(struct tg_session *s, struct vm_area_struct *vma);
__poll_t tg_session_poll(struct tg_session *s, struct file *file, poll_table *wait);
void tg_session_init(struct tg_session *s);
void tg_session_stop(struct tg_session *s);

/* follow.c: children of followed processes. */
int tg_follow_start(struct tg_event *ev);	/* allocates ev->follow */
void tg_follow_stop(struct tg_event *ev);
int tg_follow_init(void);

#endif
