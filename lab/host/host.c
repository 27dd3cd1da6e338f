// SPDX-License-Identifier: GPL-2.0
/* See host.h. One CPU, everything static. */
#include "host.h"
#include "../../core/action.h"
#include "../../core/event.h"

#define APIC_AT		0xffffffff00000000	/* page-table slot 511, 508 */
#define APIC_PHYSICAL	0xfee00000ull
#define PRESENT_RW	3
#define LARGE		0x80
#define MEMORY		0x4000000ull		/* of vm/bare's machines */
#define PTE_MASK	0x000ffffffffff000
#define PGD_SHIFT	39
#define TSC_KHZ		1000000			/* nominal: limits in time are no subject here */
#define RECORD_PAGES	((HOST_RECORDS + TG_RING_PER_PAGE - 1) / TG_RING_PER_PAGE)

/* What a task structure is to the core. */
struct task {
	u32 pid, tgid;
	char comm[16];
};

static struct task task = { HOST_TID, HOST_PID, "lab" };
static void *current_task = &task;

extern u64 lab_pml4[512];
static u64 root_pml4[512] __attribute__((aligned(TG_PAGE)));
static u64 root_tables[512] __attribute__((aligned(TG_PAGE)));
static u64 apic_directory[512] __attribute__((aligned(TG_PAGE)));

static struct tg_platform platform;
static struct tg_vcpu vcpu __attribute__((aligned(TG_PAGE)));
static u8 root_stack[ROOT_STACK_SIZE] __attribute__((aligned(ROOT_STACK_SIZE)));
static u8 backend_pages[TG_PAGES_PER_CPU * TG_PAGE] __attribute__((aligned(TG_PAGE)));
static const struct tg_hv_ops *ops;

static struct tg_ring_head ring_head;
static struct tg_ring_tail ring_tail;
static u8 ring_pages[RECORD_PAGES][TG_RING_PAGE] __attribute__((aligned(TG_PAGE)));
static struct tg_ring *rings[1];
static u64 ring_room[(sizeof(struct tg_ring) + RECORD_PAGES * sizeof(void *)) / 8 + 1];

/* ---- a script that changes nothing ---------------------------------------------- */

