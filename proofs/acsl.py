# SPDX-License-Identifier: BSD-2-Clause
"""ACSL contracts as the gate reads them: clauses of a contract, and the definitions in a global annotation."""
import re

import csrc

HEADS = {"requires", "terminates", "decreases", "assigns", "ensures", "exits", "behavior", "allocates", "frees",
         "assumes", "complete", "disjoint", "check", "admit"}


class Clause:
    __slots__ = ("kind", "name", "words", "behavior", "mode")

    def __init__(self, kind, name, ws, behavior, mode):
        self.kind, self.name, self.words, self.behavior, self.mode = kind, name, ws, behavior, mode

    def text(self):
        return spell(self.words)


def spell(ws):
    """Readable text of a word list."""
    text = " ".join(ws)
    text = re.sub(r" ?(->|\.|\[|\]) ?", r"\1", text)
    text = re.sub(r"(\w|\]) \(", r"\1(", text)
    text = re.sub(r"\( ", "(", text)
    text = re.sub(r" ([),;])", r"\1", text)
    return re.sub(r"([!&*~]) (?=[\w(\\*&!])", lambda m: m.group(1) if m.group(1) in "!~" else m.group(0), text)


def clauses(annotation):
    """The clauses of a contract annotation (the comment's full text)."""
    ws, out, behavior, i = csrc.words(csrc.inner(annotation)), [], None, 0
    while i < len(ws):
        mode = ws[i] if ws[i] in ("check", "admit") else None
        i += 1 if mode else 0
        kind = ws[i]
        i += 1
        if kind == "behavior":
            behavior = ws[i]
            i += 2  # name and colon
            continue
        start, depth = i, 0
        while i < len(ws) and not (ws[i] == ";" and not in_quantifier(ws, start, i, depth)):
            depth += ws[i] in ("(", "{", "[")
            depth -= ws[i] in (")", "}", "]")
            i += 1
        body = ws[start:i]
        i += 1
        name = None
        if kind not in ("assigns", "allocates", "frees") and len(body) > 2 and body[1] == ":" \
                and re.match(r"[A-Za-z_]\w*$", body[0]):
            name, body = body[0], body[2:]
        out.append(Clause(kind, name, body, behavior, mode))
    return out


def in_quantifier(ws, start, i, depth):
    """Is the ';' at i the one of a \\forall, \\exists or \\let whose binder is still open?"""
    opened = sum(w in ("\\forall", "\\exists", "\\let") for w in ws[start:i])
    semis = sum(w == ";" for w in ws[start:i])
    return depth > 0 or semis < opened


def of_kind(annotation, kind):
    return [c for c in clauses(annotation) if c.kind == kind]


class Definition:
    """predicate or logic function: name, parameters [(type, name)], body words (None: no body)."""

    def __init__(self, kind, name, params, body, result, place, labels=(), reads=None):
        self.kind, self.name, self.params, self.body, self.result = kind, name, params, body, result
        self.place, self.labels, self.reads = place, labels, reads


def definitions(annotation, place=None):
    """Predicates and logic functions defined or declared in a global annotation."""
    ws, out, i = csrc.words(csrc.inner(annotation)), [], 0
    while i < len(ws):
        if ws[i] not in ("predicate", "logic"):
            i += 1
            continue
        kind, i = ws[i], i + 1
        start = i
        while i < len(ws) and ws[i] not in ("(", "=", "{", ";", "reads"):
            i += 1
        name, result = ws[i - 1], ws[start:i - 1]
        labels, params, reads, body = [], [], None, None
        if i < len(ws) and ws[i] == "{":
            close = ws.index("}", i)
            labels, i = [w for w in ws[i + 1:close] if w != ","], close + 1
        if i < len(ws) and ws[i] == "(":
            close = close_of(ws, i)
            params, i = parameters(ws[i + 1:close]), close + 1
        if i < len(ws) and ws[i] == "reads":
            end = ws.index(";", i)
            reads, i = [w for w in ws[i + 1:end] if w != ","], end
        if i < len(ws) and ws[i] == "=":
            end = definition_end(ws, i + 1)
            body, i = ws[i + 1:end], end
        out.append(Definition(kind, name, params, body, result, place, labels, reads))
        i += 1
    return out


def definition_end(ws, i):
    start, depth = i, 0
    while i < len(ws):
        if ws[i] == ";" and not in_quantifier(ws, start, i, depth):
            return i
        depth += ws[i] in ("(", "{", "[")
        depth -= ws[i] in (")", "}", "]")
        i += 1
    raise csrc.GateError(f"unreadable text: definition without ';' near: {spell(ws[start:start + 12])}")


def close_of(ws, i):
    depth = 0
    for j in range(i, len(ws)):
        depth += ws[j] == "("
        depth -= ws[j] == ")"
        if depth == 0:
            return j
    raise csrc.GateError(f"unreadable text: unbalanced parenthesis near: {spell(ws[i:i + 12])}")


def parameters(ws):
    """[(type words, name)] of a parameter list."""
    out, current = [], []
    for w in ws + [","]:
        if w == ",":
            if current and current != ["void"]:
                out.append((current[:-1], current[-1]))
            current = []
        else:
            current.append(w)
    return out


def all_definitions(unit):
    """name -> Definition, over the context of a translation unit."""
    out = {}
    for item in unit.context:
        for tok in item:
            if tok.kind == "acsl":
                for d in definitions(tok.text, (tok.file, tok.line)):
                    out[d.name] = d
    return out
