# SPDX-License-Identifier: BSD-2-Clause
"""Which mutants: by a fixed seed, each must compile under the project's -Werror flags, and no two, nor one and the
original, may be the same text or the same object code (that is an equivalent mutant which the compiler can show)."""
import hashlib
import os
import random
import subprocess

import csrc
import operators
import options
import source
import wrong

SEED = "provenest-1"
EVENT, NESTED = "core/event/", "core/vmx/"
WANTED, LEAST, MOST = 315, 3, 24  # core/event: of all mutants; of one function's
STEP = 80  # core/vmx: one mutant a function, and one more for each so many candidates
# No rows yet: a file, or "file: function", each with its reason (README.md, "State").
CHANGING = "its text was still being changed when the table was made"
_LEFT_OUT = ()
NOT_YET = {NESTED + name.replace(":", ": "): reason for reason, names in _LEFT_OUT for name in names.split()}
FLAGS = options.FALLBACK_CFLAGS + [f for f in wrong.STRICT if f != "-fsyntax-only"]


class Mutant:
    def __init__(self, src, fn, operator, edits):
        self.path, self.function, self.operator = src.path, fn.name, operator
        self.text = apply(src.text, edits)
        start, end = min(e[0] for e in edits), max(e[1] for e in edits)
        self.line = src.text.count("\n", 0, start) + 1
        first = src.text.rfind("\n", 0, start) + 1
        last = src.text.find("\n", end)
        self.before = src.text[first:last]
        self.after = self.text[first:last + len(self.text) - len(src.text)]
        grown = len(self.text) - len(src.text)
        self.words = source.words(self.text[fn.start:fn.end + grown])
        what = "\n".join([src.path, fn.name] + self.words)
        self.id = hashlib.sha256(what.encode()).hexdigest()[:10]


def apply(text, edits):
    """Edits of one place keep their order: what is inserted at a point stands before what begins there."""
    out, pos = [], 0
    for start, end, new in sorted(edits, key=lambda e: (e[0], e[1])):
        if start < pos:
            raise csrc.GateError("edits overlap")
        out += [text[pos:start], new]
        pos = end
    return "".join(out + [text[pos:]])


def part(path):
    return NESTED if path.startswith(NESTED) else EVENT


def share(path, size):
    """How many of a function's mutants are chosen, of `size` candidates. In core/vmx by the function's size alone, so that a
    file may come or change without the rows of the others."""
    return 1 + (size + STEP // 2) // STEP if part(path) == NESTED else LEAST


def sources(root=None, only=()):
    """The covered files; `only` those that are named, by their path's end without .c."""
    wanted = [p for p in options.core_sources() if p not in NOT_YET
              and (not only or any(("/" + p[:-2]).endswith("/" + name) for name in only))]
    srcs = {path: source.Source(path, root or options.ROOT) for path in wanted}
    for path, src in srcs.items():
        src.functions = {name: fn for name, fn in src.functions.items() if f"{path}: {name}" not in NOT_YET}
    return srcs


def candidates(src, fn):
    """All distinct mutants of one function, those that do not compile included, in the order of choice: the operators take
    turns, shuffled by the seed and the function's name."""
    rng = random.Random(f"{SEED}:{src.path}:{fn.name}")
    seen, groups = {tuple(source.words(src.text[fn.start:fn.end]))}, {}
    for operator, edits in operators.all_of(src, fn):
        try:
            m = Mutant(src, fn, operator, edits)
        except csrc.GateError:
            continue
        if tuple(m.words) not in seen:
            seen.add(tuple(m.words))
            groups.setdefault(operator, []).append(m)
    turns = sorted(groups)
    rng.shuffle(turns)
    for operator in turns:
        rng.shuffle(groups[operator])
    out = []
    while any(groups.values()):
        out += [groups[o].pop() for o in turns if groups[o]]
    return out


class Compiler:
    """Compiles a text of core/ in a shadow tree; None if it does not compile."""

    def __init__(self, root):
        self.root = root

    def code(self, path, text):
        full, obj = os.path.join(self.root, path), os.path.join(self.root, "mutant.o")
        with open(full, encoding="utf-8") as f:
            original = f.read()
        try:
            with open(full, "w", encoding="utf-8") as f:
                f.write(text)
            run = subprocess.run(["gcc"] + FLAGS + ["-c", path, "-o", obj], cwd=self.root, capture_output=True)
            if run.returncode:
                return None
            with open(obj, "rb") as f:
                return hashlib.sha256(f.read()).hexdigest()
        finally:
            with open(full, "w", encoding="utf-8") as f:
                f.write(original)


class Chosen:
    """The mutants of one function, found one after the other."""

    def __init__(self, src, fn, compiler):
        self.src, self.fn, self.compiler = src, fn, compiler
        self.queue, self.mutants, self.seen = candidates(src, fn), [], {compiler.code(src.path, src.text)}
        self.size, self.failing, self.same = len(self.queue), 0, 0

    def more(self):
        """One more mutant, if there is one."""
        while self.queue:
            m = self.queue.pop(0)
            code = self.compiler.code(self.src.path, m.text)
            if code is None:
                self.failing += 1
            elif code in self.seen:
                self.same += 1
            else:
                self.seen.add(code)
                self.mutants.append(m)
                return True
        return False


def choose(srcs, compiler, wanted=WANTED):
    """[Chosen]: every function gets its share; core/event then in turns one for every eight candidates a function has, until
    there are enough."""
    every = [Chosen(srcs[p], srcs[p].functions[n], compiler) for p in sorted(srcs) for n in srcs[p].functions]
    for c in every:
        while len(c.mutants) < share(c.src.path, c.size) and c.more():
            pass
    chosen = [c for c in every if part(c.src.path) == EVENT]
    count, turn = sum(len(c.mutants) for c in chosen), 0
    while count < wanted and turn < MOST:
        turn += 1
        for c in chosen:
            if count < wanted and len(c.mutants) < min(MOST, LEAST + turn * c.size // 40 + turn // 2) and c.more():
                count += 1
    return every
