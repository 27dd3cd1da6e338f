// SPDX-License-Identifier: GPL-2.0
/*
 * Scripts that user space hands over: copied, verified, and only then given to root
 * mode, in memory of the direct map. Process context. User memory is touched without
 * tg_lock: a fault may take as long as who serves it likes, and takes mmap_lock.
 */
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include "../core/script/verify.h"
#include "tg.h"

/* ---- one image ------------------------------------------------------------------- */

/* A script, and what root mode does not look at. */
struct loaded {
	struct tg_script s;
	struct tg_jit_code *code;
};

static void script_free(struct tg_script *s)
{
	struct loaded *l = container_of(s, struct loaded, s);

	if (!s)
		return;
	tg_jit_free(l->code);
	kfree(s->program.image);
	kfree(l);
}

/* What the control side must know before it runs. */
static u32 find_flags(const struct tg_program *p)
{
	u32 i, flags = 0;

	for (i = 0; i < p->image->nr_insns; i++) {
		const struct tg_insn *insn = &p->insns[i];

		if (insn->op == TG_OP_STR || insn->op == TG_OP_STX)
			flags |= TG_SCRIPT_WRITES;
		if (insn->op != TG_OP_HELPER)
			continue;
		if (insn->imm == TG_HELPER_EVENT_SC)
			flags |= TG_SCRIPT_SC;
		if (insn->imm == TG_HELPER_EVENT_ENABLE || insn->imm == TG_HELPER_EVENT_DISABLE ||
		    insn->imm == TG_HELPER_EVENT_CLEAR)
			flags |= TG_SCRIPT_EVENTS;
	}
	return flags;
}

static long script_verify(struct tg_script *s, void *image, u32 size, char *reason)
{
	struct tg_verify_work *work = vmalloc(sizeof(*work));
	enum tg_reject reject;
	u32 insn;

	if (!work)
		return -ENOMEM;
	reject = tg_script_verify(image, size, &s->program, work, &insn);
	vfree(work);
	s->program.image = image;	/* also where it was not taken apart */
	if (reject)
		return tg_refuse(reason, -EINVAL, "script %u is refused at instruction %u: %s",
			      s->number, insn, tg_script_reject_text(reject));
	s->flags = find_flags(&s->program);
	return 0;
}

/* An image at most takes 1 MiB, which kmalloc can give. Without tg_lock. */
static long script_load(struct tg_script **out, u64 address, u32 size, u32 number, char *reason)
{
	struct loaded *l;
	struct tg_script *s;
	void *image;
	long err;

	if (size < sizeof(struct tg_image) || size > TG_SCRIPT_IMAGE_MAX)
		return tg_refuse(reason, -EINVAL, "script %u has %u bytes, not %zu to %u", number,
				 size, sizeof(struct tg_image), TG_SCRIPT_IMAGE_MAX);
	image = kmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	l = kzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);
	if (!l || !image) {
		kfree(image);
		kfree(l);
		return -ENOMEM;
	}
	s = &l->s;
	s->number = number;
	s->program.image = image;
	if (copy_from_user(image, u64_to_user_ptr(address), size))
		err = tg_refuse(reason, -EFAULT, "script %u cannot be read", number);
	else
		err = script_verify(s, image, size, reason);
	if (err) {
		script_free(s);
		return err;
	}
	*out = s;
	return 0;
}

/* Under tg_lock. */
static void script_translate(struct tg_script *s)
{
	struct loaded *l = container_of(s, struct loaded, s);

	if (s)
		l->code = tg_jit_make(&s->program);
}

/* ---- the actions of an event ------------------------------------------------------- */

void tg_script_free(struct tg_actions *a)
{
	u32 i;

	if (!a)
		return;
	script_free(a->when);
	for (i = 0; i < a->nr; i++)
		script_free(a->action[i]);
	kfree(a->buffer);
	kfree(a);
}

u32 tg_script_flags(const struct tg_actions *a)
{
	u32 i, flags = 0;

	if (!a)
		return 0;
	if (a->when)
		flags |= a->when->flags;
	for (i = 0; i < a->nr; i++)
		if (a->action[i])
			flags |= a->action[i]->flags;
	return flags;
}

static long check_action(const struct tg_action_spec *spec, bool is_when, char *reason)
{
	if (is_when && !spec->action && !spec->size && !spec->image)
		return 0;
	if (!is_when && spec->action == TG_ACTION_TRACE && !spec->size && !spec->image)
		return 0;
	if (spec->action == TG_ACTION_SCRIPT)
		return 0;
	return tg_refuse(reason, -EINVAL, "the action is unknown, or a trace has an image");
}

static long check_actions(const struct tg_event_script *e, char *reason)
{
	long err = check_action(&e->when, true, reason);
	u32 i, traces = 0;

	if (e->nr_actions < 1 || e->nr_actions > TG_ACTIONS_MAX)
		return tg_refuse(reason, -EINVAL, "an event has 1 to %u actions", TG_ACTIONS_MAX);
	if (e->buffer % 8 || e->buffer > TG_SCRIPT_BUFFER_MAX)
		return tg_refuse(reason, -EINVAL,
				 "the size of a buffer is a multiple of 8, at most 0x%x",
				 TG_SCRIPT_BUFFER_MAX);
	for (i = 0; !err && i < e->nr_actions; i++) {
		err = check_action(&e->action[i], false, reason);
		traces += e->action[i].action == TG_ACTION_TRACE;
	}
	if (!err && traces > 1)		/* root mode keeps one, to say in it who swallowed */
		return tg_refuse(reason, -EINVAL,
				 "an event has one trace at most: TRACE is given twice");
	for (; !err && i < TG_ACTIONS_MAX; i++)
		if (e->action[i].action || e->action[i].size || e->action[i].image)
			err = tg_refuse(reason, -EINVAL,
					"there are more actions than nr_actions says");
	return err;
}

