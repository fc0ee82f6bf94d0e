# SPDX-License-Identifier: BSD-2-Clause
"""A file of core/ as text with places: its functions, their statements, and the names that could stand for each other."""
import re

import csrc
import digest
import seen

KEYWORDS = {"if", "else", "while", "for", "do", "switch", "case", "default", "return", "break", "continue", "sizeof"}
TYPE_WORDS = {"const", "struct", "enum", "static", "unsigned", "signed", "int", "char", "long", "short", "bool", "void"}


class Tok:
    """A token of the file as it is written: csrc's shape, and where it stands."""
    __slots__ = ("kind", "text", "start", "end", "file", "line")

    def __init__(self, kind, text, start, file, line):
        self.kind, self.text, self.start, self.end = kind, text, start, start + len(text)
        self.file, self.line = file, line


class Statement:
    def __init__(self, kind, first, last, body=()):
        self.kind, self.first, self.last, self.body = kind, first, last, list(body)  # tokens first..last, both in it


def tokens(text, file="?"):
    """Code tokens with their places; directives and comments are not code."""
    blank = re.sub(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), text)
    out, line, pos = [], 1, 0
    for m in csrc.TOKEN.finditer(blank):
        line += blank.count("\n", pos, m.start())
        pos = m.start()
        if m.lastgroup not in ("acsl", "comment"):
            out.append(Tok(m.lastgroup, m.group(), m.start(), file, line))
    return out


def words(text):
    """What the compiler reads of it: no layout, no comments."""
    return [t.text for t in tokens(text)]


class Function:
    def __init__(self, name, head, body):
        self.name, self.head, self.body = name, head, body  # body: tokens from { to }
        self.start, self.end = head[0].start, body[-1].end
        self.statements = statements(body)
        self.params = parameters(head)
        self.returns = [t.text for t in head[:next(i for i, t in enumerate(head) if t.text == name)]
                        if t.text not in ("static", "inline")]


class Source:
    """One file: its text, its functions with a body by name, and its unit (what its includes declare)."""

    def __init__(self, path, root):
        self.path = path
        with open(f"{root}/{path}", encoding="utf-8") as f:
            self.text = f.read()
        self.functions, toks, i = {}, tokens(self.text, path), 0
        while i < len(toks):
            end, body = csrc.item_end(toks, i)
            if body:
                name = csrc.function_name(toks[i:body])
                if name:
                    self.functions[name] = Function(name, toks[i:body], toks[body:end])
            i = max(end, i + 1)
        self.unit = csrc.unit(path, digest.FLAGS)
        there = {n for n, f in self.unit.defs.items() if f.file == path}
        if there != set(self.functions):
            raise csrc.GateError(f"{path}: read as text and as a unit it has different functions: "
                                 + ", ".join(sorted(there ^ set(self.functions))))
        self.enums, self.structs = enums(self.unit), structs(self.unit)

    def digest(self, name):
        """To which text a row belongs. core/event: the digest of proofs/results.json, over all definitions of its headers;
        core/vmx, whose headers are many and shared: over the definitions that the proof can see."""
        nested = self.path.startswith("core/vmx/")
        return digest.sha((seen.function if nested else digest.function)(self.unit, name))

    def committed(self, name):
        """The function's digest in proofs/results.json."""
        return digest.sha(digest.function(self.unit, name))

    def siblings(self, name):
        """Functions that could be called in its place: same types of result and arguments."""
        shape = self.shape(name)
        return [n for n in self.unit.decls if n != name and shape and self.shape(n) == shape and not n.startswith("__")]

    def shape(self, name):
        found = self.unit.decls.get(name)
        if not found or found[0].ghost:
            return None
        head = [t for t in found[0].head if t.kind != "acsl"]
        at = next(i for i, t in enumerate(head) if t.text == name)
        result = [t.text for t in head[:at] if t.text not in ("static", "inline", "extern", "const")]
        return tuple(result), tuple(tuple(kind) for _, kind in parameters(head))


