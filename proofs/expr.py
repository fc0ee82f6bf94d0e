# SPDX-License-Identifier: BSD-2-Clause
"""ACSL expressions: a parser for the part of the language our contracts use. Nodes are tuples, the first item is the kind."""
import re

from csrc import GateError

BINARY = {"<==>": 2, "==>": 3, "||": 4, "^^": 5, "&&": 6, "|": 7, "^": 8, "&": 9, "==": 10, "!=": 10,
          "<": 11, ">": 11, "<=": 11, ">=": 11, "<<": 12, ">>": 12, "+": 13, "-": 13, "*": 14, "/": 14, "%": 14}
COMPARE = {"==", "!=", "<", ">", "<=", ">="}


class Parser:
    def __init__(self, words, where):
        self.ws, self.i, self.where = words, 0, where

    def peek(self, k=0):
        return self.ws[self.i + k] if self.i + k < len(self.ws) else None

    def take(self, word=None):
        w = self.peek()
        if w is None or (word is not None and w != word):
            self.fail(f"expected {word or 'more'}")
        self.i += 1
        return w

    def fail(self, why):
        near = " ".join(self.ws[max(0, self.i - 4):self.i + 6])
        raise GateError(f"{self.where}: cannot translate: {why} near '{near}'")

    def whole(self):
        e = self.expression()
        if self.peek() is not None:
            self.fail("unexpected text")
        return e

    def expression(self):
        if self.peek() in ("\\forall", "\\exists"):
            return self.quantified()
        if self.peek() == "\\let":
            self.take()
            name = self.take()
            self.take("=")
            value = self.expression()
            self.take(";")
            return ("let", name, value, self.expression())
        cond = self.binary(2)
        if self.peek() == "?":
            self.take()
            a = self.expression()
            self.take(":")
            return ("cond", cond, a, self.expression())
        return cond

    def quantified(self):
        kind = self.take()[1:]
        binders, current = [], []
        while self.peek() != ";":
            if self.peek() == ",":
                binders.append(current)
                current = []
                self.take()
            else:
                current.append(self.take())
        self.take(";")
        binders.append(current)
        names = [b[-1] for b in binders]
        if binders[0][0] != "integer":
            self.fail("a quantifier over something else than integer")
        return (kind, names, self.expression())

    def binary(self, level):
        left = self.unary()
        while True:
            op = self.peek()
            prec = BINARY.get(op)
            if prec is None or prec < level:
                return left
            self.take()
            if op == "==>":
                right = self.operand(prec)  # right associative
            else:
                right = self.operand(prec + 1)
            if op in COMPARE and left[0] == "bin" and left[1] in COMPARE and op not in ("==", "!="):
                left = ("bin", "&&", left, ("bin", op, left[3], right))  # a <= b <= c
            else:
                left = ("bin", op, left, right)

    def operand(self, level):
        if self.peek() in ("\\forall", "\\exists", "\\let"):
            return self.expression()
        return self.binary(level)

    def unary(self):
        w = self.peek()
        if w in ("!", "-", "~", "*", "&"):
            self.take()
            return ("un", w, self.unary())
        return self.postfix(self.primary())

    def primary(self):
        w = self.take()
        if w == "(":
            e = self.expression()
            self.take(")")
            return e
        if w == "\\result":
            return ("name", "\\result")
        if w in ("\\true", "\\false"):
            return ("num", "1" if w == "\\true" else "0")
        if w in ("\\old", "\\valid", "\\valid_read"):
            self.take("(")
            e = self.expression()
            self.take(")")
            return ("old" if w == "\\old" else "valid", e)
        if w == "\\separated":
            self.take("(")
            a = self.expression()
            self.take(",")
            b = self.expression()
            self.take(")")
            return ("separated", a, b)
        if re.match(r"[0-9]", w):
            return ("num", re.sub(r"[uUlL]+$", "", w))
        if re.match(r"[A-Za-z_]\w*$", w):
            return ("name", w)
        self.i -= 1
        return self.fail(f"'{w}' is not supported")

    def postfix(self, e):
        while True:
            w = self.peek()
            if w == "(" and e[0] == "name":
                e = ("call", e[1], self.arguments())
            elif w == "{" and e[0] == "name":
                self.fail("a label")
            elif w in (".", "->"):
                self.take()
                e = ("field", e if w == "." else ("un", "*", e), self.take())
            elif w == "[":
                self.take()
                index = self.expression()
                self.take("]")
                e = ("index", e, index)
            else:
                return e

    def arguments(self):
        self.take("(")
        out = []
        while self.peek() != ")":
            out.append(self.expression())
            if self.peek() == ",":
                self.take()
        self.take(")")
        return out


def parse(words, where):
    return Parser(words, where).whole()


def substitute(e, env):
    """Replace names by nodes."""
    if e[0] == "name":
        return env.get(e[1], e)
    if e[0] in ("forall", "exists"):
        return (e[0], e[1], substitute(e[2], {k: v for k, v in env.items() if k not in e[1]}))
    if e[0] == "let":
        return ("let", e[1], substitute(e[2], env), substitute(e[3], {k: v for k, v in env.items() if k != e[1]}))
    return tuple(substitute(x, env) if isinstance(x, tuple) else
                 [substitute(y, env) for y in x] if isinstance(x, list) and e[0] == "call" else x for x in e)


def names(e):
    """All names an expression mentions (calls included)."""
    out = set()
    if e[0] in ("name", "call"):
        out.add(e[1])
    for x in e[1:]:
        if isinstance(x, tuple):
            out |= names(x)
        elif isinstance(x, list):
            for y in x:
                out |= names(y) if isinstance(y, tuple) else set()
    return out
