# SPDX-License-Identifier: GPL-2.0
"""Rules of the words: what comments and documents name must exist.

Files, sections of documents, links, rules of event delivery, TG_* and tg_* words and
functions(); no word that is retired; lines that fit. Comments are those of C, assembly,
Python (docstrings, too), shell and make. Each exception stands in a table, with its reason.
"""
import fnmatch
import io
import os
import posixpath
import re
import tokenize

import prose
import sources

MAX_COLUMNS = 100

# Their strings are examples of what is wrong; their comments are checked as others are.
OWN = ("tests/check/words.py", "tests/check/selftest.py")

# Names that are no files of the tree: (pattern of the whole name, why).
FOREIGN = (
    (r"build/.*", "what make writes"),
    (r"(.*[^A-Z])?(NAME|FILE|FOLDER|LAYER|VENDOR|KVER)([^A-Z].*)?", "a placeholder"),
    (r"x\.(S|c|ds|tg)|trace\.tg", "a user's file"),
    (r"(Documentation/)?([\w-]+/)+[\w-]+\.rst", "Linux's documents"),
    (r"fpu_helper\.c", "QEMU's"),
    (r"Intel_\w+\.h|cmpe283/.*", "where the MSRs of real processors in the tests are from"),
    (r"tests/script/nowhere\.inc", "that it is missing is the test"),
)

# Functions that are not ours and that nothing here calls: (whose, names).
OUTSIDE = (
    ("Linux", "cpu_svm_disable get_signal machine_kexec native_load_tr_desc printk"),
    ("Linux", "snp_safe_alloc_page"),
    ("QEMU", "cpu_clear_ignne"),
)

# What must not come back, in code neither: (words, or others; why). With _ at the end: a prefix.
RETIRED = (
    ("pending set", "the local APIC keeps what waits, there is no set of ours"),
    ("first plan", "it is not in the tree"),
    ("it needs 5", "nobody counts again"),
    ("the same in the first four", "a test of the lab has more runs that must be equal"),
    ("fault handler (root.c)", "it is in root_fault.c"),
    ("TG_INJECT_FORCE", "the flag is TG_INJECT_F_FORCE, a refusal is a TG_INJECT_ERR_"),
    ("tg_os_", "tg_hw_, tg_guest_, tg_host_: what is asked is no operating system"),
    ("SPEC_IBRS|SPEC_VERW|SPEC_IBPB|SPEC_INT_N|SPEC_POST|VCPU_SPEC",
     "SLOW_, VCPU_SLOW: why the short way is not taken, which is not speculation only"),
    ("vmx_soft_", "vmx_int_n_: INT n as an event"),
    ("soft_rip|soft_next", "injected_rip, injected_next: of what the last entry injected"),
)

# Files whose lines may be wider: (pattern of the whole name, why).
WIDE = (
    (r".*\.md", "see prose.py"),
    (r"lab/(.*/)?(expected|emulators|rules)|.*\.out", "data: a row is a line"),
    (r"vm/bochs/.*\.patch", "the lines of Bochs"),
    (r"tests/script/.*\.ds", "a test's expected output is a line of its comment"),
)

C_SUFFIXES = (".c", ".h", ".S", ".inc", ".ds")
HASH_SUFFIXES = (".sh", ".mk", ".suite", ".awk")

C_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.){1,8}\'|/\*.*?\*/|//[^\n]*', re.S)
HASH = re.compile(r"((?:[^'\"#\\]|\\.?|'[^']*'|\"(?:[^\"\\]|\\.)*\"|(?<=[^\s;(])#)*)(#.*)?$")
LEADER = r"(?:[ \t]*(?:\*(?!/)|//|#+|\.\\\")[ \t]*)?"
GAP = r"(?:[ \t]+|[ \t]*\n" + LEADER + r"[ \t]*)"

PATH = re.compile(r"(?<![\w.$%<@~)}\]\\/-])"
                  r"(?:[\w.*/+-]|\{[\w,]*,[\w,]*\}|(?<=\.)\[\w+\])+")
