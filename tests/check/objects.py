# SPDX-License-Identifier: GPL-2.0
"""What holds for the objects of core/ and arch/x86/ in the module.

Root mode runs between a VM exit and the next VM entry, on page tables, GS and
stacks of its own: it can call nothing of the kernel's, and nothing that the
kernel patches at run time (doc/vt-x.md, "The objects of root mode").
"""
import os
import re
import subprocess

ROOT = ".noinstr.text"
DATA = (".rodata", ".data", ".bss")
PATCHED = re.compile(r"\.(altinstructions|altinstr_replacement|altinstr_aux|parainstructions|"
                     r"static_call|__jump_table|smp_locks|retpoline_sites|return_sites|"
                     r"call_sites|ibt_endbr_seal|static_call_sites|static_call_tramp_key)"
                     r"|__jump_table|__ex_table|__mcount_loc|"
                     r"__bug_table|\.static_call|__tracepoints|\.kprobes|\.init_array|"
                     r"__ksymtab|\.gcc_except_table")
FENTRY = {"__fentry__", "mcount", "_mcount"}
STACK = re.compile(r"__(ref_)?stack_chk_(fail|guard)")
VECTOR = re.compile(r"%([xyz]?mm\d|st\b|k[0-7]\b|tmm\d)")
# All x87 instructions begin with f, and no other that a compiler makes does.
FLOAT = re.compile(r"^(v?f[a-z0-9]+|fwait|emms|ldmxcsr|stmxcsr|v?zeroupper|v?zeroall|"
                   r"f?xsave\w*|f?xrstor\w*|v?ldmxcsr|v?stmxcsr|wait)$")
PREFIXES = {"lock", "rep", "repz", "repnz", "notrack", "bnd", "cs", "ds", "es", "ss", "data16",
            "rex.W", "addr32", "xacquire", "xrelease"}
GS = re.compile(r"%gs:(-?0x[0-9a-f]+|-?\d+)?(\()?")


def tool(*args):
    return subprocess.run(args, check=True, capture_output=True, text=True).stdout


class Symbol:
    def __init__(self, name, section, value, is_global):
        self.name, self.section, self.value, self.is_global = name, section, value, is_global


