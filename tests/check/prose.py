# SPDX-License-Identifier: GPL-2.0
"""Rules of the documents: short sentences, short paragraphs, 80 columns.

tests/check/prose.py FILE...: prints the figures of each and what breaks a rule.

Prose is what is left when code blocks, tables, headings and comments are taken out. A list item
is a paragraph. `code` is one word, and so is a link's address.
"""
import re
import sys

MEAN, P90, PARAGRAPH, COLUMNS = 15, 25, 90, 80
ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+")
HEADING = re.compile(r" {0,3}#{1,6}\s")     # a line of prose may begin with #DB
FENCE = re.compile(r"\s*(```+|~~~+)")
# one link, or the end of one, or an address: cannot be broken
LINK = re.compile(r"(?:(?:!?\[[^]]*|\S*)\]\([^)]*\)|<?https?://\S+>?)[.,;:]?")
ABBREVIATIONS = re.compile(r"\b(e\.g|i\.e|etc|vs|cf)\.")


def blocks(text):
    """Yields (line number, kind, line) for each line.

    The kind is prose, item (a list item's first line), code, table, heading, comment or blank.
    """
    fence, comment, column, previous = None, False, 0, "blank"
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        indent = len(line) - len(line.lstrip())
        if indent < column and previous == "blank" and stripped and not ITEM.match(line):
            column = 0      # behind a list
        if fence:
            kind = "code"
            if stripped.startswith(fence) and not stripped.strip(fence[0]):
                fence = None
        elif comment or stripped.startswith("<!--"):
            comment, kind = "-->" not in line, "comment"
        elif not stripped:
            kind = "blank"
        elif indent >= column + 4 and previous not in ("prose", "item"):
            kind = "code"
        elif FENCE.match(line):
            fence, kind = FENCE.match(line)[1], "code"
        elif HEADING.match(line):
            column, kind = 0, "heading"
        elif stripped.startswith("|"):
            kind = "table"
        elif ITEM.match(line):
            column, kind = ITEM.match(line).end(), "item"
        else:
            kind = "prose"
        yield number, kind, line
        previous = kind


def paragraphs(text):
    """Yields (line number, words as one text) for each paragraph or list item."""
    start, words = 0, []
    for number, kind, line in blocks(text):
        if kind == "prose" and words:
            words.append(line.strip())
            continue
        if words:
            yield start, " ".join(words)
            words = []
        if kind in ("prose", "item"):
            start, words = number, [ITEM.sub("", line, 1).strip()]
    if words:
        yield start, " ".join(words)


def sentences(paragraph):
    """The lengths, in words, of a paragraph's sentences."""
    plain = re.sub(r"`[^`]*`", "code", paragraph)
    plain = re.sub(r"\]\([^)]*\)", "]", plain)
    plain = ABBREVIATIONS.sub(r"\1", plain)
    for sentence in re.split(r"[.!?][)\"'*]*(?:\s+|$)", plain):
        words = [w for w in sentence.split() if re.search(r"\w", w)]
        if words:
            yield len(words)


def measure(text):
    """(mean, p90, longest paragraph, its line) in words; None without prose."""
    lengths, longest = [], (0, 0)
    for line, paragraph in paragraphs(text):
        counts = list(sentences(paragraph))
        lengths += counts
        longest = max(longest, (sum(counts), line))
    if not lengths:
        return None
    lengths.sort()
    return (sum(lengths) / len(lengths), lengths[(len(lengths) * 9 - 1) // 10], *longest)


def check_text(text):
    """Yields a message for each violation."""
    found = measure(text)
    if found:
        mean, p90, words, _ = found
        if mean > MEAN:
            yield f"{mean:.1f} words a sentence, more than {MEAN}"
        if p90 > P90:
            yield f"one sentence in ten has {p90} words or more, more than {P90}"
    for line, paragraph in paragraphs(text):
        words = sum(sentences(paragraph))
        if words > PARAGRAPH:
            yield f"line {line}: a paragraph of {words} words, more than {PARAGRAPH}"
    for number, kind, line in blocks(text):
        if kind not in ("code", "table") and len(line) > COLUMNS and \
                not LINK.fullmatch(ITEM.sub("", line, 1).strip()):
            yield f"line {number}: {len(line)} columns, more than {COLUMNS}"


def main():
    failures = 0
    for name in sys.argv[1:]:
        with open(name, encoding="utf-8") as f:
            text = f.read()
        found = measure(text)
        if found:
            print("%s: mean %.1f, p90 %d, longest paragraph %d (line %d)" % (name, *found))
        for message in check_text(text):
            print(f"{name}: {message}")
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
