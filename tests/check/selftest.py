# SPDX-License-Identifier: GPL-2.0
"""Does each check catch what it is there for? Bad objects are built, one kind each."""
import os
import subprocess

import objects
import sources

ROOT = '__attribute__((section(".noinstr.text"), noinline)) '
FLAGS = ["-O1", "-c", "-ffreestanding", "-fno-pic", "-fno-pie", "-mcmodel=kernel",
         "-fno-stack-protector", "-fcf-protection=none", "-fno-asynchronous-unwind-tables",
         "-mno-red-zone", "-w"]
GENERAL = ["-mgeneral-regs-only"]
INLINE = ["-mindirect-branch=thunk-inline", "-mfunction-return=keep"]


def in_section(name):
    return ROOT + ('void f(void) { asm volatile(".pushsection %s, \\"a\\"\\n\\t.quad 0\\n\\t'
                   '.popsection"); }' % name)


# (what it is, source, flags, part of the message; None: must pass)
CASES = [
    ("good code", ROOT + "int f(int *a, int (*g)(int)) { return g(*a) + 1; }\n" + ROOT +
     "long h(void) { long v; asm volatile(\"mov %%gs:0, %0\" : \"=r\"(v)); return v; }",
     GENERAL + INLINE, None),
    ("a good table", ROOT + "void f(void) {}\nvoid (*const table[])(void) = { f };", GENERAL, None),
    ("an allowed name", "void tg_host_fatal(void);" + ROOT + "void f(void) { tg_host_fatal(); }",
     GENERAL, None),
    ("code in .text", "int f(void) { return 1; }", GENERAL, "code outside .noinstr.text"),
    ("code in .init.text", '__attribute__((section(".init.text"))) int f(void) { return 1; }',
     GENERAL, "code outside .noinstr.text: 6 bytes in .init.text"),
    ("a call into .text", "static __attribute__((noinline)) int g(int a) { return a * 3; }" +
     ROOT + "int f(int a) { return g(a) + 1; }", GENERAL, "references a function in .text"),
    ("a call of a global in .text", "__attribute__((noinline)) int g(int a) { asm(\"\"); "
     "return a * 3; }" + ROOT + "int f(int a) { return g(a) + 1; }", GENERAL,
     "f() references g in .text"),
    ("a table of .text", "int g(void) { return 3; }\nint (*const table[])(void) = { g };",
     GENERAL, "a table in .rodata references"),
    ("a kernel function", "void _printk(const char *);" + ROOT + 'void f(void) { _printk("x"); }',
     GENERAL, "kernel symbol _printk"),
    ("kernel data", "extern unsigned long jiffies;" + ROOT +
     "unsigned long f(void) { return jiffies; }", GENERAL, "kernel symbol jiffies"),
    ("memset by the compiler", ROOT + "void f(char *p, unsigned long n) "
     "{ __builtin_memset(p, 0, n); }", GENERAL, "kernel symbol memset"),
    ("function tracing", ROOT + "int f(void) { return 1; }", GENERAL + ["-pg", "-mfentry"],
     "__fentry__: built with function tracing"),
    ("room for tracing", ROOT + "int f(void) { return 1; }",
     GENERAL + ["-fpatchable-function-entry=5,0"], "f(): built with function tracing"),
    ("padding before functions", ROOT + "int f(void) { return 1; }",
     GENERAL + ["-fpatchable-function-entry=16,16"], None),
    ("stack protector", ROOT + "int f(int n) { volatile char a[64]; a[n] = 1; return a[3]; }",
     GENERAL + ["-fstack-protector-all"], "built with stack protector"),
    ("retpoline thunk", ROOT + "int f(int (*g)(void)) { return g() + 1; }",
     GENERAL + ["-mindirect-branch=thunk-extern"], "__x86_indirect_thunk"),
    ("return thunk", ROOT + "int f(int a) { return a; }",
     GENERAL + ["-mfunction-return=thunk-extern"], "__x86_return_thunk"),
    ("indirect call", ROOT + "int f(int (*g)(void)) { return g() + 1; }", GENERAL,
     "f(): indirect branch without retpoline"),
    ("indirect jump", ROOT + "int f(int (*g)(void)) { return g(); }", GENERAL + ["-O2"],
     "indirect branch without retpoline"),
    ("SSE", ROOT + "void f(double *p) { *p *= 3; }", [], "SSE, AVX or x87"),
    ("AVX", ROOT + "void f(double *p) { *p *= 3; }", ["-mavx"], "SSE, AVX or x87"),
    ("x87", ROOT + "void f(long double *p) { *p *= *p; }", [], "SSE, AVX or x87"),
    ("fxsave", ROOT + "void f(char *p) { asm volatile(\"fxsave (%0)\" :: \"r\"(p)); }", GENERAL,
     "SSE, AVX or x87"),
    ("another's %gs", ROOT + "long f(void) { long v; asm volatile(\"mov %%gs:0x1234, %0\" : "
     "\"=r\"(v)); return v; }", GENERAL, "%gs access"),
    ("%gs through a register", ROOT + "long f(long *p) { long v; asm volatile("
     "\"mov %%gs:(%1), %0\" : \"=r\"(v) : \"r\"(p)); return v; }", GENERAL, "%gs access"),
    ("%fs", ROOT + "long f(void) { long v; asm volatile(\"mov %%fs:0, %0\" : "
     "\"=r\"(v)); return v; }", GENERAL, "%fs access"),
] + [(f"section {name}", in_section(name), GENERAL, f"section {name}") for name in (
    ".altinstructions", "__jump_table", ".static_call_sites", "__ex_table", ".retpoline_sites",
    ".return_sites", ".smp_locks", "__bug_table", "__mcount_loc")]

