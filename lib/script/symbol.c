// SPDX-License-Identifier: GPL-2.0
/* Addresses of names: the kernel's and its modules' from kallsyms, others' from ELF. */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "script.h"

static bool is_kernel(const char *module)
{
	return !strcmp(module, "nt") || !strcmp(module, "kernel") || !strcmp(module, "vmlinux");
}

/* Modules are written with _ or -. */
static bool same_module(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	return *a == *b;
}

/* "address type name[\t[module]]" */
static bool match_line(char *line, const char *module, const char *name, uint64_t *value)
{
	char *end, *word, *owner;

	*value = strtoull(line, &end, 16);
	if (end == line || strlen(end) < 4)
		return false;
	word = end + 3;			/* a blank, the type, a blank */
	word[strcspn(word, "\n")] = '\0';
	owner = word + strcspn(word, "\t ");
	if (*owner)
		*owner++ = '\0';
	if (strcmp(word, name))
		return false;
	owner += strspn(owner, "[\t ");
	owner[strcspn(owner, "]")] = '\0';
	return is_kernel(module) ? !*owner : *owner && same_module(owner, module);
}

static int find_kallsyms(const char *path, const char *module, const char *name, uint64_t *value,
			 char *why, size_t why_size)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	bool found = false;

	if (!f) {
		snprintf(why, why_size, "cannot read %s: %s", path, strerror(errno));
		return -EIO;
	}
	while (!found && getline(&line, &room, f) > 0)
		found = match_line(line, module, name, value);
	free(line);
	fclose(f);
	if (!found) {
		snprintf(why, why_size, "there is no symbol %s in %s", name,
			 is_kernel(module) ? "the kernel" : module);
		return -ENOENT;
	}
	if (!*value) {
		snprintf(why, why_size, "%s hides addresses from this user: be root", path);
		return -EPERM;
	}
	return 0;
}

static bool find_in_section(Elf *elf, Elf_Scn *section, const char *name, uint64_t *value)
{
	GElf_Shdr header;
	Elf_Data *data = elf_getdata(section, NULL);

	if (!data || !gelf_getshdr(section, &header) || !header.sh_entsize)
		return false;
	for (size_t i = 0; i < header.sh_size / header.sh_entsize; i++) {
		GElf_Sym symbol;
		const char *this;

		if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_shndx == SHN_UNDEF)
			continue;
		this = elf_strptr(elf, header.sh_link, symbol.st_name);
		if (this && !strcmp(this, name)) {
			*value = symbol.st_value;
			return true;
		}
	}
	return false;
}

static bool find_in_elf(Elf *elf, const char *name, uint64_t *value)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) &&
		    (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM) &&
		    find_in_section(elf, section, name, value))
			return true;
	return false;
}

static int find_elf(const char *path, const char *name, uint64_t *value, char *why, size_t why_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = -ENOENT;
	Elf *elf;

	if (fd < 0) {
		rc = -errno;
		snprintf(why, why_size, "cannot read %s: %s", path, strerror(errno));
		return rc;
	}
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF) {
		snprintf(why, why_size, "%s is no ELF file", path);
		rc = -EINVAL;
	} else if (find_in_elf(elf, name, value)) {
		rc = 0;
	} else {
		snprintf(why, why_size, "there is no symbol %s in %s", name, path);
	}
	elf_end(elf);
	close(fd);
	return rc;
}

int tg_symbol_find(const char *kallsyms, const char *module, const char *name, uint64_t *value,
		   char *why, size_t why_size)
{
	*value = 0;
	if (strchr(module, '/'))
		return find_elf(module, name, value, why, why_size);
	return find_kallsyms(kallsyms ? kallsyms : "/proc/kallsyms", module, name, value, why,
			     why_size);
}
