# SPDX-License-Identifier: GPL-2.0
"""Rules of the sources: licence lines, lengths."""
import os
import re
import shutil
import subprocess

MAX_FILE, MAX_FUNCTION = 700, 100
LENGTHS_IN = ("core/", "arch/", "linux/", "lib/", "cli/")
SUFFIXES = (".c", ".h", ".S", ".mk", ".sh", ".py", ".awk", ".suite")
NAMES = {"Makefile", "Kbuild"}


def files(top):
    """Files under version control, or all but build/ where there is none."""
    listed = ""
    if shutil.which("git"):
        listed = subprocess.run(["git", "-C", top, "ls-files"], capture_output=True,
                                text=True).stdout
    if listed:
        return [f for f in listed.splitlines() if os.path.isfile(os.path.join(top, f))]
    found = []
    for folder, folders, names in os.walk(top):
        folders[:] = [d for d in folders if not d.startswith(".") and
                      os.path.join(folder, d) != os.path.join(top, "build")]
        found += [os.path.relpath(os.path.join(folder, n), top) for n in names]
    return sorted(found)


def is_source(name, first):
    return name.endswith(SUFFIXES) or os.path.basename(name) in NAMES or first.startswith("#!")


def functions(lines):
    """(name, first line, length) of each function: { and } in the first column."""
    start = None
    for i, line in enumerate(lines):
        if line == "{":
            start = i
        elif line == "}" and start is not None:
            head = next((h for h in reversed(lines[:start]) if re.match(r"[A-Za-z]", h)), "?")
            name = re.search(r"(\w+)\s*\(", head)
            yield name[1] if name else head, start + 1, i - start + 1
            start = None


def check_file(name, text):
    lines = text.split("\n")
    if not is_source(name, lines[0]):
        return
    if not any("SPDX-License-Identifier: GPL-2.0" in line for line in lines[:2]):
        yield "no SPDX-License-Identifier: GPL-2.0 in the first two lines"
    if not name.startswith(LENGTHS_IN):
        return
    if len(lines) - 1 > MAX_FILE:
        yield f"{len(lines) - 1} lines, more than {MAX_FILE}"
    if not name.endswith((".c", ".h")):
        return
    for function, line, length in functions(lines):
        if length > MAX_FUNCTION:
            yield f"line {line}: {function}() has {length} lines, more than {MAX_FUNCTION}"
    for i, line in enumerate(lines):
        if line.rstrip() != line:
            yield f"line {i + 1}: blanks at the end"
        if re.match(r" {8}", line):
            yield f"line {i + 1}: blanks for a tab"


def check(top):
    """Yields (file, message) for each violation."""
    for name in files(top):
        try:
            with open(os.path.join(top, name), encoding="utf-8") as f:
                text = f.read()
        except UnicodeDecodeError:
            continue
        for message in check_file(name, text):
            yield name, message