SUFFIX = re.compile(r"(?<=[\w*}\]])\.(c|h|S|py|sh|mk|md|inc|suite|awk|tg|ds|\{[\w,]+\}|\[\w+\])$")
CITATION = re.compile(r"([\w./-]+\.md)[`)]*,?\s+\(?(?=\")")
QUOTED = re.compile(r"(?:,?\s*(?:and\s+|or\s+)?)\"([^\"]+)\"")
LINK = re.compile(r"!?\[[^\[\]]*\]\(\s*([^\s()]+)(?:\s+\"[^\"]*\")?\s*\)|"
                  r"^\[[^\]]+\]:\s+(\S+)", re.M)
RULE = re.compile(r"(?<![\w-])[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+(?![\w-])")
WORD = re.compile(r"\b(?:TG|tg)_\w+\b\*?(?!\(\))")
STRUCT = re.compile(r"\bstruct\s+(\w+_\w+)")
CALL = re.compile(r"\b([A-Za-z_]\w*)\(\)")


def kind(name, text):
    """How comments look in a file: c, python, hash, document, man or none."""
    first = text.split("\n", 1)[0]
    if name.endswith(".md"):
        return "document"
    if first.startswith('.\\"'):
        return "man"
    if name.endswith(C_SUFFIXES):
        return "c"
    if name.endswith(".py") or (first.startswith("#!") and "python" in first):
        return "python"
    if first.startswith("#") or name.endswith(HASH_SUFFIXES) or \
            os.path.basename(name) in sources.NAMES:
        return "hash"
    return "none"


# Comments and code. Each split_* gives [(line, comment)] and the code without them.

def split_c(text):
    comments, code, end = [], [], 0
    for found in C_TOKEN.finditer(text):
        code.append(text[end:found.start()])
        end = found.end()
        if found[0].startswith("/"):
            comments.append((text.count("\n", 0, found.start()) + 1, found[0]))
            code.append(" ")
        else:
            code.append(found[0][0] * 2)
    return comments, "".join(code) + text[end:]


def split_python(text):
    comments, code, fresh = [], [], True
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return split_hash(text)
    for token in tokens:
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and fresh):
            comments.append((token.start[0], token.string))
        elif token.type not in (tokenize.STRING, tokenize.NL):
            code.append(token.string)
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            fresh = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    return comments, re.sub(r" \( ?", "(", " ".join(code))


def split_hash(text):
    comments, code = [], []
    for number, line in enumerate(text.split("\n"), 1):
        found = HASH.match(line)
        if not found and line.lstrip().startswith("#"):
            comments.append((number, line.strip()))
            continue
        if found and found[2]:
            comments.append((number, found[2]))
        code.append(found[1] if found else line)
    return comments, "\n".join(code)


def split_man(text):
    text = re.sub(r"\\f.|\\&", "", text).replace("\\-", "-")
    return [(1, re.sub(r"(?m)^\.[A-Za-z]{1,2}(?: |$)", "", text))], ""


SPLIT = {
    "c": split_c, "python": split_python, "hash": split_hash, "man": split_man,
    "document": lambda text: ([(1, text)], ""),
    "none": lambda text: ([], ""),
}


def joined(comments):
    """Comments of one line each, one below the other, are one."""
    line, parts = 0, []
    for number, comment in comments:
        one = "\n" not in comment and comment.startswith(("//", "#"))
        if parts and one and number == line + len(parts):
            parts.append(comment)
            continue
        if parts:
            yield line, "\n".join(parts)
        line, parts = number, [comment]
        if not one:
            yield line, comment
            parts = []
    if parts:
        yield line, "\n".join(parts)


def line_of(start, text, offset):
    return start + text.count("\n", 0, offset)


def headings(text):
    """(titles, anchors) of a document, by GitHub's rule for anchors."""
    titles, anchors = set(), set()
    for _, what, line in prose.blocks(text):
        anchors.update(re.findall(r"<a (?:name|id)=\"([^\"]+)\"", line))
        if what != "heading":
            continue
        title = plain(line.strip().strip("#"))
        titles.add(title)
        anchor = base = re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        number = 0
        while anchor in anchors:
            number += 1
            anchor = f"{base}-{number}"
        anchors.add(anchor)
    return titles, anchors


