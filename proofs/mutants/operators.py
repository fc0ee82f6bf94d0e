# SPDX-License-Identifier: BSD-2-Clause
"""The mutations: each operator yields edits of a function's text, [(start, end, replacement)]. Whether one compiles and
differs is asked later (choose.py)."""
import re

import source

SWAPPED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "|": "&", "&": "|",
           "<<": ">>", ">>": "<<", "++": "--", "--": "++", "|=": "&=", "&=": "|=", "+=": "-=", "-=": "+="}
BOUNDS = {",", ";", "?", ":", "=", "return", "{", "}"}
PRIOR = {"||": 1, "&&": 2}


def all_of(src, fn):
    """[(operator, edits)] in the order of the text."""
    body = fn.body
    flat = list(source.walk(fn.statements))
    out = []
    for operator in (drops, doubles, conditions, connectives, numbers, tokens_swapped, names, calls, returns, order):
        out += operator(src, fn, body, flat)
    return out


def span(toks, first, last):
    return toks[first].start, toks[last].end


def drops(_src, fn, toks, flat):
    """drop a call, an assignment, an else branch, a case label, a return that is not the last."""
    last = fn.statements[-1] if fn.statements else None
    for s in flat:
        a, b = span(toks, s.first, s.last)
        if s.kind == "call":
            yield "drop-call", [(a, b, "{ }")]
        elif s.kind == "assignment":
            yield "drop-assignment", [(a, b, "{ }")]
        elif s.kind == "return" and s is not last:
            yield "drop-return", [(a, b, "{ }")]
        elif s.kind == "label" and toks[s.first].text == "case":
            yield "drop-case", [(a, b, "")]
        elif s.kind == "break":
            yield "drop-break", [(a, b, "{ }")]
        elif s.kind == "if" and len(s.body) == 2:
            yield "drop-else", [(toks[s.body[0].last].end, b, "")]


def doubles(_src, _fn, toks, flat):
    """a call twice; a step (++, --) twice"""
    for s in flat:
        a, b = span(toks, s.first, s.last)
        text = " ".join(t.text for t in toks[s.first:s.last + 1])
        if s.kind == "call":
            yield "double-call", [(a, b, f"{{ {text} {text} }}")]
        elif s.kind == "assignment" and (toks[s.last - 1].text in ("++", "--")):
            yield "double-step", [(a, b, f"{{ {text} {text} }}")]


def conditions(_src, _fn, toks, flat):
    """negate a condition; make it always or never true"""
    for s in flat:
        if s.kind in ("if", "while"):
            a, b = toks[s.first + 1].end, toks[source.match(toks, s.first + 1)].start
            yield from condition(a, b)
    for i, t in enumerate(toks):
        if t.text == "?":
            yield from condition(toks[left(toks, i, 0)].start, toks[i - 1].end)


def condition(a, b):
    yield "negate-condition", [(a, a, "!("), (b, b, ")")]
    yield "always", [(a, b, "true")]
    yield "never", [(a, b, "false")]


def left(toks, i, level):
    """The first token of the operand that ends before toks[i], bounded by operators up to `level`."""
    depth, j = 0, i - 1
    while j >= 0:
        t = toks[j].text
        if t in (")", "]"):
            depth += 1
        elif t in ("(", "["):
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and (t in BOUNDS or (t in PRIOR and PRIOR[t] <= level)):
            break
        j -= 1
    return j + 1


def right(toks, i, level):
    """The last token of the operand that starts after toks[i]."""
    depth, j = 0, i + 1
    while j < len(toks):
        t = toks[j].text
        if t in ("(", "["):
            depth += 1
        elif t in (")", "]"):
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and (t in BOUNDS or (t in PRIOR and PRIOR[t] <= level)):
            break
        j += 1
    return j - 1


def connectives(_src, _fn, toks, _flat):
    """drop an operand of && (weaken) or || (strengthen); one for the other; negate one operand"""
    for i, t in enumerate(toks):
        if t.text not in PRIOR:
            continue
        level = PRIOR[t.text]
        a, b = left(toks, i, level), right(toks, i, level)
        kind = "weaken" if t.text == "&&" else "strengthen"
        yield kind, [(toks[a].start, toks[i + 1].start, "")]
        yield kind, [(toks[i - 1].end, toks[b].end, "")]
        other = "||" if t.text == "&&" else "&&"
        far = left(toks, i, 1 if level == 2 else 1), right(toks, i, 1)
        yield "and-or", [(toks[a].start, toks[a].start, "("), (t.start, t.end, other), (toks[b].end, toks[b].end, ")")]
        yield "and-or", [(toks[far[0]].start, toks[i - 1].end, "(" + between(toks, far[0], i - 1) + ")"),
                         (t.start, t.end, other),
                         (toks[i + 1].start, toks[far[1]].end, "(" + between(toks, i + 1, far[1]) + ")")]
        for x, y in ((a, i - 1), (i + 1, b)):
            yield "negate-operand", [(toks[x].start, toks[x].start, "!("), (toks[y].end, toks[y].end, ")")]


def between(toks, a, b):
    return " ".join(t.text for t in toks[a:b + 1])


