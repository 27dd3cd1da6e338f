// SPDX-License-Identifier: GPL-2.0
/* Types. Layout is that of the System V ABI for x86-64. */
#include <stdio.h>
#include <string.h>

#include "compile.h"

#define INTEGER(bits, is) \
	{ .kind = TY_INT, .is_signed = is, .size = (bits) / 8, .align = (bits) / 8 }

const struct type type_void = { .kind = TY_VOID };
const struct type type_bool = { .kind = TY_BOOL, .size = 1, .align = 1 };
const struct type type_float = { .kind = TY_FLOAT, .size = 4, .align = 4 };
const struct type type_double = { .kind = TY_FLOAT, .size = 8, .align = 8 };
const struct type type_s8 = INTEGER(8, true), type_u8 = INTEGER(8, false);
const struct type type_s16 = INTEGER(16, true), type_u16 = INTEGER(16, false);
const struct type type_s32 = INTEGER(32, true), type_u32 = INTEGER(32, false);
const struct type type_s64 = INTEGER(64, true), type_u64 = INTEGER(64, false);

const struct type *type_pointer(struct compiler *c, const struct type *base)
{
	struct type *t = NEW(c, type);

	t->kind = TY_POINTER;
	t->size = t->align = 8;
	t->base = base;
	return t;
}

const struct type *type_array(struct compiler *c, const struct type *base, u32 count)
{
	struct type *t = NEW(c, type);

	t->kind = TY_ARRAY;
	t->size = base->size * count;
	t->align = base->align;
	t->base = base;
	t->count = count;
	return t;
}

bool type_same(const struct type *a, const struct type *b)
{
	for (; a != b; a = a->base, b = b->base) {
		if (!a || !b || a->kind != b->kind || a->size != b->size ||
		    a->is_signed != b->is_signed ||
		    a->tag != b->tag || a->count != b->count)
			return false;
		if (!a->base && !b->base)
			return true;
	}
	return true;
}

bool type_is_integer(const struct type *t)
{
	return t->kind == TY_INT || t->kind == TY_BOOL;
}

bool type_is_number(const struct type *t)
{
	return type_is_integer(t) || t->kind == TY_FLOAT;
}

bool type_is_scalar(const struct type *t)
{
	return type_is_number(t) || t->kind == TY_POINTER;
}

static const char *integer_name(const struct type *t)
{
	switch (t->size) {
	case 1:
		return t->is_signed ? "char" : "unsigned char";
	case 2:
		return t->is_signed ? "short" : "unsigned short";
	case 4:
		return t->is_signed ? "int" : "unsigned int";
	default:
		return t->is_signed ? "long" : "unsigned long";
	}
}

static const char *pointer_name(struct compiler *c, const struct type *t)
{
	u32 stars = 0;
	char *text;

	for (; t->kind == TY_POINTER; t = t->base)
		stars++;
	text = arena(c, stars + 1);
	memset(text, '*', stars);
	return arena_printf(c, "%s %s", type_name(c, t), text);
}

const char *type_name(struct compiler *c, const struct type *t)
{
	switch (t->kind) {
	case TY_VOID:
		return "void";
	case TY_BOOL:
		return "bool";
	case TY_INT:
		return integer_name(t);
	case TY_FLOAT:
		return t->size == 4 ? "float" : "double";
	case TY_POINTER:
		return pointer_name(c, t);
	case TY_ARRAY:
		return arena_printf(c, "%s[%x]", type_name(c, t->base), t->count);
	default:
		return arena_printf(c, "struct %.*s", (int)t->tag->name.length, t->tag->name.at);
	}
}

struct member *type_member(const struct type *t, struct text name)
{
	for (struct member *m = t->tag->members; m; m = m->next)
		if (text_same(m->name, name))
			return m;
	return NULL;
}

/* Known or new; incomplete until its members are there. */
struct tag *type_tag(struct compiler *c, struct text name)
{
	struct tag *tag;

	for (tag = c->tags; tag; tag = tag->next)
		if (text_same(tag->name, name))
			return tag;
	tag = NEW(c, tag);
	tag->name = name;
	tag->type.kind = TY_STRUCT;
	tag->type.align = 1;
	tag->type.tag = tag;
	tag->next = c->tags;
	c->tags = tag;
	return tag;
}

/* C11 6.3.1.1 */
const struct type *type_promoted(const struct type *t)
{
	return type_is_integer(t) && t->size < 4 ? &type_s32 : t;
}

/* C11 6.3.1.8 "Usual arithmetic conversions", for numbers */
const struct type *type_common(const struct type *a, const struct type *b)
{
	if (a->kind == TY_FLOAT || b->kind == TY_FLOAT) {
		bool wide = (a->kind == TY_FLOAT && a->size == 8) ||
			    (b->kind == TY_FLOAT && b->size == 8);

		return wide ? &type_double : &type_float;
	}
	a = type_promoted(a);
	b = type_promoted(b);
	if (a->size != b->size)
		return a->size > b->size ? a : b;
	return a->is_signed ? b : a;
}

u64 type_canonical(const struct type *t, u64 value)
{
	unsigned int unused = 64 - 8 * t->size;

	if (t->kind == TY_BOOL)
		return value != 0;
	if (t->kind != TY_INT || !unused)
		return value;
	if (t->is_signed)
		return (u64)((s64)(value << unused) >> unused);
	return value << unused >> unused;
}
