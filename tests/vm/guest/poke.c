// SPDX-License-Identifier: GPL-2.0
/*
 * Small things the suites need and busybox has not:
 * poke kvm SECONDS	a virtual machine exists that long; 3: KVM is refused
 * poke getppid N	N system calls
 * poke nmis SECONDS	counts cycles with an interrupt (an NMI) each million;
 *			77: no such counter here
 * poke msr CPU		what RDMSR gives for the registers that must not change
 * poke user		what instructions give that only a hypervisor sees
 * poke stage [N]	a byte of the CMOS memory, which outlives the kernel: 0 at
 *			first; how a suite of several boots knows where it is
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "poke.h"

static int do_kvm(long seconds)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm, vcpu;

	if (kvm < 0) {
		perror("poke: /dev/kvm");
		return 1;
	}
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0) {
		fprintf(stderr, "poke: KVM_CREATE_VM: %s\n", strerror(errno));
		return errno == EBUSY || errno == EIO ? 3 : 1;
	}
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (vcpu < 0) {
		perror("poke: KVM_CREATE_VCPU");
		return 1;
	}
	sleep(seconds);
	return 0;
}

static int do_getppid(long n)
{
	while (n--)
		syscall(SYS_getppid);
	return 0;
}

static int do_nmis(long seconds)
{
	struct perf_event_attr a = {
		.type = PERF_TYPE_HARDWARE, .size = sizeof(a),
		.config = PERF_COUNT_HW_CPU_CYCLES, .sample_period = 1000000,
	};
	uint64_t count = 0;
	time_t end;
	int fd = syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);

	if (fd < 0) {
		fprintf(stderr, "poke: no cycle counter: %s\n", strerror(errno));
		return 77;
	}
	end = time(NULL) + seconds;
	while (time(NULL) <= end)
		;
	if (read(fd, &count, 8) != 8 || !count) {
		fprintf(stderr, "poke: the cycle counter does not count\n");
		return 77;
	}
	return 0;
}

#define STAGE	0x4f		/* not used by SeaBIOS or Linux */

static int read_stage(void)
{
	outb(STAGE, 0x70);
	return inb(0x71);
}

/* The kernel's clock driver may come in between: until it stays. */
static int do_stage(long n)
{
	int tries = 100;

	if (ioperm(0x70, 2, 1)) {
		perror("poke: ioperm");
		return 1;
	}
	if (n < 0) {
		n = read_stage();
		while (read_stage() != n)
			n = read_stage();
		printf("%ld\n", n);
		return 0;
	}
	do {
		outb(STAGE, 0x70);
		outb(n, 0x71);
	} while ((read_stage() != n || read_stage() != n) && --tries);
	return tries ? 0 : 1;
}

int main(int argc, char **argv)
{
	long n = argc == 3 ? strtol(argv[2], NULL, 0) : 0;

	if (argc == 3 && !strcmp(argv[1], "kvm"))
		return do_kvm(n);
	if (argc == 3 && !strcmp(argv[1], "getppid"))
		return do_getppid(n);
	if (argc == 3 && !strcmp(argv[1], "nmis"))
		return do_nmis(n);
	if (argc == 3 && !strcmp(argv[1], "msr"))
		return poke_msr(n);
	if (argc == 2 && !strcmp(argv[1], "user"))
		return poke_user();
	if ((argc == 2 || argc == 3) && !strcmp(argv[1], "stage"))
		return do_stage(argc == 3 ? n : -1);
	fprintf(stderr, "usage: poke kvm|getppid|nmis|msr N | user | stage [N]\n");
	return 2;
}
