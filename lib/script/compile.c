// SPDX-License-Identifier: GPL-2.0
/*
 * From text to image: source, lexer and parser, check, emit. Any of them gives up by
 * longjmp(), to here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"

static int compile(struct compiler *c, struct tg_image **image)
{
	switch (setjmp(c->give_up)) {
	case 0:
		break;
	case 1:
		return -ENOMEM;
	default:
		return -EINVAL;
	}
	source_add(c, c->o->name, c->o->text, c->o->size);
	parse_script(c);
	if (c->diags->nr)
		return -EINVAL;
	check_script(c);
	return c->diags->nr ? -EINVAL : emit_script(c, image);
}

int tg_script_compile(const struct tg_script_options *o, struct tg_image **image,
		      struct tg_diags *diags)
{
	struct tg_globals own = { 0 };
	struct tg_script_options options = *o;
	struct compiler *c = calloc(1, sizeof(*c));
	struct tg_globals before;
	int rc;

	memset(diags, 0, sizeof(*diags));
	*image = NULL;
	if (!c)
		return -ENOMEM;
	if (!o->globals)
		options.globals = &own;
	before = *options.globals;
	c->o = &options;
	c->diags = diags;
	c->funcs_end = &c->funcs;
	c->main.vars_end = &c->main.vars;
	c->main.result = &type_void;
	rc = compile(c, image);
	if (rc)
		tg_globals_back(options.globals, &before);
	arena_free(c);
	free(c);
	tg_globals_free(&own);
	return rc;
}
