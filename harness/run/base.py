"""What every part of the runner shares: where things are, how a stage is shown, how an error ends."""
import hashlib
import os
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")
CACHE = os.path.join(BUILD, "cache")
MIB = 1 << 20
_start = time.monotonic()


class Fail(Exception):
    """One clear sentence for the user: what is wrong and what to do."""


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def stage(text):
    """A line of the runner's own, with the seconds since the start."""
    say("[%6.1fs] %s" % (time.monotonic() - _start, text))


def elapsed():
    return time.monotonic() - _start


def sh(argv, why, **kw):
    """Run a tool; its failure is one line that says what it was for, with the tool's last words."""
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **kw)
    except FileNotFoundError:
        raise Fail("%s: the program '%s' is missing; run 'make deps'" % (why, argv[0])) from None
    text = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        last = [l for l in text.splitlines() if l.strip()] or ["no output"]
        raise Fail("%s: '%s' failed: %s" % (why, " ".join(argv[:3]), last[-1]))
    return text


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    """Whole or not at all: a killed run never leaves half a file that a later run trusts."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    tmp = "%s.%d.%d.tmp" % (path, os.getpid(), threading.get_ident())
    with open(tmp, "wb") as f:
        f.write(data)
    os.replace(tmp, path)
    return path


def main(body):
    """Run a command-line tool's body; a Fail is one line and exit status 2, never a traceback."""
    try:
        sys.exit(body(sys.argv[1:]) or 0)
    except Fail as e:
        sys.stdout.flush()
        sys.stderr.write("error: %s\n" % e)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