def numbers(_src, _fn, toks, _flat):
    """off by one; zero"""
    for t in toks:
        m = re.fullmatch(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)", t.text) if t.kind == "num" else None
        if m:
            n = int(m.group(1), 0)
            for other in (n + 1, n - 1):
                if other >= 0:
                    yield "off-by-one", [(t.start, t.end, f"{other}{m.group(2)}")]
            if n > 1:
                yield "zero", [(t.start, t.end, f"0{m.group(2)}")]


def tokens_swapped(_src, _fn, toks, _flat):
    """another operator; a negation dropped"""
    for i, t in enumerate(toks):
        binary = i > 0 and (toks[i - 1].kind in ("id", "num") or toks[i - 1].text in (")", "]"))
        if t.text in SWAPPED and (binary or t.text in ("++", "--")) and toks[i - 1].text not in source.KEYWORDS:
            kind = "comparison" if t.text in ("<", "<=", ">", ">=", "==", "!=") else "operator"
            yield kind, [(t.start, t.end, SWAPPED[t.text])]
        if t.text in ("!", "~"):
            yield "drop-negation", [(t.start, t.end, "")]
        if t.text in ("true", "false"):
            yield "constant", [(t.start, t.end, "false" if t.text == "true" else "true")]


def near(names, name, count):
    """The names that follow `name`, round."""
    i = names.index(name)
    return [n for n in (names[i + 1:] + names[:i])][:count]


def names(src, fn, toks, _flat):
    """another enumerator, another field of the same type, another variable of the same type"""
    same = {}
    for name, kind in fn.params + local_names(toks):
        same.setdefault(tuple(kind), []).append(name)
    for i, t in enumerate(toks):
        if t.kind != "id":
            continue
        edit = lambda n, t=t: [(t.start, t.end, n)]
        if toks[i - 1].text in (".", "->"):
            for other in src.structs.get(t.text, [])[:3]:
                yield "swap-field", edit(other)
        elif t.text in src.enums:
            for other in near(src.enums[t.text], t.text, 2):
                yield "constant", edit(other)
        else:
            for group in same.values():
                if t.text in group and len(group) > 1:
                    yield "swap-variable", edit(near(group, t.text, 1)[0])


def local_names(toks):
    """[(name, type)] of the locals: `type name =` or `type name ;`"""
    out = []
    for i in range(2, len(toks)):
        if toks[i].text in ("=", ";") and toks[i - 1].kind == "id" and toks[i - 2].kind == "id":
            j = i - 2
            while j > 0 and toks[j - 1].kind == "id":
                j -= 1
            kind = [t.text for t in toks[j:i - 1] if t.text not in ("const", "static")]
            if kind and kind[0] not in source.KEYWORDS:
                out.append((toks[i - 1].text, kind))
    return out


def calls(src, _fn, toks, _flat):
    """another function of the same shape; arguments swapped; a truth value negated"""
    for i, t in enumerate(toks[:-1]):
        if t.kind != "id" or toks[i + 1].text != "(" or t.text not in src.unit.decls:
            continue
        siblings = src.siblings(t.text)
        if siblings:
            ring = sorted(siblings + [t.text])
            for other in near(ring, t.text, 2):
                yield "swap-call", [(t.start, t.end, other)]
        kinds = (src.shape(t.text) or ((), ()))[1]
        args = arguments(toks, i + 1)
        for (a, b), (c, d) in zip(args, args[1:]):
            if between(toks, a, b) != between(toks, c, d):
                yield "swap-arguments", [(toks[a].start, toks[b].end, between(toks, c, d)),
                                         (toks[c].start, toks[d].end, between(toks, a, b))]
        for (a, b), kind in zip(args, kinds):
            if kind in (("bool",), ("_Bool",)):
                yield "negate-argument", [(toks[a].start, toks[a].start, "!("), (toks[b].end, toks[b].end, ")")]


def arguments(toks, open_):
    close, out, start, depth = source.match(toks, open_), [], open_ + 1, 0
    for j in range(open_ + 1, close + 1):
        t = toks[j].text
        if depth == 0 and t in (",", ")") and j > start:
            out.append((start, j - 1))
            start = j + 1
        depth += (t in ("(", "[")) - (t in (")", "]"))
    return out


def returns(_src, fn, toks, flat):
    """another result"""
    for s in flat:
        if s.kind != "return" or s.last - s.first < 2:
            continue
        a, b = toks[s.first + 1].start, toks[s.last - 1].end
        if fn.returns[-1:] in (["bool"], ["_Bool"]):
            yield "negate-return", [(a, a, "!("), (b, b, ")")]
            yield "constant-return", [(a, b, "true")]
            yield "constant-return", [(a, b, "false")]
        elif fn.returns[-1:] == ["uint64_t"]:
            yield "alter-return", [(a, a, "("), (b, b, ") ^ 1u")]
            yield "constant-return", [(a, b, "0")]


def order(_src, fn, toks, flat):
    """two neighbouring statements the other way round"""
    for group in [fn.statements] + [s.body for s in flat if s.kind == "block"]:
        for s, t in zip(group, group[1:]):
            if s.kind in ("call", "assignment") and t.kind in ("call", "assignment", "if"):
                yield "swap-statements", [(*span(toks, s.first, s.last), between(toks, t.first, t.last)),
                                          (*span(toks, t.first, t.last), between(toks, s.first, s.last))]
