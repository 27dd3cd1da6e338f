/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Boot sector of the Bochs machines: loads an uncompressed Linux kernel, its
 * boot_params, command line and initramfs from the disk it sits on, straight
 * to where they belong, and enters the kernel's 64-bit entry point. It replaces
 * CD-ROM, boot loader and decompression, a third of an emulated boot.
 *
 * Sector 1 holds the table made by vm/image.py, 32-bit words: destination,
 * first sector, number of sectors; the row with zero sectors ends it and its
 * destination is the entry point. Runs from reset to Linux, on the boot CPU.
 */
#define TABLE		0x7e00
#define E820_COUNT	0x9000
#define E820_TABLE	0x9010
#define PAGE_TABLES	0x1000		/* PML4, PDPT, 4 page directories */
#define BOOT_PARAMS	0x10000
#define BP_E820_COUNT	0x1e8
#define BP_E820_TABLE	0x2d0

	.code16
	.globl	start
start:	ljmp	$0, $1f
1:	cli
	cld
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	$0x7c00, %sp

	/* Tell vm/run that a boot begins: the second one means the machine died. */
	mov	$hello, %si
	mov	$6, %cx
	mov	$0xe9, %dx
	rep outsb

	xor	%ebx, %ebx
	xor	%bp, %bp
	mov	$E820_TABLE, %di
2:	mov	$0xe820, %eax
	mov	$0x534d4150, %edx
	mov	$20, %ecx
	int	$0x15
	jc	3f
	add	$20, %di
	inc	%bp
	test	%ebx, %ebx
	jnz	2b
3:	mov	%bp, E820_COUNT

	in	$0x92, %al		/* A20 */
	or	$2, %al
	out	%al, $0x92
	lgdt	gdt_pointer
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmp	$8, $protected

	.code32
protected:
	mov	$0x18, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$0x7c00, %esp

	mov	$TABLE, %edi
	mov	$1, %ebx
	mov	$1, %ecx
	call	read
	mov	$TABLE, %esi
4:	lodsl
	mov	%eax, %edi
	lodsl
	mov	%eax, %ebx
	lodsl
	mov	%eax, %ecx
	jecxz	5f
	call	read
	jmp	4b
5:	mov	%edi, %ebp		/* the entry point */

	mov	E820_COUNT, %al
	mov	%al, BOOT_PARAMS + BP_E820_COUNT
	movzbl	%al, %eax
	imul	$5, %eax, %ecx
	mov	$E820_TABLE, %esi
	mov	$BOOT_PARAMS + BP_E820_TABLE, %edi
	rep movsl

	/* The first 4 GiB, one to one, in pages of 2 MiB. */
	mov	$PAGE_TABLES, %edi
	mov	%edi, %cr3
	xor	%eax, %eax
	mov	$0x800, %ecx
	rep stosl
	movl	$PAGE_TABLES + 0x1007, PAGE_TABLES
	mov	$PAGE_TABLES + 0x1000, %edi
	mov	$PAGE_TABLES + 0x2007, %eax
6:	mov	%eax, (%edi)
	add	$8, %edi
	add	$0x1000, %eax
	cmp	$PAGE_TABLES + 0x6007, %eax
	jne	6b
	mov	$PAGE_TABLES + 0x2000, %edi
	mov	$0x87, %eax
7:	mov	%eax, (%edi)
	andl	$0, 4(%edi)
	add	$8, %edi
	add	$0x200000, %eax
	jnc	7b

	mov	$0x20, %eax		/* CR4.PAE */
	mov	%eax, %cr4
	mov	$0xc0000080, %ecx	/* EFER.LME */
	rdmsr
	or	$0x100, %eax
	wrmsr
	mov	%cr0, %eax
	or	$0x80000000, %eax
	mov	%eax, %cr0
	ljmp	$0x10, $long_mode

/* Read ecx sectors from sector ebx to edi: ATA, LBA28, by the CPU. */
read:	push	%ecx
	cmp	$256, %ecx
	jbe	1f
	mov	$256, %ecx
1:	sub	%ecx, (%esp)
	mov	$0x1f2, %edx
	mov	%cl, %al
	out	%al, %dx
	mov	%ebx, %eax
	inc	%edx
	out	%al, %dx
	shr	$8, %eax
	inc	%edx
	out	%al, %dx
	shr	$8, %eax
	inc	%edx
	out	%al, %dx
	shr	$8, %eax
	or	$0xe0, %al
	inc	%edx
	out	%al, %dx
	inc	%edx
	mov	$0x20, %al		/* READ SECTORS */
	out	%al, %dx
	add	%ecx, %ebx
2:	mov	$0x1f7, %edx
3:	in	%dx, %al
	and	$0x88, %al		/* BSY, DRQ */
	cmp	$0x08, %al
	jne	3b
	push	%ecx
	mov	$0x1f0, %edx
	mov	$256, %ecx
	rep insw
	pop	%ecx
	loop	2b
	pop	%ecx
	test	%ecx, %ecx
	jnz	read
	ret

	.code64
long_mode:
	mov	$BOOT_PARAMS, %esi
	mov	%ebp, %eax
	jmp	*%rax

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* 08: 32-bit code */
	.quad	0x00af9b000000ffff	/* 10: 64-bit code, __BOOT_CS */
	.quad	0x00cf93000000ffff	/* 18: data, __BOOT_DS */
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt
hello:	.ascii	"\x1eTGB"
	.word	0

	.org	510
	.word	0xaa55
