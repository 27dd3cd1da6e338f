// SPDX-License-Identifier: GPL-2.0
/* inject. */
#include <errno.h>
#include <string.h>

#include "session.h"

static json_t *fields_of(const struct tg_inject_spec *spec, __u32 core)
{
	const struct tg_vector *v = tg_vector_find(spec->vector);
	json_t *fields = json_object();

	json_object_set_new(fields, "vector", json_integer(spec->vector));
	if (v)
		json_object_set_new(fields, "name", json_string(v->mnemonic));
	json_object_set_new(fields, "trap_type", json_string(tg_format_type((__u8)spec->type)));
	if (spec->flags & TG_INJECT_F_ERROR)
		json_object_set_new(fields, "error", json_integer(spec->error));
	if (spec->flags & TG_INJECT_F_ADDRESS)
		json_object_set_new(fields, "address", json_address(spec->address));
	if (spec->flags & TG_INJECT_F_PID)
		json_object_set_new(fields, "pid", json_integer(spec->pid));
	json_object_set_new(fields, "core", json_integer(core));
	return fields;
}

int cmd_inject(struct session *s, const struct tg_tokens *tokens, struct tg_error *err)
{
	struct tg_inject_spec spec;
	char text[160], number[48];
	__u32 core;
	int rc = tg_command_inject(tokens, s->radix, &spec, &core, err);

	if (!rc)
		rc = session_ready(s, err);
	if (!rc)
		rc = tg_dev_inject(s->dev, &spec, &core, err);
	if (rc)
		return rc;
	out_message(s, "injected", fields_of(&spec, core), "inject %s core %s",
		    tg_format_inject(&spec, text, sizeof(text)),
		    tg_format_both(core, number, sizeof(number)));
	return 0;
}
