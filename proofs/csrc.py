# SPDX-License-Identifier: BSD-2-Clause
"""C with ACSL as the gate reads it: preprocessing, tokens, and the items at top level of a translation unit."""
import functools
import os
import re
import subprocess

import options

TOKEN = re.compile(r"""
    (?P<acsl>/\*@.*?\*/|//@[^\n]*) | (?P<comment>/\*.*?\*/|//[^\n]*) |
    (?P<str>"(?:\\.|[^"\\\n])*") | (?P<chr>'(?:\\.|[^'\\\n])*') |
    (?P<num>\.?[0-9](?:[eEpP][+-]|[\w.])*) | (?P<id>\\?[A-Za-z_]\w*) |
    (?P<punct><==>|==>|<<=|>>=|\.\.\.|\^\^|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\.\.|[^\s\w])
    """, re.X | re.S)
MARKER = re.compile(r'^#\s*(?:line\s+)?(\d+)\s+"([^"]*)"')
CONTRACT_WORDS = {"requires", "terminates", "decreases", "assigns", "ensures", "exits", "behavior", "allocates",
                  "frees", "assumes", "complete", "disjoint"}


class GateError(Exception):
    """One clear line for the user."""


class Tok:
    __slots__ = ("kind", "text", "file", "line")

    def __init__(self, kind, text, file, line):
        self.kind, self.text, self.file, self.line = kind, text, file, line

    def __repr__(self):
        return self.text


def inner(text):
    """The text inside an annotation, without its comment marks and the leading @ of lines."""
    body = text[3:-2] if text.startswith("/*") else text[3:]
    return re.sub(r"(?m)^(\s*)@+", r"\1 ", body.rstrip("@"))


def words(text):
    """Tokens of an annotation's text, comments dropped."""
    return [m.group() for m in TOKEN.finditer(text) if m.lastgroup not in ("comment", "acsl") or m.group()[:3] == "/*@"]


@functools.lru_cache(None)
def preprocess(path, flags, keep_comments=True):
    cmd = ["gcc", "-E"] + (["-C", "-dD"] if keep_comments else []) + list(flags) + [path]
    run = subprocess.run(cmd, cwd=options.ROOT, capture_output=True, text=True)
    if run.returncode:
        raise GateError(f"unreadable text: {path}: does not preprocess: {(run.stderr.strip().splitlines() or ['gcc failed'])[0]}")
    return run.stdout


@functools.lru_cache(None)
def framac_flags():
    try:
        share = subprocess.run([options.FRAMAC, "-print-share-path"], capture_output=True, text=True).stdout.strip()
    except OSError as e:
        raise GateError(f"tool missing: {options.FRAMAC}: {e.strerror}: apt-get install frama-c-base") from None
    share = share or "/usr/share/frama-c"
    return tuple([f"-I{share}/libc", "-D__FRAMAC__", "-D__FC_MACHDEP_GCC_X86_64", "-nostdinc", "-m64"]
                 + options.INCLUDES)


def lex(text):
    """Tokens with their place, and the #define lines of the project's own files."""
    toks, defines, file, line, own, cache = [], [], "?", 1, False, {}
    lines, i = text.split("\n"), 0
    while i < len(lines):
        raw = lines[i]
        i += 1
        if raw.startswith("#"):
            marker = MARKER.match(raw)
            if marker:
                name = marker.group(2)
                if name not in cache:
                    full = os.path.realpath(os.path.join(options.ROOT, name))
                    inside = full.startswith(options.ROOT + os.sep) and os.path.exists(full)
                    cache[name] = (os.path.relpath(full, options.ROOT), True) if inside else (name, False)
                (file, own), line = cache[name], int(marker.group(1))
            else:
                if own and re.match(r"#\s*(define|undef)\b", raw):
                    defines.append((file, " ".join(raw.split())))
                line += 1
            continue
        start = i - 1  # a comment may run over several lines: find where the chunk of plain text ends
        while i < len(lines) and not lines[i].startswith("#"):
            i += 1
        chunk, here = "\n".join(lines[start:i]), line
        if own:
            pos = 0
            for m in TOKEN.finditer(chunk):
                here += chunk.count("\n", pos, m.start())
                pos = m.start()
                toks.append(Tok(m.lastgroup, m.group(), file, here))
        line += i - start
    return toks, defines


class Function:
    """A declaration or definition at top level."""

    def __init__(self, name, head, contract, body, ghost=False):
        self.name, self.head, self.contract, self.body, self.ghost = name, head, contract, body, ghost
        first = head[0]
        self.file, self.line = first.file, first.line
        self.static = any(t.text == "static" for t in head)

    def annotations(self):
        return [t for t in self.body or [] if t.kind == "acsl"]


