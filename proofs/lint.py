# SPDX-License-Identifier: BSD-2-Clause
"""Checks of the text that need no solver: each finding is (name of the check, one line)."""
import os
import re

import acsl
import csrc
import options
import restate

TYPE_WORDS = {"void", "char", "short", "int", "long", "unsigned", "signed", "_Bool", "bool", "struct", "enum", "const",
              "size_t", "uintptr_t", "intptr_t"} | {f"{u}int{n}_t" for u in ("u", "") for n in (8, 16, 32, 64)}


def in_core(path):
    return path.startswith("core/")


def in_seam(path):
    return path.startswith("core/hw/")


def in_proofs(path):
    return path.startswith("proofs/")


def check_all(sources=None):
    """All static findings over the core, the seam and the proof clients."""
    found = []
    everything = options.core_sources() + options.client_sources()
    sources = sources or everything
    if not options.core_sources():
        return [("empty core", "core/: no .c file found")]
    ghosts = {}
    for path in everything:
        for name, where in csrc.unit(path).ghosts.items():
            if in_seam(where):
                ghosts[name] = where
    defined = {name for path in everything for name in csrc.unit(path).defs}
    for path in sources:
        unit = csrc.unit(path)
        found += contracts(unit, defined) + assumptions(unit, defined) + forged_stub(unit, defined, ghosts)
        found += forged_ghost(unit, ghosts) + same_text(path) + restate.findings(unit, in_core)
    for path in options.core_sources() + [h for h in options.headers() if in_core(h)]:
        found += constructs(path)
    found += unreached_headers(everything) + no_target(everything)
    return unique(found)


def unique(found):
    seen, out = set(), []
    for item in found:
        if item not in seen:
            seen.add(item)
            out.append(item)
    return out


def contracts(unit, defined):
    """Every function with a body, and every declaration in core/, has a whole contract."""
    out = []
    for name, decls in unit.decls.items():
        f = unit.defs.get(name) or decls[0]
        if not (in_core(f.file) or in_proofs(f.file)) or f.ghost:
            continue
        where, with_contract = f"{f.file}:{f.line}", unit.contract(name)
        if not with_contract:
            out.append(("missing contract", f"{where}: {name}: function without contract"))
            continue
        kinds = {}
        for c in acsl.clauses(with_contract.contract.text):
            kinds.setdefault(c.kind, []).append(c)
        if "assigns" not in kinds:
            out.append(("missing assigns", f"{where}: {name}: contract without assigns: callers would have to guess"))
        # A client that runs for ever is what a most general client is; the core must come back.
        allowed = [["\\true"]] if in_core(f.file) else [["\\true"], ["\\false"]]
        if len(kinds.get("terminates", [])) != 1 or kinds["terminates"][0].words not in allowed:
            out.append(("missing terminates", f"{where}: {name}: contract without 'terminates \\true'"))
        if [c.words for c in kinds.get("exits", [])] != [["\\false"]]:
            out.append(("missing exits", f"{where}: {name}: contract without 'exits \\false'"))
        if sum(1 for d in decls if d.contract) > 1:
            out.append(("two contracts", f"{where}: {name}: more than one contract: keep the one at the declaration"))
    return out


def assumptions(unit, defined):
    """What is assumed and not proven: only in the seam and in stubs of proof clients, with its reason."""
    out = []
    for tok in unit.toks:
        if tok.kind != "acsl":
            continue
        where, ws = f"{tok.file}:{tok.line}", csrc.words(csrc.inner(tok.text))
        for word, why in (("axiom", "an axiom is an assumption"), ("admit", "an admitted clause is an assumption"),
                          ("inductive", "not supported by the provers here")):
            if word in ws and not in_seam(tok.file):
                out.append(("unstated assumption", f"{where}: '{word}' outside core/hw: {why}"))
        if "axiom" in ws and in_seam(tok.file) and "TRUST:" not in tok.text:
            out.append(("unstated assumption", f"{where}: axiom without a TRUST reason"))
        if "invariant" in ws and ws[0] in ("global", "type", "strong", "weak"):
            out.append(("silent annotation", f"{where}: {ws[0]} invariant: Frama-C 25 makes no goal of it"))
        for d in acsl.definitions(tok.text, (tok.file, tok.line)):
            if d.body is None and not in_seam(tok.file):
                out.append(("unstated assumption", f"{where}: {d.name}: logic without a body outside core/hw"))
    for name, decls in unit.decls.items():
        if name in defined or any(d.ghost for d in decls):
            continue
        f = unit.contract(name) or decls[0]
        where = f"{f.file}:{f.line}"
        if in_core(f.file) and not in_seam(f.file):
            out.append(("bodyless contract", f"{where}: {name}: declared in core/, defined nowhere: its contract is "
                        "an assumption"))
        elif f.contract and (in_seam(f.file) or in_proofs(f.file)):
            reason = re.search(r"TRUST:(.*)", f.contract.text, re.S)
            if not reason:
                out.append(("untrusted seam", f"{where}: {name}: contract without a TRUST reason"))
            elif in_seam(f.file) and not re.search(r"(SDM|APM|design|statistics)", reason.group(1)):
                out.append(("untrusted seam", f"{where}: {name}: TRUST reason without the manual's section"))
    return out