SOURCES = [
    ("core/x.c", "// SPDX-License-Identifier: GPL-2.0\nint a;\n", None),
    ("tests/x.sh", "#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0\n", None),
    ("core/x.c", "int a;\n", "no SPDX"),
    ("vm/tool", "#!/bin/sh\ntrue\n", "no SPDX"),
    ("lib/x.h", "/* SPDX-License-Identifier: GPL-2.0 */\n" + "\n" * 700, "701 lines"),
    ("cli/x.c", "// SPDX-License-Identifier: GPL-2.0\nint f(int a)\n{\n" + "\ta++;\n" * 99 +
     "}\n", "line 3: f() has 101 lines"),
    ("cli/x.c", "// SPDX-License-Identifier: GPL-2.0\nint f(int a)\n{\n" + "\ta++;\n" * 98 +
     "}\n", None),
    ("core/x.c", "// SPDX-License-Identifier: GPL-2.0\nint a; \n", "blanks at the end"),
]


def verdict(what, expected, messages):
    if expected is None:
        return [f"self-test: {what}: {m}" for m in messages]
    if any(expected in m for m in messages):
        return []
    return [f"self-test: {what} was not caught ({'; '.join(messages) or 'no message'})"]


def check_two(folder, compiler, allowed, offsets):
    """Root code that calls another object of ours, which is not of root mode."""
    texts = ["int g(int);" + ROOT + "int f(int a) { return g(a) + 1; }",
             "int g(int a) { return a; }",
             ROOT + "int g(int a) { return a; }"]
    built = []
    for i, text in enumerate(texts):
        source, output = (os.path.join(folder, f"two{i}.{end}") for end in "co")
        with open(source, "w", encoding="ascii") as f:
            f.write(text + "\n")
        subprocess.run([compiler] + FLAGS + GENERAL + ["-o", output, source], check=True)
        built.append(objects.Object(output))
    root, kernel, stray = built
    cases = [([root], [kernel], "f() references g in .text"),
             ([root], [stray], "bytes of root code, though"), ([root, stray], [], None)]
    failures = []
    for one, two, expected in cases:
        found = [m for _, m in objects.check(one, two, allowed, offsets)]
        failures += verdict("a second object", expected, found)
    return failures


def run(folder, compiler, allowed, offsets):
    """Failures, as sentences. The folder is for temporary files."""
    failures = []
    core = os.path.join(folder, "core")
    os.mkdir(core)
    for i, (what, text, flags, expected) in enumerate(CASES):
        source, output = os.path.join(core, f"t{i}.c"), os.path.join(core, f"t{i}.o")
        with open(source, "w", encoding="ascii") as f:
            f.write(text + "\n")
        built = subprocess.run([compiler] + FLAGS + flags + ["-o", output, source],
                               capture_output=True, text=True)
        if built.returncode:
            failures.append(f"self-test: {what} does not compile: {built.stderr.strip()}")
            continue
        found = objects.check([objects.Object(output)], [], allowed, offsets)
        failures += verdict(what, expected, [m for _, m in found])
    failures += check_two(folder, compiler, allowed, offsets)
    for name, text, expected in SOURCES:
        failures += verdict(f"{name}, {expected or 'good'}", expected,
                            list(sources.check_file(name, text)))
    return failures