def parameters(head):
    """[(name, words of its type)]"""
    texts = [t.text for t in head if t.kind != "acsl"]
    open_ = next((i for i, t in enumerate(texts) if t == "("), len(texts))
    out, current, depth = [], [], 0
    for t in texts[open_ + 1:]:
        if depth == 0 and t in (",", ")"):
            if len(current) > 1:
                out.append((current[-1], [x for x in current[:-1] if x != "const"]))
            current = []
            if t == ")":
                break
            continue
        depth += (t in ("(", "[")) - (t in (")", "]"))
        current.append(t)
    return out


def match(toks, i):
    """The index of the bracket that closes toks[i]."""
    pairs = {"(": ")", "[": "]", "{": "}"}
    return csrc.matching(toks, i, toks[i].text, pairs[toks[i].text])


def statements(body):
    """The statements of a block; `body` starts with its brace."""
    out, i = [], 1
    while i < len(body) - 1:
        s, i = statement(body, i)
        out.append(s)
    return out


def statement(toks, i):
    text = toks[i].text
    if text == "{":
        close = match(toks, i)
        return Statement("block", i, close, shifted(toks, i, close)), close + 1
    if text in ("if", "while", "for", "switch"):
        close = match(toks, i + 1)
        inner, j = statement(toks, close + 1)
        parts = [inner]
        if text == "if" and j < len(toks) and toks[j].text == "else":
            other, j = statement(toks, j + 1)
            parts.append(other)
        return Statement(text, i, j - 1, parts), j
    if text in ("case", "default"):
        j = i
        while toks[j].text != ":":
            j += 1
        return Statement("label", i, j), j + 1
    j = i
    while toks[j].text != ";":
        j = match(toks, j) + 1 if toks[j].text in ("(", "[", "{") else j + 1
    return Statement(simple(toks, i, j), i, j), j + 1


def shifted(toks, open_, close):
    out, i = [], open_ + 1
    while i < close:
        s, i = statement(toks, i)
        out.append(s)
    return out


def simple(toks, i, j):
    text = toks[i].text
    if text in ("return", "break", "continue", "goto"):
        return text
    if text in TYPE_WORDS or (toks[i].kind == "id" and toks[i + 1].kind == "id"):
        return "declaration"
    depth = 0
    for t in toks[i:j]:
        depth += (t.text in ("(", "[")) - (t.text in (")", "]"))
        if depth == 0 and (t.text == "=" or t.text in ("++", "--") or re.fullmatch(r"[-+*/%&|^]=|<<=|>>=", t.text)):
            return "assignment"
    return "call" if toks[i].kind == "id" and toks[i + 1].text == "(" and match(toks, i + 1) == j - 1 else "other"


def walk(parts):
    for s in parts:
        yield s
        yield from walk(s.body)


def enums(unit):
    """enumerator -> all enumerators of its enum, in order."""
    out = {}
    for item in unit.context:
        texts = [t.text for t in item if t.kind != "acsl"]
        if texts[:1] == ["enum"] and "{" in texts:
            body = texts[texts.index("{") + 1:texts.index("}")]
            names = [b for a, b in zip(["{"] + body, body) if a in ("{", ",") and re.match(r"[A-Za-z_]\w*$", b)]
            for name in names:
                out[name] = names
    return out


def structs(unit):
    """field -> fields of the same type in a struct that has it."""
    out = {}
    for item in unit.context:
        texts = [t.text for t in item if t.kind != "acsl"]
        if texts[:1] != ["struct"] or "{" not in texts:
            continue
        kinds, current = {}, []
        for t in texts[texts.index("{") + 1:texts.index("}")]:
            if t == ";":
                if "[" not in current and len(current) > 1:
                    kinds.setdefault(tuple(current[:-1]), []).append(current[-1])
                current = []
            else:
                current.append(t)
        for names in kinds.values():
            for name in names:
                out.setdefault(name, [])
                out[name] += [n for n in names if n != name and n not in out[name]]
    return out