static long session_globals(struct tg_session *s)
{
	BUILD_BUG_ON(TG_SCRIPT_GLOBALS_MAX > PAGE_SIZE);
	if (!s->globals)
		s->globals = get_zeroed_page(GFP_KERNEL_ACCOUNT);
	return s->globals ? 0 : -ENOMEM;
}

static long actions_load(struct tg_actions *a, const struct tg_event_script *e, char *reason)
{
	long err = 0;

	if (e->when.action)
		err = script_load(&a->when, e->when.image, e->when.size, 0, reason);
	for (; !err && a->nr < e->nr_actions; a->nr++)
		if (e->action[a->nr].action == TG_ACTION_SCRIPT)
			err = script_load(&a->action[a->nr], e->action[a->nr].image,
					  e->action[a->nr].size, a->nr + 1, reason);
	if (err || !e->buffer)
		return err;
	a->buffer = kzalloc(e->buffer, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	a->buffer_size = e->buffer;
	return a->buffer ? 0 : -ENOMEM;
}

/* Under tg_lock, with everything copied. */
static long actions_add(struct tg_session *s, struct tg_event_script *e, struct tg_actions *a)
{
	long err = session_globals(s);
	u32 i;

	if (err)
		return err;
	a->globals = (u8 *)s->globals;
	script_translate(a->when);
	for (i = 0; i < a->nr; i++)
		script_translate(a->action[i]);
	return tg_control_add(s, &e->add, a);
}

long tg_script_add(struct tg_session *s, struct tg_event_script *e)
{
	struct tg_actions *a;
	long err;

	if (e->add.spec.action != TG_ACTION_SCRIPT)
		return tg_refuse(e->add.reason, -EINVAL, "EVENT_SCRIPT needs the action SCRIPT");
	err = check_actions(e, e->add.reason);
	if (err)
		return err;
	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return -ENOMEM;
	err = actions_load(a, e, e->add.reason);
	mutex_lock(&tg_lock);
	if (!err)
		err = actions_add(s, e, a);
	if (err)
		tg_script_free(a);
	mutex_unlock(&tg_lock);
	return err;
}

/* ---- without an event ----------------------------------------------------------------- */

static long eval_run(struct tg_eval *e, struct tg_script_eval *eval)
{
	struct tg_run *run = kmalloc(sizeof(*run), GFP_KERNEL);
	long err = run ? tg_vmm_eval(eval, run) : -ENOMEM;

	if (!err) {
		e->value = run->value;
		e->error = run->error;
		e->error_value = run->error_value;
		e->line = run->error ? tg_script_line(&eval->script->program, run->error_insn) : 0;
		e->text_lost = eval->lost;
		e->text_size = eval->used;
	}
	kfree(run);
	return err;
}

static long eval_locked(struct tg_session *s, struct tg_eval *e, struct tg_script_eval *eval)
{
	long err;

	mutex_lock(&tg_lock);
	if (!tg_vmm_loaded())
		err = tg_refuse(e->reason, -ENODEV, TG_NOT_LOADED);
	else
		err = session_globals(s);
	if (!err) {
		eval->globals = (u8 *)s->globals;
		err = eval_run(e, eval);
		if (eval->script->flags & TG_SCRIPT_EVENTS)
			tg_control_look();
	}
	mutex_unlock(&tg_lock);
	return err;
}

static long eval_script(struct tg_session *s, struct tg_eval *e, struct tg_script *script)
{
	/* Not on the stack, which root mode must not touch: it is vmalloc's. */
	struct tg_script_eval *eval = kzalloc(sizeof(*eval), GFP_KERNEL);
	long err = -ENOMEM;

	if (script->flags & TG_SCRIPT_WRITES) {
		err = tg_refuse(e->reason, -EINVAL,
			     "only an event can set registers: here they are the kernel's own");
	} else if (eval) {
		eval->script = script;
		eval->size = e->text_size;
		eval->text = kmalloc(eval->size ?: 1, GFP_KERNEL);
		if (eval->text)
			err = eval_locked(s, e, eval);
		if (!err && copy_to_user(u64_to_user_ptr(e->text), eval->text, eval->used))
			err = -EFAULT;
		kfree(eval->text);
	}
	kfree(eval);
	return err;
}

/* Interpreted: translating takes longer than one run, and an address of jit.c's for ever. */
long tg_script_eval(struct tg_session *s, struct tg_eval *e)
{
	struct tg_script *script;
	long err;

	if (e->flags || e->reserved)
		return tg_refuse(e->reason, -EINVAL, "unknown flags, or reserved members set");
	if (e->text_size > TG_EVAL_TEXT_MAX)
		return tg_refuse(e->reason, -EINVAL, "the text has more than 0x%x bytes",
				 TG_EVAL_TEXT_MAX);
	err = script_load(&script, e->image, e->image_size, 0, e->reason);
	if (err)
		return err;
	err = eval_script(s, e, script);
	script_free(script);
	return err;
}
