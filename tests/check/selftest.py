# SPDX-License-Identifier: GPL-2.0
"""Does each check catch what it is there for? Bad objects are built, one kind each."""
import os
import subprocess

import objects
import sources
import words

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

# What the texts of WORDS may name.
WORLD = {
    "core/a.h": "struct tg_real;\n#define TG_REAL 1\n#define ROW(name) TG_KIND_##name,\n"
                "#define ROWS(X) X(ONE) X(TWO, 2)\nint real(void);\n",
    "core/a.S": "tg_label:\n",
    "doc/a.md": "# Title\n\n## The `real()` limit\n\n## Next\n\n## Next\n",
    "lab/tools/rules": "# ID and rule\nINJ-RF\tthe flag\nINJ-CR2\tthe address\n",
    "tests/x.tar.xz": None,
}


def lines_of(*lengths):
    """Sentences of so many words, a line each."""
    return "".join(" ".join(["a"] * n) + ".\n" for n in lengths)


# (name, text, part of the message; None: must pass)
WORDS = [
    # names of files
    ("core/x.c", "/* core/a.h, a.h, a.[hS], core/*.S, core/a.{h,S}, `core/`; build/x.c, NAME.c,\n"
     " * x.c; <linux/no.h>, $(NO)/no.c, /no.c, e.g. and/or no.5 */\n"
     "char *s = \"/* no.c */\";\n", None),
    ("core/x.c", "/*\n * See no.c.\n */\n", "line 2: no.c: no such file"),
    ("core/x.c", "int a;\n// a\n// `core/no.h`\n", "line 3: core/no.h: no such file"),
    ("core/x.S", "\tnop\t/* doc/a.h */\n", "doc/a.h: no such file"),
    ("core/x.h", "/* x.{h,S} */\n", "x.{h,S}: no such file"),
    ("core/x.h", "/* b*.h */\n", "b*.h: no such file"),
    ("core/x.h", "/* core/no */\n", "core/no: no such file"),
    ("core/x.h", "/* `no/` and core/no/ */\n", "core/no/: no such file"),
    ("doc/x.md", "`tools/no`\n", "tools/no: no such file"),
    ("doc/x.md", "`rules` in **core/a.h** and `../core/a.h` and `tools/rules`.\n", None),
    ("doc/x.md", "    lab/no a\n", "lab/no: no such file"),
    ("vm/x.sh", "echo '# no.c' \"# $# no.c\" # a.h\n", None),
    ("vm/x.sh", "echo '#' # no.py\n", "no.py: no such file"),
    ("vm/x", "#!/bin/sh\n# no.sh\n", "line 2: no.sh: no such file"),
    ("vm/x.py", "#!/usr/bin/python3\na = 1    # no.mk\n", "line 2: no.mk: no such file"),
    ("vm/x.py", "def f():\n    \"\"\"Does.\n\n    See no.md.\n    \"\"\"\n", "line 4: no.md"),
    ("vm/x.py", "a = \"\"\"\nno.c, no(), TG_NO\n\"\"\"\n", None),
    ("vm/x.sh", "echo see doc/no.md\n", "doc/no.md: no such file"),
    ("Makefile", "# no.h\nall: no.c\n", "line 1: no.h"),
    ("vm/x.1", ".\\\" The page\n.BR core/no.h ,\n", "line 2: core/no.h"),
    # sections and links
    ("core/x.c", "/* doc/a.md, \"The real()\n * limit\" and \"Next\"; a.md, \"Title\" */\n", None),
    ("core/x.c", "/*\n * (doc/a.md,\n * \"Gone\") */\n",
     "line 3: doc/a.md has no section \"Gone\""),
    ("core/x.c", "/* doc/a.md, \"Next\", \"Gone\" */\n", "has no section \"Gone\""),
    ("doc/x.md", "See `doc/a.md` (\"Gone\").\n", "has no section \"Gone\""),
    ("doc/x.md", "See `doc/no.md`, \"Gone\".\n", "doc/no.md: no such file"),
    ("doc/x.md", "# X\n[a](a.md) [b](a.md#next-1) [c](#x) [d](../core) [e](http://no/no.md)\n"
     "[`f`](a.md#the-real-limit)\n\n    [g](no)\n", None),
    ("doc/x.md", "a\n[a](no)\n", "line 2: a link to no: no such file"),
    ("doc/x.md", "[a](core/a.h)\n", "a link to core/a.h: no such file"),
    ("doc/x.md", "[a\nb](a.md#next-2)\n", "a link to doc/a.md#next-2: no such section"),
    ("doc/x.md", "[a](#title)\n", "a link to doc/x.md#title: no such section"),
    ("core/x.c", "/* Two decisions: 1. a. */\n", None),
    ("core/x.c", "/* Decision 11: a. */\n", "decisions have names"),
    ("core/x.c", "/*\n * a decision\n * 11 */\n", "line 2: decisions have names"),
    ("doc/x.md", "see decisions\n6 and 7\n", "decisions have names"),
    # rules
    ("core/x.c", "/* INJ-RF, INJ-CR2's, VM-EXIT, INJ, INJ-* */\n", None),
    ("core/x.c", "/* INJ-CR3 */\n", "INJ-CR3: no such rule"),
    ("doc/x.md", "`INJ-RF-2`\n", "INJ-RF-2: no such rule"),
    # names in the code
    ("core/x.c", "/* TG_REAL, TG_RE*, TG_KIND_ONE, TG_KIND_*, tg_label, struct tg_real,\n"
     " * real(), get_signal() */\n", None),
    ("core/x.c", "/* TG_NO */\n", "TG_NO: no such name"),
    ("core/x.c", "/* TG_NO_* */\n", "TG_NO_*: no such name"),
    ("core/x.c", "/* TG_KIND_SIX */\n", "TG_KIND_SIX: no such name"),
    ("core/x.c", "/* TG_REAL_TWO */\n", "TG_REAL_TWO: no such name"),
    ("core/x.c", "char *s = \"TG_NO\"; /* TG_NO */\n", "TG_NO: no such name"),
    ("doc/x.md", "`tg_no`\n", "tg_no: no such name"),
    ("core/x.c", "/* struct no_such */\n", "struct no_such: no such struct"),
    ("core/x.c", "/* no(1) */\nchar *s = \"no()\"; /* a\n no() */\n",
     "line 3: no(): no such function"),
    ("doc/x.md", "`no()`\n", "no(): no such function"),
    ("vm/x.py", "# no()\na = 'no()'\n", "no(): no such function"),
    ("vm/x.sh", "real # no()\n", "no(): no such function"),
    # retired words
    ("core/x.c", "/* a pending and a set; vtg_os_ */\n", None),
    ("core/x.c", "/* the pending\n * set */\n", "line 1: \"pending set\" is retired"),
    ("doc/x.md", "The pending\nset.\n", "\"pending set\" is retired"),
    ("core/x.c", "int tg_os_x(void);\n", "\"tg_os_\" is retired"),
    # widths
    ("core/x.c", "\t" * 12 + "int;\n", None),
    ("core/x.c", "\n" + "\t" * 12 + "int a;\n", "line 2: 102 columns"),
    ("vm/x", "#!/bin/sh\n" + "a" * 101 + "\n", "101 columns"),
    ("vm/x.1", ".\\\" a\n" + "a" * 81 + "\n", "81 columns"),
    ("tests/script/x.ds", "// value: " + "1" * 101 + "\n", None),
    # prose
    ("doc/x.md", lines_of(*[4] * 8) + "\n" + lines_of(40) + "\n| " + "a " * 50 + "|\n\n    " +
     "a " * 50 + "\n\n- [a\nb](http://" + "a" * 80 + ")\n- a\n  ```\n" + "a " * 50 +
     "\n  ```\n\nhttp://" + "a" * 80 + "\n", None),
    ("doc/x.md", lines_of(15, 15, 16), "15.3 words a sentence, more than 15"),
    ("doc/x.md", lines_of(*[2] * 8, 26, 26), "one sentence in ten has 26 words"),
    ("README.md", "\n- " + lines_of(*[9] * 10) + "  a\n", "line 2: a paragraph of 91 words"),
    ("doc/x.md", "- a\n\n    " + lines_of(*[9] * 10) + "    a\n", "line 3: a paragraph of 91"),
    ("doc/x.md", "a\n#DB " + lines_of(40), "2: 84 columns"),
    ("doc/x.md", lines_of(4) + "a [b](http://" + "a" * 80 + ")\n", "line 2: 94 columns"),
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
             "int g(int a) { return a; }", ROOT + "int g(int a) { return a; }"]
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
    for name, text, expected in WORDS:
        found = [f"{n}: {m}" for n, m in words.check_texts({**WORLD, name: text})]
        failures += verdict(f"{name}, {expected or text!r}", expected, found)
    return failures