def forged_stub(unit, defined, device):
    """A stub of a proof client is arbitrary input; one that changes the device would forge the theorem."""
    out = []
    for name in unit.decls:
        f = unit.contract(name)
        if name in defined or not f or in_seam(f.file):
            continue
        for c in acsl.of_kind(f.contract.text, "assigns"):
            out += [("forged ghost", f"{f.file}:{f.line}: {name}: a contract without a body assigns {g}: only core/hw may")
                    for g in c.words if g in device]
    return out


def forged_ghost(unit, device):
    """Ghost state of the device is assigned by seam contracts alone."""
    out = []
    for name, f in unit.defs.items():
        for tok in f.annotations():
            ws = csrc.words(csrc.inner(tok.text))
            if "ghost" not in ws:
                continue
            for hit in assigned(ws[ws.index("ghost") + 1:], device):
                out.append(("forged ghost", f"{tok.file}:{tok.line}: {name}: ghost assignment to {hit}: device state is "
                            "changed by seam contracts only"))
    for item in unit.context:
        for tok in item:
            if tok.kind == "acsl" and not in_seam(tok.file):
                ws = csrc.words(csrc.inner(tok.text))
                if ws[:1] == ["ghost"]:
                    for hit in assigned(ws[1:], device):
                        out.append(("forged ghost", f"{tok.file}:{tok.line}: ghost code outside core/hw changes {hit}"))
    return out


def assigned(ws, device):
    """Device ghosts that a ghost text assigns, increments, takes the address of, or lists in an inner assigns."""
    hits, stmt = [], []
    for w in ws + [";"]:
        if w not in (";", "{", "}"):
            stmt.append(w)
            continue
        ops = [j for j, x in enumerate(stmt) if x in ("=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=")]
        upto = ops[-1] if ops else 0
        for j, x in enumerate(stmt):
            if x not in device:
                continue
            near = stmt[max(0, j - 1):j] + stmt[j + 1:j + 2]
            if j < upto or "++" in stmt or "--" in stmt or stmt[max(0, j - 1):j] == ["&"] or "assigns" in stmt[:j]:
                hits.append(x)
            elif near and near[0] in ("++", "--"):
                hits.append(x)
        stmt = []
    return hits


def constructs(path):
    """Constructs that WP does not model soundly, or that hide text from one of the two readers."""
    out = []
    with open(f"{options.ROOT}/{path}", encoding="utf-8") as f:
        text = f.read()
    line = 1
    toks = []
    for m in csrc.TOKEN.finditer(text):
        line = text.count("\n", 0, m.start()) + 1
        if m.lastgroup not in ("comment", "acsl"):
            toks.append((m.group(), line, m.lastgroup))
    for j, (w, line, _) in enumerate(toks):
        if w in options.FORBIDDEN_WORDS:
            out.append(("forbidden construct", f"{path}:{line}: '{w}': {options.FORBIDDEN_WORDS[w]}"))
        if w.startswith("__builtin_") and w != "__builtin_unreachable":
            out.append(("forbidden construct", f"{path}:{line}: '{w}': a builtin has a guessed contract"))
        if w == "(" and function_pointer(toks, j):
            out.append(("forbidden construct", f"{path}:{line}: function pointer: WP cannot follow the call"))
        if w == "(" and pointer_cast(toks, j):
            out.append(("forbidden construct", f"{path}:{line}: cast to a pointer type: outside WP's memory model"))
    return out


