// SPDX-License-Identifier: GPL-2.0
/* A run and its records in words (test.h). */
#include "backend.h"
#include "text.h"

#define ERROR_CODES	0x60227d00u

bool text_without_rf;

extern const u8 world_stubs[256][16], world_iret[];

void text_add(struct line *l, const char *format, ...)
{
	__builtin_va_list list;

	__builtin_va_start(list, format);
	l->length += lab_vformat(l->text + l->length, TEXT_SIZE - l->length, format, list);
	__builtin_va_end(list);
	if (l->length >= TEXT_SIZE)
		l->length = TEXT_SIZE - 1;
}

static void add_where(struct line *l, u64 rip)
{
	const struct piece *p = world.piece;
	u64 gate = rip - (u64)world_stubs;

	if (rip == world_at(p->insn))
		text_add(l, "insn");
	else if (rip == world_at(p->next))
		text_add(l, "next");
	else if (rip == world_at(p->end))
		text_add(l, "end");
	else if (rip > world_at(p->next) && rip < world_at(p->stop))
		text_add(l, "next+%lu", rip - world_at(p->next));
	else if (rip >= world_at(p->start) && rip < world_at(p->stop))
		text_add(l, "start+%lu", rip - world_at(p->start));
	else if (gate < 4096)
		text_add(l, gate & 15 ? "gate-%02lx+" : "gate-%02lx", gate >> 4);
	else if (rip == (u64)world_iret)
		text_add(l, "iret");
	else if (rip >= LAB_HIGH)
		text_add(l, "handler");
	else
		text_add(l, "%lx", rip);
}

static void add_address(struct line *l, const char *name, u64 a)
{
	if (a == NOWHERE)
		text_add(l, ",%s=nowhere", name);
	else if (a >= AT_IDT && a < AT_IDT + 0x2000)
		text_add(l, ",%s=idt-%02lx%s", name, (a - world.idtr.base) / 16,
			 (a - world.idtr.base) & 15 ? "+8" : "");
	else if (a >= AT_STACK - 0x10000 && a < AT_STACK)
		text_add(l, ",%s=stack-%lx", name, (u64)(AT_STACK - a));
	else
		text_add(l, ",%s=%lx", name, a);
}

static void add_flags(struct line *l, u64 flags, const char *prefix)
{
	static const struct {
		u32 bit;
		const char *name;
	} names[] = {
		{ FL_RF, "rf" }, { FL_TF, "tf" }, { FL_IF, "if" }, { FL_NT, "nt" },
		{ FL_AC, "ac" },
	};
	u32 i;

	for (i = 0; i < TG_ARRAY_SIZE(names); i++)
		if (flags & names[i].bit && !(text_without_rf && names[i].bit == FL_RF))
			text_add(l, ",%s%s", prefix, names[i].name);
}

static void add_rsp(struct line *l, u64 rsp)
{
	long d = rsp - world.rsp;

	if (rsp == NON_CANONICAL)
		text_add(l, ",rsp=noncanonical");
	else if (d > 0)
		text_add(l, ",rsp+%ld", d);
	else if (d < 0)
		text_add(l, ",rsp%ld", d);
}

/* Where the frame should begin, by the gate's IST and the stack it came from. */
static void add_frame(struct line *l, const struct seen *s)
{
	u32 ist = world_gate(s->vector)->ist & 7;
	u64 top = ist ? world_tss.ist[ist - 1] : s->cs & 3 ? world_tss.rsp[0] : s->rsp;
	bool error = s->vector < 32 && (ERROR_CODES >> s->vector & 1);

	if (ist && s->vector != END_VECTOR)
		text_add(l, ",ist%u", ist);
	if (s->frame != (top & ~15ull) - 40 - error * 8)
		text_add(l, ",frame=%lx", s->frame);
}

static void add_seen(struct line *l, const struct seen *s, const struct seen *before)
{
	u64 want_ss = s->cs & 3 ? LAB_USER_DS : LAB_DS;

	add_flags(l, s->flags, "");
	add_flags(l, s->inside & (FL_RF | FL_TF | FL_IF | FL_NT), "gate-");
	if (s->cs == LAB_USER_CS)
		text_add(l, ",u");
	else if (s->cs != LAB_CS)
		text_add(l, ",cs=%lx", s->cs);
	if (s->ss != want_ss)
		text_add(l, ",ss=%lx", s->ss);
	if (s->rip < LAB_HIGH || s->rip == (u64)world_iret || s->rip - (u64)world_stubs < 4096)
		add_rsp(l, s->rsp);
	add_frame(l, s);
	if (s->vector == 14 || s->cr2 != before->cr2)
		add_address(l, "cr2", s->cr2);
	if (s->vector == 1 || s->dr6 != before->dr6)
		text_add(l, ",dr6=%lx", s->dr6);
	if (s->dr7 != before->dr7)
		text_add(l, ",dr7=%lx", s->dr7);
	if (s->spoiled)
		text_add(l, ",spoiled");
}