class Object:
    """Sections, symbols and relocations of an object, as readelf prints them."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.sections = {}          # index: (name, size, flags)
        self.symbols = []
        self.relocs = []            # (section they are in, offset, symbol's name)
        for line in tool("readelf", "-SW", path).splitlines():
            found = re.match(r"\s*\[\s*(\d+)\] (\S*)\s+(\S+)\s+[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) "
                             r"[0-9a-f]+\s+([WAXMSILOGTCxopEDyl]*)\s+\d+", line)
            if found:
                index, name, _, size, flags = found.groups()
                self.sections[index] = (name, int(size, 16), flags)
        for line in tool("readelf", "-sW", path).splitlines():
            word = line.split()
            if len(word) < 7 or not re.match(r"\d+:$", word[0]):
                continue
            section = self.sections.get(word[6], (word[6],))[0]
            name = word[7] if len(word) > 7 else ""
            if word[3] == "SECTION":
                name = section
            self.symbols.append(Symbol(name, section, int(word[1], 16), word[4] != "LOCAL"))
        section = None
        for line in tool("readelf", "-rW", path).splitlines():
            found = re.match(r"Relocation section '\.rela?(\S+)'", line)
            if found:
                section = found[1]
            word = line.split()
            if section and len(word) >= 5 and re.match(r"[0-9a-f]{16}$", word[0]):
                self.relocs.append((section, int(word[0], 16), word[4]))

    def where(self, name):
        """The section of a symbol of this object, None when undefined."""
        for s in self.symbols:
            if s.name == name and s.section != "UND":
                return s.section
        return None

    def undefined(self):
        return {s.name for s in self.symbols if s.section == "UND" and s.name}

    def function(self, offset):
        """The root function at an offset, for messages."""
        best = None
        for s in self.symbols:
            if s.section == ROOT and s.name != ROOT and s.value <= offset and \
                    (not best or s.value >= best.value):
                best = s
        return best.name if best else "?"


def is_data(section):
    return section.startswith(DATA)


def own_offsets(header):
    """The offsets in struct tg_vcpu that assembly may use: VCPU_* of asm_offsets.h."""
    with open(header, encoding="ascii") as f:
        return {int(m[1], 0) for m in re.finditer(r"#define VCPU_\w+\s+(\d+)", f.read())}


def allowed_names(path):
    with open(path, encoding="ascii") as f:
        return {line.split("#")[0].strip() for line in f} - {""}


def root_names(kbuild):
    """The objects of root mode: root-c and root-S in Kbuild, as FOLDER/NAME."""
    with open(kbuild, encoding="ascii") as f:
        text = f.read().replace("\\\n", " ")
    return [name for m in re.finditer(r"^root-[cS]\s*:=(.*)", text, re.M) for name in m[1].split()]


def check_code(obj):
    for name, size, flags in obj.sections.values():
        if "X" in flags and size and name != ROOT:
            yield f"code outside {ROOT}: {size} bytes in {name}"
        if PATCHED.match(name) and size:
            yield f"section {name}: the kernel patches or looks up what is listed there"


def check_symbols(obj, everybody, allowed):
    for name in sorted(obj.undefined()):
        if name in FENTRY:
            yield f"{name}: built with function tracing"
        elif STACK.match(name):
            yield f"{name}: built with stack protector"
        elif name.startswith(("__x86_indirect_thunk", "__x86_return_thunk")):
            yield f"{name}: a thunk of the kernel's, which it patches"
        elif name not in everybody and name not in allowed:
            yield f"kernel symbol {name}"


def check_relocs(obj, everybody, allowed):
    """Where root code and its tables point."""
    for section, offset, name in obj.relocs:
        if section != ROOT and not is_data(section):
            continue
        target = obj.where(name) or everybody.get(name)
        if target is None or target == ROOT or is_data(target) or name in allowed:
            continue    # an undefined one is check_symbols' business
        place = f"{obj.function(offset)}()" if section == ROOT else f"a table in {section}"
        what = "a function" if name == target else name
        yield f"{place} references {what} in {target}"


def check_insn(text, offsets):
    """What is wrong with one disassembled instruction, or None."""
    words = text.split("#")[0].split()
    while words and words[0] in PREFIXES:
        words.pop(0)
    if not words:
        return None
    operands = " ".join(words[1:])
    if re.match(r"(call|jmp)[ql]?$", words[0]) and "*" in operands:
        return "indirect branch without retpoline"
    if VECTOR.search(operands) or FLOAT.match(words[0]):
        return "SSE, AVX or x87 instruction"
    if "%fs:" in operands:
        return "%fs access"
    for found in GS.finditer(operands):
        if found[2] or not found[1] or int(found[1], 0) not in offsets:
            return "%gs access that is not to an offset of ours"
    return None


def check_disassembly(obj, offsets):
    if ROOT not in (s[0] for s in obj.sections.values()):
        return
    lines = tool("objdump", "-d", "--no-show-raw-insn", "-j", ROOT, obj.path).splitlines()
    entries = {s.value for s in obj.symbols if s.section == ROOT and s.name != ROOT}
    for line in lines:
        found = re.match(r"\s*([0-9a-f]+):\s+(\S.*)", line)
        wrong = found and check_insn(found[2], offsets)
        # Padding before a function is fine, room for a call in it is not.
        if found and found[2].startswith("nop") and int(found[1], 16) in entries:
            wrong = "built with function tracing"
        if wrong:
            yield f"{obj.function(int(found[1], 16))}(): {wrong}: {' '.join(found[2].split())}"


def check_others(obj):
    """An object that is not of root mode: no root code in it."""
    for name, size, _ in obj.sections.values():
        if name == ROOT and size:
            yield f"{size} bytes of root code, though Kbuild does not list it in root-c or root-S"


def check(root, others, allowed, offsets):
    """Yields (path, message) for each violation."""
    everybody = {s.name: s.section for o in root + others for s in o.symbols
                 if s.is_global and s.section != "UND" and s.name}
    for obj in root:
        for messages in (check_code(obj), check_symbols(obj, everybody, allowed),
                         check_relocs(obj, everybody, allowed),
                         check_disassembly(obj, offsets)):
            for message in messages:
                yield obj.path, message
    for obj in others:
        for message in check_others(obj):
            yield obj.path, message