def plain(text):
    """A heading's text, and how it is cited: without marks, in one line."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(re.sub(r"[`*]", "", text).split())


class Tree:
    """What there is to be named. Texts: {name: text, None for what is no text}."""

    def __init__(self, texts):
        self.texts = {name: text for name, text in texts.items() if text is not None}
        self.folders = {name[:m.start()] for name in texts for m in re.finditer("/", name)}
        self.paths = self.folders | set(texts)
        self.ends = {end for path in self.paths for end in path_ends(path)}
        self.folder_ends = {end for path in self.folders for end in path_ends(path)}
        self.headings = {name: headings(text) for name, text in self.texts.items()
                         if name.endswith(".md")}
        self.comments, everything = {}, []
        for name, text in self.texts.items():
            comments, code = SPLIT[kind(name, text)](text)
            self.comments[name] = [(line, text_of(comment)) for line, comment in joined(comments)]
            everything.append(code)
        self.know_code("\n".join(everything))
        self.know_rules()

    def know_code(self, code):
        self.words = set(re.findall(r"\b[Tt][Gg]_\w+", code))
        self.structs = set(re.findall(r"\bstruct\s+(\w+)", code))
        self.calls = set(re.findall(r"([A-Za-z_]\w*)\(", code))
        self.pastes = tuple(set(re.findall(r"\b([Tt][Gg]_\w*)##", code)))
        self.rows = set(re.findall(r"\bX\(\s*(\w+)\s*[,)]", code))

    def know_rules(self):
        lists = [text for name, text in self.texts.items()
                 if re.fullmatch(r"lab/(.*/)?rules", name)]
        self.rules = {line.split("\t")[0] for text in lists for line in text.split("\n")
                      if line and not line.startswith("#")}
        self.rule_prefixes = {rule.split("-")[0] for rule in self.rules if "-" in rule}


def path_ends(path):
    """x86/root.c and root.c for arch/x86/root.c, and itself."""
    return [path] + [path[m.end():] for m in re.finditer("/", path)]


def text_of(comment):
    """A comment without its marks; as many lines as before."""
    if comment.startswith("/*"):
        comment = re.sub(r"(?m)^[ \t]*\*+[ \t]?|^/\*+|\*+/$", "", comment)
    return re.sub(r"(?m)^(?://+|#+)[ \t]?", "", comment)


# Each check_* yields (line, message).

def spread(pattern):
    """What braces stand for: a{b,c} is ab and ac."""
    found = re.search(r"\{([^}]*)\}", pattern)
    if not found:
        return [pattern]
    return [p for part in found[1].split(",")
            for p in spread(pattern[:found.start()] + part + pattern[found.end():])]


def beside(near, path):
    return posixpath.normpath(posixpath.join(posixpath.dirname(near), path))


def is_there(tree, near, path):
    """Whether a file or folder is there: beside the file `near`, or anywhere by its end."""
    if re.search(r"[*[]", path):
        return bool(fnmatch.filter(tree.ends, path))
    if path.endswith("/"):
        return path[:-1] in tree.folder_ends or beside(near, path) in tree.folders
    return path in tree.ends or beside(near, path) in tree.paths


def is_path(tree, path, quoted):
    """Whether it claims to be one. Without a suffix: a folder's name, and what is in it."""
    if SUFFIX.search(path):
        return True
    top, slash, _ = path.partition("/")
    return bool(slash) and top in (tree.folder_ends if quoted else tree.folders)


def check_paths(tree, name, line, text):
    for found in PATH.finditer(text):
        path = re.sub(r"^\*\*(?=\w)|^(\./)+|(?<=\w)\*\*$", "", found[0].rstrip(".,-+"))
        if path.startswith(("/", "-")) or "//" in path or \
                not is_path(tree, path, text[:found.start()].endswith("`")) or \
                any(re.fullmatch(pattern, path) for pattern, _ in FOREIGN):
            continue
        if not all(is_there(tree, name, p) for p in spread(path)):
            yield line_of(line, text, found.start()), f"{path}: no such file"


def document_of(tree, near, path):
    return next((d for d in tree.headings if d in (path, beside(near, path)) or
                 d.endswith("/" + path)), None)


def check_citations(tree, name, line, text):
    for found in CITATION.finditer(text):
        document, at = document_of(tree, name, found[1]), found.end()
        while document and (title := QUOTED.match(text, at)):
            if plain(title[1]) not in tree.headings[document][0]:
                yield line_of(line, text, title.start(1)), \
                    f"{document} has no section \"{plain(title[1])}\""
            at = title.end()