#define BACK_GPR(reg)	{ .op = TG_OP_LDR, .b = TG_REG_##reg }, \
			{ .op = TG_OP_STR, .b = TG_REG_##reg }
#define BACK(reg)	{ .op = TG_OP_LDX, .imm = TG_REG_##reg }, \
			{ .op = TG_OP_STX, .imm = TG_REG_##reg }

static const struct tg_insn back_insns[] = {
	BACK_GPR(RAX), BACK_GPR(RCX), BACK_GPR(RBX), BACK_GPR(RBP), BACK_GPR(R8), BACK_GPR(R15),
	BACK(RSP), BACK(RFLAGS), BACK(DR7), BACK(CR0), BACK(SS), { .op = TG_OP_EXIT },
};
static const struct tg_func back_func = { .count = TG_ARRAY_SIZE(back_insns), .regs = 1 };
static const struct tg_image back_image = { .nr_insns = TG_ARRAY_SIZE(back_insns) };
static u64 globals[TG_SCRIPT_GLOBALS_MAX / 8];
static struct tg_script back = {
	.program = { .insns = back_insns, .funcs = &back_func, .image = &back_image },
	.flags = TG_SCRIPT_WRITES, .number = 1,
};
static struct tg_actions back_actions = { .nr = 2, .action = { &back, NULL },
					  .globals = (u8 *)globals };
static struct tg_script_cpu script_cpu;
static const struct tg_ram ram = { 0, MEMORY };

/* Two sets in turns: one is in force while the other is made. */
static struct {
	struct tg_event event[HOST_EVENTS];
	struct tg_event_cpu cpu[HOST_EVENTS];
	struct tg_event *list[HOST_EVENTS * 256];
	u64 set[(sizeof(struct tg_evset) + HOST_EVENTS * sizeof(void *)) / 8 + 1];
} sets[2];
static u32 in_force;

void (*host_on_fatal)(struct tg_vcpu *v);

static struct tg_evset *set_of(u32 which)
{
	return (struct tg_evset *)sets[which].set;
}

/* The upper half as it is, and the APIC's page, which is in the lower one. */
static void root_tables_init(void)
{
	const u64 *high = (const u64 *)((lab_pml4[511] & PTE_MASK) + LAB_HIGH);
	u32 slot = APIC_AT >> 30 & 511, i;

	for (i = 0; i < 512; i++)
		root_tables[i] = high[i];
	apic_directory[0] = APIC_PHYSICAL | LARGE | PRESENT_RW;
	root_tables[slot] = lab_physical(apic_directory) | PRESENT_RW;
	root_pml4[511] = lab_physical(root_tables) | PRESENT_RW;
	/* The running tables, too: the slot is compared (root_is_mapped()). */
	lab_pml4[511] = root_pml4[511];
}

static void platform_init(const struct host_options *options)
{
	platform.core.tsc_khz = TSC_KHZ;
	tg_config_defaults(&platform.core);
	platform.core.swallow_limit = options->swallow_limit;
	platform.core.script_time = 1000;
	platform.core.script_errors = 1000;
	platform.ram = &ram;
	platform.nr_ram = 1;
	platform.core.first_system_vector = 256;
	platform.core.spurious_vector = 256;
	platform.core.syscall_vector = 256;
	platform.core.task_pid = offsetof(struct task, pid);
	platform.core.task_tgid = offsetof(struct task, tgid);
	platform.core.task_comm = offsetof(struct task, comm);
	platform.root_cr3 = lab_physical(root_pml4);
	platform.text_entry = root_pml4[511];
	platform.see_int_n = options->see_int_n;
	platform.apic = (volatile u32 *)APIC_AT;
	platform.direct_map = LAB_HIGH;
	platform.direct_map_size = MEMORY;
	platform.pte_mask = PTE_MASK;
	platform.pgd_shift = PGD_SHIFT;
}

static void ring_init(void)
{
	u32 i;

	rings[0] = (struct tg_ring *)ring_room;
	*rings[0] = (struct tg_ring) {
		.head = &ring_head, .tail = &ring_tail, .capacity = HOST_RECORDS,
		.nr_pages = RECORD_PAGES,
	};
	for (i = 0; i < RECORD_PAGES; i++)
		rings[0]->page[i] = (struct tg_record *)ring_pages[i];
	ring_head = (struct tg_ring_head) { 0 };
	ring_tail.consumer = 0;
}

const char *host_init(const struct host_options *options)
{
	const char *why, *other;

	ops = &tg_svm_ops;
	if (ops->probe(&why)) {
		ops = &tg_vmx_ops;
		if (ops->probe(&other))
			return why;
	}
	/* VMX operation wants it; the guest is to find the same in and out of it. */
	x86_write_cr0(x86_read_cr0() | TGX_CR0_NE);
	root_tables_init();
	platform_init(options);
	tg_root_idt_init(ops->own_tss);
	vcpu.stack = root_stack;
	vcpu.pages = backend_pages;
	vcpu.core.config = &platform.core;
	vcpu.core.current_task = &current_task;
	vcpu.platform = &platform;
	vcpu.gdt_rw = (u64)lab_gdt;
	tg_root_world_init(&vcpu);
	ops->cpu_prepare(&vcpu, backend_pages, lab_physical(backend_pages));
	host_arm(NULL, 0);
	return NULL;
}

const struct tg_hv_ops *host_ops(void)
{
	return ops;
}

struct tg_vcpu *host_vcpu(void)
{
	return &vcpu;
}

void host_see_int_n(bool on)
{
	platform.see_int_n = on;
}

void host_pti(bool on)
{
	platform.pti = on;
}

void host_nested(bool on)
{
	platform.nested = on;
}

long host_hypercall(long call)
{
	return ops->hypercall((enum tg_hypercall)call);
}

bool host_loaded(void)
{
	return vcpu.state == TG_VCPU_IN;
}

static void claim(bool on)
{
	u64 cr4 = x86_read_cr4();

	x86_write_cr4(on ? cr4 | ops->claim_cr4 : cr4 & ~ops->claim_cr4);
}

const char *host_enter(void)
{
	const char *why = ops->in_use();

	if (why)
		return why;
	vcpu.nmi_root = 0;
	vcpu.mce_pending = false;
	vcpu.core = (struct tg_cpu) {
		.config = &platform.core, .current_task = &current_task,
		.evset = set_of(in_force), .wanted = set_of(in_force),
	};
	tg_action_init(&vcpu.core, &script_cpu);
	claim(true);
	why = NULL;
	if (ops->cpu_enter(&vcpu, &why)) {
		claim(false);
		return why ? why : "unknown";
	}
	ops->hypercall(TG_CALL_REARM);
	return NULL;
}

/* Also behind tg_host_fatal(), when it is out of operation already. */
void host_leave(void)
{
	if (vcpu.state == TG_VCPU_IN)
		ops->hypercall(TG_CALL_LEAVE);
	if (ops->cpu_put_back)
		ops->cpu_put_back(&vcpu);
	claim(false);
	vcpu.state = TG_VCPU_OUT;
}

void host_arm(const struct host_event *events, u32 n)
{
	u32 next = !in_force, i;
	struct tg_event *list[HOST_EVENTS];

	ring_init();
	for (i = 0; i < n && i < HOST_EVENTS; i++) {
		sets[next].cpu[i] = (struct tg_event_cpu) { 0 };
		sets[next].event[i] = (struct tg_event) {
			.number = i + 1, .type = events[i].type, .flags = events[i].flags,
			.vector = events[i].vector, .core = TG_ALL, .stage = events[i].stage,
			.rings = rings,
			.cpu = &sets[next].cpu[i],
			.actions = events[i].script ? &back_actions : NULL,
		};
		list[i] = &sets[next].event[i];
	}
	set_of(next)->list = sets[next].list;
	tg_evset_fill(set_of(next), list, i);
	in_force = next;
	tg_store_release(&vcpu.core.wanted, set_of(next));
	if (vcpu.state == TG_VCPU_IN)
		ops->hypercall(TG_CALL_REARM);
}

struct tg_event *host_event(u32 i)
{
	return &sets[in_force].event[i];
}

enum tg_inject_error host_inject(const struct tg_inject_spec *spec)
{
	vcpu.request = *spec;
	return ops->hypercall(TG_CALL_INJECT);
}

u32 host_records(void)
{
	return ring_head.producer;
}

u64 host_lost(void)
{
	return rings[0]->lost;
}

const struct tg_record *host_record(u32 i)
{
	return &rings[0]->page[i / TG_RING_PER_PAGE][i % TG_RING_PER_PAGE];
}

const char *host_broken_rule(u32 i)
{
	return ops->broken_rule(&vcpu, i);
}

const char *host_dump_field(u32 i, u64 *value)
{
	return ops->dump_field(&vcpu, i, value);
}

void host_dump(void)
{
	const struct tg_departure *d = &vcpu.departure;
	const char *name, *words;
	u64 value;
	u32 i;

	lab_print("%s (%lx, %lx)\n", d->what, d->reason, d->qualification);
	for (i = 0; (name = ops->dump_field(&vcpu, i, &value)); i++)
		lab_print("  %-24s %p\n", name, (void *)value);
	for (i = 0; (words = ops->broken_rule(&vcpu, i)); i++)
		lab_print("  broken entry rule: %s\n", words);
}

/* No emulator lacks what is asked for. */
int tg_host_rdmsr(u32 msr, u64 *value)
{
	*value = x86_rdmsr(msr);
	return 0;
}

void tg_host_fatal(struct tg_vcpu *v)
{
	if (host_on_fatal)
		host_on_fatal(v);
	host_dump();
	lab_exit(LAB_UNEXPECTED);
}