def function_pointer(toks, j):
    ws = [t[0] for t in toks[j:j + 5]]
    if len(ws) < 4 or ws[1] != "*":
        return False
    if ws[2] == ")":
        return ws[3] == "("
    prev = toks[j - 1][0] if j else ""
    typed = prev in TYPE_WORDS or prev.endswith("_t") or prev == "*" or (j > 1 and toks[j - 2][0] in ("struct", "enum"))
    return typed and ws[3] in (")", "[") and ("(" in ws[4:5] or ws[3] == "[")


def pointer_cast(toks, j):
    ws, k = [], j + 1
    while k < len(toks) and toks[k][0] not in ("(", ")", ";", ",", "{"):
        ws.append(toks[k][0])
        k += 1
    if k + 1 >= len(toks) or toks[k][0] != ")" or not ws or ws[-1] not in ("*", "const") or "*" not in ws:
        return False
    head = [w for w in ws if w not in ("*", "const")]
    typed = bool(head) and (head[0] in TYPE_WORDS or head[0].endswith("_t"))
    before = toks[j - 1][0] if j else ""
    after, kind = toks[k + 1][0], toks[k + 1][2]
    called = re.match(r"[A-Za-z_]\w*$", before) and before not in ("return", "case", "else", "sizeof")
    return typed and not called and (kind in ("id", "num", "str") or after in ("(", "&", "*", "-", "~"))


def normal(toks):
    """Tokens as the compiler sees them: no comments, integer suffixes by meaning."""
    out = []
    for t in toks:
        if t.kind in ("acsl", "comment"):
            continue
        text = t.text
        if t.kind == "num":
            m = re.match(r"(0[xX][0-9a-fA-F]+|[0-9]+)([uUlL]*)$", text)
            if m:
                s = m.group(2).lower()
                text = m.group(1) + ("u" if "u" in s else "") + ("l" if "l" in s else "")
        out.append((text, t))
    return out


def same_text(path):
    """The text that is proven is the text that is compiled: token by token, comments aside."""
    if not in_core(path):
        return []
    proven = normal(csrc.lex(csrc.preprocess(path, csrc.framac_flags()))[0])
    built = normal(csrc.lex(csrc.preprocess(path, tuple(preprocessor_flags(options.build_cflags()))))[0])
    for (a, ta), (b, tb) in zip(proven, built):
        if a != b:
            return [("text differs", f"{ta.file}:{ta.line}: Frama-C reads '{a}', the compiler reads '{b}' "
                     f"({tb.file}:{tb.line}): in {path}")]
    if len(proven) != len(built):
        return [("text differs", f"{path}: Frama-C reads {len(proven)} tokens, the compiler {len(built)}")]
    return []


def preprocessor_flags(flags):
    """Build flags that matter to gcc -E; outputs and dependency files are dropped."""
    out, skip = [], False
    for f in flags:
        if skip or f in ("-c", "-MMD", "-MD", "-MP", "-E", "-S", "-Werror"):
            skip = False
            continue
        if f in ("-o", "-MF", "-MT", "-MQ"):
            skip = True
            continue
        out.append(f)
    return out


def unreached_headers(sources):
    """A header of the core that no proven file includes would be unchecked text."""
    seen = set()
    for path in sources:
        unit = csrc.unit(path)
        seen |= {t.file for t in unit.toks} | {t.file for t in unit.comments} | {f for f, _ in unit.defines}
    return [("unreached header", f"{h}: no file of the proof includes it") for h in options.headers() if h not in seen]


def no_target(sources):
    """Text that no proof target covers: a body in a header, a lemma in a header nobody proves, a stray file in core/."""
    out, covered = [], set(sources) | set(options.headers())
    for path in sources:
        for t in csrc.unit(path).toks:
            if t.kind == "acsl" and t.file not in covered and "lemma" in csrc.words(csrc.inner(t.text)):
                out.append(("no target", f"{t.file}:{t.line}: a lemma here is assumed by all and proved nowhere"))
        for name, f in csrc.unit(path).defs.items():
            if f.file != path and (in_core(f.file) or in_proofs(f.file)):
                out.append(("no target", f"{f.file}:{f.line}: {name}: a body outside a .c file of its own is proved nowhere"))
    for path in options.files("core/**/*"):
        if os.path.isfile(os.path.join(options.ROOT, path)) and not path.endswith((".c", ".h", ".md")):
            out.append(("no target", f"{path}: neither .c nor .h: no proof reads it"))
    return out