def without_code(text):
    """A document's text with code blanked."""
    lines = [" " * len(line) if what == "code" else line for _, what, line in prose.blocks(text)]
    return re.sub(r"`[^`\n]*`", lambda m: "x" * len(m[0]), "\n".join(lines))


def check_links(tree, name, text):
    for found in LINK.finditer(without_code(text)):
        target, _, anchor = (found[1] or found[2]).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = beside(name, target) if target else name
        line = line_of(1, text, found.start())
        if path not in tree.paths:
            yield line, f"a link to {target}: no such file"
        elif anchor and anchor not in tree.headings.get(path, ((), ()))[1]:
            yield line, f"a link to {path}#{anchor}: no such section"


def check_rules(tree, _, line, text):
    for found in RULE.finditer(text):
        if found[0].split("-")[0] in tree.rule_prefixes and found[0] not in tree.rules:
            yield line_of(line, text, found.start()), f"{found[0]}: no such rule"


def is_word(tree, word):
    if word.endswith("*"):
        word = word[:-1]
        return any(w.startswith(word) for w in tree.words) or word in tree.pastes
    return word in tree.words or any(
        word.startswith(p) and word[len(p):] in tree.rows for p in tree.pastes)


def check_code_names(tree, _, line, text):
    for found in WORD.finditer(text):
        if not is_word(tree, found[0]):
            yield line_of(line, text, found.start()), f"{found[0]}: no such name"
    for found in STRUCT.finditer(text):
        if found[1] not in tree.structs:
            yield line_of(line, text, found.start()), f"{found[0]}: no such struct"
    for found in CALL.finditer(text):
        if found[1] not in tree.calls and \
                not any(found[1] in names.split() for _, names in OUTSIDE):
            yield line_of(line, text, found.start()), f"{found[1]}(): no such function"


def check_documents(tree, text):
    """Documents that a program names, in what it prints for one."""
    for found in re.finditer(r"\bdoc/[\w-]+\.md\b", text):
        if found[0] not in tree.paths:
            yield line_of(1, text, found.start()), f"{found[0]}: no such file"


def retired(words, why):
    """(what a text must have in it for the pattern to be worth a try, pattern, message)."""
    end = "" if words.endswith("_") else r"(?!\w)"
    pattern = r"(?<!\w)" + GAP.join(map(re.escape, words.split())) + end
    return words.split()[0], re.compile(pattern), f"\"{words}\" is retired: {why}"


BANNED = [retired(words, why) for row, why in RETIRED for words in row.split("|")]
BANNED.append(("ecision", re.compile(r"\b[Dd]ecisions?" + GAP + r"\d+"),
               "decisions have names, no numbers"))


def check_retired(text):
    for part, pattern, message in BANNED:
        if part in text:
            for found in pattern.finditer(text):
                yield line_of(1, text, found.start()), message


def check_widths(name, text):
    if any(re.fullmatch(pattern, name) for pattern, _ in WIDE):
        return
    limit = prose.COLUMNS if kind(name, text) == "man" else MAX_COLUMNS
    for number, line in enumerate(text.split("\n"), 1):
        width = len(line.expandtabs(8))
        if width > limit:
            yield number, f"{width} columns, more than {limit}"


def check_file(tree, name, text):
    """Yields (line or 0, message)."""
    for line, comment in tree.comments[name]:
        for check_comment in (check_paths, check_citations, check_rules, check_code_names):
            yield from check_comment(tree, name, line, comment)
    if name.endswith(".md"):
        yield from check_links(tree, name, text)
        for message in prose.check_text(text):
            yield 0, message
    if name not in OWN:
        yield from check_documents(tree, text)
        yield from check_retired(text)
    yield from check_widths(name, text)


def check_texts(texts):
    """Yields (file, message) for each violation in {file: text, None for what is no text}."""
    tree = Tree(texts)
    if not tree.rules:
        yield "lab", "there is no list of rules"
    for name, text in tree.texts.items():
        # what two checks find is one violation
        for line, message in dict.fromkeys(check_file(tree, name, text)):
            yield name, f"line {line}: {message}" if line else message


def check(top):
    """Yields (file, message) for each violation."""
    texts = {}
    for name in sources.files(top):
        try:
            with open(os.path.join(top, name), encoding="utf-8") as f:
                texts[name] = f.read()
        except UnicodeDecodeError:
            texts[name] = None
    yield from check_texts(texts)
