/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Scripts on the host's side: compile, dump, and run without module or root.
 * doc/script.md is the language. Nothing here prints or exits.
 */
#ifndef TG_LIB_SCRIPT_H
#define TG_LIB_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <trapgate/bytecode.h>

/* ---- diagnostics -------------------------------------------------------------- */

#define TG_DIAGS_MAX	20u

struct tg_diag {
	char *file;
	unsigned int line, column;	/* from 1; column counts bytes */
	unsigned int width;		/* of what is meant, in bytes */
	char *message;
	char *hint;			/* or NULL */
	char *source;			/* the line */
};

/* All that was wrong, up to TG_DIAGS_MAX, in the order of the text. */
struct tg_diags {
	struct tg_diag diag[TG_DIAGS_MAX];
	unsigned int nr;
	bool more;			/* there were others */
};

void tg_diags_free(struct tg_diags *d);
/* "file:line:col: error: text", the line, carets, hint. A new string, or NULL. */
char *tg_diag_text(const struct tg_diag *d);

/* ---- global variables ----------------------------------------------------------- */

/* Names of global variables and their places, which all scripts share. */
struct tg_globals {
	struct tg_global_name {
		char *name;
		uint32_t offset, size;
	} *var;
	unsigned int nr, room;
	uint32_t used;			/* bytes */
};

/* The place of a variable, made if need be; -1: no room, -2: known with another size. */
int tg_globals_place(struct tg_globals *g, const char *name, size_t length, uint32_t size);
void tg_globals_free(struct tg_globals *g);

/* ---- symbols ---------------------------------------------------------------------- */

/*
 * The address of module!name: in the running kernel (nt, kernel, vmlinux), in a
 * module, or, when module has a '/', in that ELF file as its symbol table says.
 * kallsyms: the file to read, NULL for /proc/kallsyms. 0, or -errno and a sentence.
 */
int tg_symbol_find(const char *kallsyms, const char *module, const char *name,
		   uint64_t *value, char *why, size_t why_size);

/* ---- compiling -------------------------------------------------------------------- */

struct tg_script_options {
	const char *name;		/* of the file, for messages and #include */
	const char *text;
	size_t size;
	bool expression;		/* the text is one expression: the run's value */
	const char *const *args;	/* $arg0 ... */
	unsigned int nr_args;
	struct tg_globals *globals;	/* NULL: none from elsewhere */
	const char *kallsyms;		/* see tg_symbol_find() */
};

/*
 * Makes an image, to be freed by the caller. 0; -EINVAL with diags; -ENOMEM, also
 * without. In both cases diags are to be freed.
 */
int tg_script_compile(const struct tg_script_options *o, struct tg_image **image,
		      struct tg_diags *diags);

/* The image as text, one instruction a line; a new string, NULL: no memory. */
char *tg_script_dump(const struct tg_image *image);

/* ---- running on the host ------------------------------------------------------------ */

struct tg_host;

/* Gets what the script prints. */
typedef void (*tg_host_print_fn)(void *ctx, const char *text, size_t size);

/* NULL: no memory. fuel 0: the default. */
struct tg_host *tg_host_new(tg_host_print_fn print, void *ctx);
void tg_host_free(struct tg_host *h);
/* Bytes at a guest-virtual, and the same physical, address. 0 or -errno. */
int tg_host_memory(struct tg_host *h, uint64_t address, const void *data, size_t size,
		   bool writable);
/*
 * A register or pseudo-register by its name in scripts. -EINVAL: no such, or a text;
 * -ERANGE: the value is too large, or not possible there.
 */
int tg_host_set(struct tg_host *h, const char *name, uint64_t value);
int tg_host_get(struct tg_host *h, const char *name, uint64_t *value);
/* Translate to machine code, for what is loaded from now on; it is on at first. */
void tg_host_jit(struct tg_host *h, bool on);
void tg_host_fuel(struct tg_host *h, uint64_t instructions);
/* How long a run may take; 10000 at first. */
void tg_host_time(struct tg_host *h, uint64_t ms);
/* The script's $buffer; NULL, 0: none. */
int tg_host_buffer(struct tg_host *h, size_t size);
/* An 8-byte global variable. */
uint64_t tg_host_global(const struct tg_host *h, uint32_t offset);

struct tg_host_result {
	enum tg_run_error error;
	uint64_t error_value;
	uint64_t value;			/* of an expression */
	const char *file;		/* of the error; in the image, "" when unknown */
	unsigned int line;
	char message[160];		/* "" without error */
};

/*
 * Verifies the image, which the host keeps using, for tg_host_run(). -EINVAL and a
 * sentence when the verifier rejects it; -ENOMEM.
 */
int tg_host_load(struct tg_host *h, struct tg_image *image, char *why, size_t why_size);
void tg_host_run(struct tg_host *h, struct tg_host_result *result);
/* Runs without looking at the result; for measuring. */
void tg_host_run_bare(struct tg_host *h);

#endif