class Unit:
    """A translation unit: functions by name, contracts, and everything else as context."""

    def __init__(self, path, flags=None):
        self.path = path
        toks, self.defines = lex(preprocess(path, tuple(flags or framac_flags())))
        self.comments = [t for t in toks if t.kind == "comment"]
        self.toks = [t for t in toks if t.kind != "comment"]
        self.defs, self.decls, self.context, self.ghosts = {}, {}, [], {}
        self._items()

    def contract(self, name):
        for f in self.decls.get(name, []):
            if f.contract:
                return f
        return None

    def names(self):
        return set(self.decls)

    def _items(self):
        toks, i, pending = self.toks, 0, None
        while i < len(toks):
            tok = toks[i]
            if tok.kind == "acsl":
                if is_contract(tok.text):
                    pending = tok
                else:
                    self._global(tok, pending)
                    pending = None
                i += 1
                continue
            end, body = item_end(toks, i)
            self._declaration(toks[i:end], body - i if body else None, pending)
            pending, i = None, end

    def _declaration(self, item, body, pending):
        head = item[:body] if body is not None else item
        name = function_name(head)
        if name:
            f = Function(name, head, pending, item[body:] if body is not None else None)
            self.decls.setdefault(name, []).append(f)
            if f.body is not None:
                self.defs[name] = f
        else:
            self.context.append(([pending] if pending else []) + item)

    def _global(self, tok, pending):
        self.context.append(([pending] if pending else []) + [tok])
        text = inner(tok.text)
        ws = words(text)
        if ws[:1] == ["ghost"]:
            for name in ghost_variables(ws[1:]):
                self.ghosts[name] = tok.file
            for name in ghost_functions(ws[1:]):
                where = Tok("id", name, tok.file, tok.line)
                self.decls.setdefault(name, []).append(Function(name, [where], tok, None, ghost=True))


def is_contract(text):
    ws = words(inner(text))
    if ws[:1] and ws[0] in ("check", "admit"):
        ws = ws[1:]
    return bool(ws) and ws[0] in CONTRACT_WORDS


def item_end(toks, i):
    """(end of the item, index of a function's body or None)."""
    depth = 0
    start = i
    while i < len(toks):
        text = toks[i].text
        if text in ("(", "["):
            depth += 1
        elif text in (")", "]"):
            depth -= 1
        elif text == "{":
            close = matching(toks, i)
            prev = toks[i - 1].text if i > start else ""
            plain = not any(t.text == "=" for t in toks[start:i])
            if depth == 0 and prev == ")" and plain:
                return close + 1, i
            i = close
        elif text == ";" and depth == 0:
            return i + 1, None
        i += 1
    return i, None


def matching(toks, i, open_="{", close="}"):
    depth = 0
    for j in range(i, len(toks)):
        if toks[j].text == open_:
            depth += 1
        elif toks[j].text == close:
            depth -= 1
            if depth == 0:
                return j
    raise GateError(f"unreadable text: {toks[i].file}:{toks[i].line}: unbalanced {open_}")


def function_name(head):
    texts = [t.text for t in head if t.kind != "acsl"]
    if not texts or texts[0] in ("typedef", "_Static_assert") or "=" in texts:
        return None
    depth = 0
    for j, text in enumerate(texts):
        if text in ("{", "["):
            depth += 1
        elif text in ("}", "]"):
            depth -= 1
        elif text == "(" and depth == 0 and j and re.match(r"[A-Za-z_]\w*$", texts[j - 1]):
            if texts[j - 1] in ("__attribute__", "_Alignas", "__declspec", "__asm__"):
                continue
            return texts[j - 1]
    return None


def ghost_variables(ws):
    """Names declared by the words of a global ghost annotation (functions left out)."""
    names, stmt, depth = [], [], 0
    for w in ws + [";"]:
        if w in ("{", "("):
            depth += 1
        if w in ("}", ")"):
            depth -= 1
        if w == ";" and depth == 0:
            if stmt and "(" not in stmt:
                names += declared(stmt)
            stmt = []
        else:
            stmt.append(w)
    return names


def declared(stmt):
    names, current, skip, depth = [], None, False, 0
    for w in stmt:
        if w in ("[", "{"):
            depth += 1
        elif w in ("]", "}"):
            depth -= 1
        elif depth:
            continue
        elif w == "=":
            skip = True
        elif w == ",":
            names.append(current)
            skip, current = False, None
        elif not skip and re.match(r"[A-Za-z_]\w*$", w):
            current = w
    return [n for n in names + [current] if n]


def ghost_functions(ws):
    return [ws[j - 1] for j, w in enumerate(ws) if w == "(" and j > 1 and re.match(r"[A-Za-z_]\w*$", ws[j - 1])
            and ws[j - 2] not in ("(", "==", "&&", "||", "!", "=", "==>", "return") and ws[j - 1] not in
            ("if", "while", "for", "switch", "sizeof", "separated", "valid", "old")
            and (ws[j - 2] == "*" or re.match(r"[A-Za-z_]\w*$", ws[j - 2])) and ws[j - 2] not in ("requires", "ensures")]


@functools.lru_cache(None)
def unit(path, flags=None):
    return Unit(path, flags)


def flat(toks):
    """Words of a token list with annotations opened; plain comments and layout do not count."""
    out = []
    for t in toks:
        if t is None or t.kind == "comment":
            continue
        out += (["/*@"] + words(inner(t.text)) + ["*/"]) if t.kind == "acsl" else [t.text]
    return out
