# SPDX-License-Identifier: BSD-2-Clause
"""The layout of the text. Every file: no blanks at a line's end, one newline at the file's end. Our C (not the guests',
which have a kernel's style): 150 columns at most outside comments and contracts, no tabs, an SPDX line. And clang-format
(120 columns) to the letter in the folders below; elsewhere the breaks of tables and of contracts are the writer's.
"""
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COLUMNS = 150
TEXT = (".c", ".h", ".S", ".py", ".mk", ".sh", ".md", ".tsv", ".yml")
OTHERS = ("tests/guests/", "tests/gate/")   # a guest's style; pieces of broken cores
FORMATTED = ("tests/oracle/", "tests/fuzz/", "tests/static/", "harness/lib/")


def files():
    """Tracked files and those that will be, if git is there; else all outside build/."""
    run = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if run.returncode == 0:
        return sorted(p for p in run.stdout.split("\n") if p and os.path.exists(os.path.join(ROOT, p)))
    found = []
    for folder, names, paths in os.walk(ROOT):
        names[:] = [n for n in names if n not in ("build", ".git")]
        found += [os.path.relpath(os.path.join(folder, p), ROOT) for p in paths]
    return sorted(found)


def code_lines(text):
    """(number, line) of the lines that hold code: no comment, no contract."""
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        if not inside and "/*" not in line:
            yield number, line
        start, end = line.rfind("/*"), line.rfind("*/")
        inside = start > end if max(start, end) >= 0 else inside


def problems(path, text):
    """What one file's layout breaks, as lines."""
    out = [f"{path}:{n}: blanks at the end of the line" for n, x in enumerate(text.split("\n"), 1) if x != x.rstrip()]
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        out.append(f"{path}: does not end in one newline")
    if not path.endswith((".c", ".h")) or path.startswith(OTHERS):
        return out
    out += [f"{path}:{n}: {len(x)} columns" for n, x in code_lines(text) if len(x) > COLUMNS]
    out += [f"{path}:{n}: a tab" for n, x in enumerate(text.split("\n"), 1) if "\t" in x]
    if "SPDX-License-Identifier" not in text[:200]:
        out.append(f"{path}: no SPDX line")
    return out


def layout(paths):
    out = []
    for path in paths:
        if path.endswith(TEXT) or os.path.basename(path) == "Makefile":
            with open(os.path.join(ROOT, path), encoding="utf-8") as f:
                out += problems(path, f.read())
    return out


def formatted(paths):
    """Files of the folders that clang-format rules, and that it would change."""
    mine = [p for p in paths if p.startswith(FORMATTED) and p.endswith((".c", ".h")) and "/fixtures/" not in p]
    if not mine:
        return ["no file to format: the list of folders is wrong"]
    run = subprocess.run(["clang-format", "--dry-run", "-Werror", *mine], cwd=ROOT, capture_output=True, text=True)
    lines = [line for line in run.stderr.splitlines() if "error:" in line]
    return lines or (["clang-format failed"] if run.returncode else [])
