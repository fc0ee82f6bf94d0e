# SPDX-License-Identifier: BSD-2-Clause
"""A contract that repeats its body proves nothing about the manual: `ensures \\result == E` or `ensures x == E` where the body
says, token for token, `return E` or `x = E`. The lint sees only that: E must have an operator (a getter or a constant has no
other way to be said), and a clause that uses a predicate of spec/acsl is left alone."""
import re

import acsl
import options

OPERATORS = {"+", "-", "*", "/", "%", "&", "|", "^", "~", "<<", ">>", "&&", "||", "!", "==", "!=", "<", ">", "<=", ">=", "?"}


def plain(ws):
    """Words without what C and ACSL spell differently: parentheses, casts' names, \\old, suffixes, comparisons with 0."""
    out = []
    for w in ws:
        if w in ("(", ")", "\\old", "bool", "int", "unsigned", "uint8_t", "uint16_t", "uint32_t", "uint64_t"):
            continue
        out.append(re.sub(r"(?<=\d)[uUlL]+$", "", {"\\true": "1", "\\false": "0", "true": "1", "false": "0"}.get(w, w)))
    while out[-2:] in (["!=", "0"], ["==", "1"]):
        out = out[:-2]
    return out


def split(ws, at):
    """Parts of a word list between the operators `at`, outside parentheses."""
    parts, current, depth = [], [], 0
    for w in ws:
        depth += w in ("(", "[", "{")
        depth -= w in (")", "]", "}")
        if depth == 0 and w in at:
            parts.append(current)
            current = []
        else:
            current.append(w)
    return parts + [current]


def said_by_body(body):
    """(what, expression) of each return and each plain assignment, as words; only expressions with an operator."""
    out, stmt = [], []
    for w in [t.text for t in body if t.kind not in ("acsl", "comment")] + [";"]:
        if w not in (";", "{", "}", ":", "else"):
            stmt.append(w)
            continue
        if "return" in stmt:
            out.append((["\\result"], plain(stmt[stmt.index("return") + 1:])))
        elif "=" in stmt:
            out.append((plain(stmt[:stmt.index("=")]), plain(stmt[stmt.index("=") + 1:])))
        stmt = []
    return [(what, e) for what, e in out if OPERATORS & set(e)]


def said_by_clause(words):
    """(left, right) of each equality or equivalence a clause states, also behind conditions, both ways round."""
    out = []
    for part in split(words, ("&&",)):
        said = split(part, ("==>",))[-1]
        for at in ("<==>", "=="):
            sides = [plain(side) for side in split(said, (at,))]
            if len(sides) == 2:
                out += [(sides[0], sides[1]), (sides[1], sides[0])]
    return out


def findings(unit, in_core):
    logic, out = set(acsl.all_definitions(unit)), []
    for name, f in unit.defs.items():
        if not in_core(f.file) or f.file != unit.path or {name, f.file} & set(options.MAY_REPEAT):
            continue
        with_contract = unit.contract(name)
        if not with_contract:
            continue
        bodies = said_by_body(f.body)
        for c in acsl.of_kind(with_contract.contract.text, "ensures"):
            if not logic & set(c.words) and any(e in bodies for e in said_by_clause(c.words)):
                out.append(("contract repeats body", f"{f.file}:{f.line}: {name}: ensures {c.name or c.text()}: says what the "
                            "body says; say what the manual says (spec/acsl), or give a reason in options.MAY_REPEAT"))
    return out
