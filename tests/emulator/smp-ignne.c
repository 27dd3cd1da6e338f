// SPDX-License-Identifier: GPL-2.0
/*
 * A bug of QEMU's TCG (7.2) with two CPUs, shown by Linux' KVM alone: each FLDENV of any
 * CPU reads and writes back the word in which the first CPU's GIF is, without a lock
 * (cpu_clear_ignne() of its fpu_helper.c). CPU 0 runs a KVM guest that loops for ever,
 * left by a timer of 10 kHz; CPU 1 does FNSTENV, and with a second argument FLDENV, too.
 *	gcc -O2 -static -o build/smp-ignne tests/emulator/smp-ignne.c
 *	vm/run --machine qemu-amd --smp 2 --no-module --timeout 45 --allow-warn \
 *		--add build/smp-ignne:/smp-ignne -- "modprobe kvm_amd; /smp-ignne 15 fldenv"
 * ends with time-out (CPU 0 takes no interrupt any more) or a dead machine; without the
 * last word it prints "no hang".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/kvm.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile unsigned long ticks;

static void on_alarm(int sig)
{
	(void)sig;
	ticks++;
}

static void bind_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		perror("sched_setaffinity");
		exit(1);
	}
}

static void other_cpu(bool load)
{
	char env[28];

	bind_to(1);
	for (;;) {
		__asm__ volatile("fnstenv %0" : "=m"(env));
		if (load)
			__asm__ volatile("fldenv %0" : : "m"(env));
	}
}

static int guest(void)
{
	int kvm = open("/dev/kvm", O_RDWR), vm = ioctl(kvm, KVM_CREATE_VM, 0), cpu;
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = { .memory_size = 4096,
						      .userspace_addr = (unsigned long)memory };
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;

	if (kvm < 0 || vm < 0) {
		perror("KVM");
		exit(1);
	}
	memcpy(memory, "\xeb\xfe", 2);			/* jmp . */
	ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
	cpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	ioctl(cpu, KVM_GET_SREGS, &sregs);
	sregs.cs.base = sregs.cs.selector = 0;
	ioctl(cpu, KVM_SET_SREGS, &sregs);
	ioctl(cpu, KVM_SET_REGS, &regs);
	return cpu;
}

int main(int argc, char **argv)
{
	struct itimerval timer = { { 0, 100 }, { 0, 100 } };
	struct sigaction act = { .sa_handler = on_alarm };
	time_t end;
	int cpu;

	if (argc < 2)
		return 2;
	if (!fork())
		other_cpu(argc > 2);
	bind_to(0);
	cpu = guest();
	mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	for (end = time(NULL) + atoi(argv[1]); time(NULL) < end;)
		ioctl(cpu, KVM_RUN, 0);
	printf("no hang, %lu ticks\n", ticks);
	fflush(stdout);
	kill(0, SIGTERM);
	return 0;
}