static void add_left(struct line *l)
{
	u32 v;

	for (v = 0; v < 256; v++)
		if (world.left[v / 32] >> (v % 32) & 1)
			text_add(l, ",left %02x", v);
}

void text_run(struct line *l)
{
	struct seen start = { .cr2 = world.cr2, .dr6 = world.dr6, .dr7 = world.dr7 };
	const struct seen *before = &start, *s;
	u32 i;

	l->length = 0;
	for (i = 0; i < world.nr_seen && i < SEEN_MAX; before = s, i++) {
		s = &world.seen[i];
		text_add(l, "%02lx", s->vector);
		if (s->vector < 32 && (ERROR_CODES >> s->vector & 1))
			text_add(l, "(%lx)", s->error);
		text_add(l, " ");
		add_where(l, s->rip);
		add_seen(l, s, before);
		text_add(l, " ");
	}
	if (world.ending == END_CODE) {
		struct seen end = world.end;

		end.inside = 0;
		text_add(l, "end");
		add_seen(l, &end, before);
	} else {
		text_add(l, world.ending == END_GATE ? "stop" : "fatal");
	}
	if (world.nmi_blocked)
		text_add(l, ",nmi-blocked");
	add_left(l);
	l->text[l->length] = 0;
}

static void add_record(struct line *l, const struct tg_record *r)
{
	static const char types[] = "x?neips?";
	u64 fixed = r->vector == 1 ? 0 : r->address;

	if (l->length)
		text_add(l, " ");
	if (r->kind == TG_REC_NOTE) {
		text_add(l, "note%u %02x", r->note, r->vector);
		return;
	}
	text_add(l, "%02x%c", r->vector, types[r->type & 7]);
	if (r->flags & TG_RECF_ERROR)
		text_add(l, "(%x)", r->error);
	text_add(l, " ");
	add_where(l, r->rip);
	if (r->cpl)
		text_add(l, ",cpl%u", r->cpl);
	if (r->rip < LAB_HIGH || r->rip - (u64)world_stubs < 4096)
		add_rsp(l, r->rsp);
	if (r->flags & TG_RECF_NESTED)
		text_add(l, ",in %02x%c", r->first_vector, types[r->first_type & 7]);
	if (r->flags & TG_RECF_DOUBLE)
		text_add(l, ",df");
	if (r->flags & TG_RECF_DROPPED)
		text_add(l, ",dropped");
	if (r->verdict == TG_SWALLOWED)
		text_add(l, ",swallowed");
	if (r->insn_len)
		text_add(l, ",len%u", r->insn_len);
	if (r->flags & TG_RECF_ADDRESS && fixed)
		add_address(l, "a", fixed);
	else if (r->flags & TG_RECF_ADDRESS && r->vector == 1)
		text_add(l, ",a=%lx", (u64)r->address);
	if (r->stage == TG_STAGE_POST)
		text_add(l, ",post");
	if (r->pid != HOST_PID || r->tid != HOST_TID || r->cpu ||
	    (r->stage != TG_STAGE_PRE && r->stage != TG_STAGE_POST))
		text_add(l, ",task?");
}

void text_records(struct line *l)
{
	const struct tg_cpu *core = &host_vcpu()->core;
	u32 i;

	l->length = 0;
	for (i = 0; i < host_records() && i < HOST_RECORDS; i++)
		add_record(l, host_record(i));
	if (world.ending == END_FATAL) {
		text_add(l, " %s chain", host_vcpu()->departure.what);
		for (i = core->chain_at < 4 ? 0 : core->chain_at - 4; i < core->chain_at; i++)
			text_add(l, " %02x", core->chain[i % 4].vector);
	}
	l->text[l->length] = 0;
}

/* RIGHT is at the alternative's end afterwards. */
static bool is_alternative(const char *text, const char **right)
{
	const char *r = *right;
	bool same = true;

	if ((r[0] == 'A' || r[0] == 'I') && r[1] == ':') {
		same = r[0] == test_backend()->letter;
		r += 2;
	}
	for (;; r++) {
		while (text_without_rf && r[0] == ',' && r[1] == 'r' && r[2] == 'f')
			r += 3;
		if (!*r || *r == '|')
			break;
		if (same && *text == *r)
			text++;
		else
			same = false;
	}
	*right = r;
	return same && !*text;
}

u32 text_alternatives(const char *text, const char *right)
{
	u32 which = 0, n;

	if (!right)
		return ~0u;		/* .check looks */
	for (n = 0;; n++, right++) {
		which |= (u32)is_alternative(text, &right) << n;
		if (!*right)
			return which;
	}
}

bool text_is(const char *text, const char *right)
{
	return text_alternatives(text, right);
}
