# SPDX-License-Identifier: BSD-2-Clause
"""make museum: bugs of real hypervisors, made again in a shadow copy of our core; each must fall at its own obligation.

usage: museum.py [NUMBER...]      museum.py list"""
import concurrent.futures
import os
import queue
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[1:1] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "mutants")]

import bugs  # noqa: E402
import csrc  # noqa: E402
import kill  # noqa: E402
import options  # noqa: E402
import shadow  # noqa: E402
import wp  # noqa: E402

WORK = os.path.join(options.ROOT, "build", "museum")


def plain(goal):
    """The obligation's name: a changed control flow may number the calls, and several returns make parts of a clause."""
    return re.sub(r"_part\d+$", "", re.sub(r"_\d+_requires_", "_requires_", goal))


def changed(bug):
    """The text of the file with the bug in it; each snippet must be there once."""
    number, _, _, _, path, edits, _, _ = bug
    with open(os.path.join(options.ROOT, "core", path), encoding="utf-8") as f:
        text = f.read()
    for old, new in edits:
        if text.count(old) != 1:
            raise csrc.GateError(f"row {number}: stale: its text is {text.count(old)} times in core/{path}: {old.strip()!r}")
        text = text.replace(old, new)
    return text


def sound(place, path, function, goal):
    """The same obligation of the unchanged text is proved under the same limits: (provers, seconds), or a complaint."""
    for limits in kill.LADDER:
        found = kill.prove(place.root, path, function, limits, prop=kill.clause(goal))
        if found.verdict == "proved":
            return (limits, "") if goal in map(plain, found.valid) else (None, f"{function} has no obligation {goal}")
    return None, f"the unchanged text does not prove {found.goal or found.said}"


def reject(place, bug):
    """(seconds, complaint) for one bug."""
    _, _, _, _, name, _, function, goal = bug
    path, start = f"core/{name}", time.monotonic()
    limits, complaint = sound(place, path, function, goal)
    if complaint:
        return 0, complaint
    try:
        place.change(path, changed(bug))
        error = place.compiles(path)
        if error:
            return 0, f"does not compile under -Werror: {error}"
        start = time.monotonic()
        found = kill.prove(place.root, path, function, limits, prop=kill.clause(goal),
                           stop=lambda g: plain(g) == goal)
        if found.verdict in ("proved", "refused"):
            found = kill.prove(place.root, path, function, limits)
            return 0, f"not rejected by {function}: {goal}; failing first: {found.goal or found.said or 'nothing'}"
        if plain(found.goal) != goal:
            return 0, f"not rejected by {function}: {goal}; failing: {found.goal}"
        return time.monotonic() - start, ""
    finally:
        place.restore(path)


def coverage():
    """Every row that is asked for is here, once, or excluded with a reason."""
    have = [b[0] for b in bugs.BUGS] + list(bugs.EXCLUDED)
    lines = [f"row {n}: neither in the museum nor excluded" for n in bugs.WANTED if n not in have]
    lines += [f"row {n}: twice" for n in sorted(set(have)) if have.count(n) > 1]
    return lines + [f"row {n}: excluded without a reason" for n, why in bugs.EXCLUDED.items() if len(why) < 20]


def run(numbers):
    rows = [b for b in bugs.BUGS if not numbers or b[0] in numbers]
    if numbers and len(rows) < len(numbers):
        raise csrc.GateError("no such row: " + ", ".join(n for n in numbers if n not in [b[0] for b in rows]))
    wp.prepare()
    places, failed, bad = queue.Queue(), 0, coverage()
    for i in range(max(1, options.JOBS)):
        places.put(shadow.Shadow(os.path.join(WORK, f"w{i}")))

    def one(bug):
        place = places.get()
        try:
            return reject(place, bug)
        except csrc.GateError as e:
            return 0, str(e)
        finally:
            places.put(place)

    for line in bad:
        print(f"FAIL {line}")
    with concurrent.futures.ThreadPoolExecutor(max(1, options.JOBS)) as pool:
        for bug, (seconds, complaint) in zip(rows, pool.map(one, rows)):
            failed += bool(complaint)
            number, name, commit, _, _, _, function, goal = bug
            end = f"{function}: {goal} ({seconds:.1f} s)" if not complaint else complaint
            print(f"{'FAIL' if complaint else 'ok  '} {number:>3}  {name}  [{commit}]  {end}", flush=True)
    for number, why in bugs.EXCLUDED.items():
        print(f"excluded {number}: {why}")
    print(f"{len(rows) - failed} passed, {failed + len(bad)} failed")
    return 1 if failed or bad else 0


def main():
    args = sys.argv[1:]
    try:
        if args == ["list"]:
            for number, name, commit, what, path, _, function, goal in bugs.BUGS:
                print(f"{number:>3}  {name}  [{commit}]  {what}: core/{path}: {function}: {goal}")
            return 0
        return run(args)
    except csrc.GateError as e:
        print(f"museum: {e}\n0 passed, 1 failed")
        return 1


if __name__ == "__main__":
    sys.exit(main())
