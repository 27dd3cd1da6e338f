/* SPDX-License-Identifier: GPL-2.0 */
#include "memory.h"

OUTPUT_FORMAT("elf64-x86-64")
ENTRY(lab_entry)

PHDRS
{
	all PT_LOAD FLAGS(7);
}

SECTIONS
{
	. = LAB_HIGH + LAB_LOAD;
	lab_entry = _start - LAB_HIGH;
	.text : AT(LAB_LOAD) { *(.text.boot) *(.text .text.*) *(.noinstr.text) } :all
	.rodata : { *(.rodata .rodata.*) }
	.data : { *(.data.tables) *(.data .data.*) }
	__bss_start = .;
	.bss : { *(.bss .bss.* COMMON) }
	. = ALIGN(8);
	__bss_end = .;
	/DISCARD/ : { *(.comment) *(.note*) *(.eh_frame) *(.discard.*) }
}
