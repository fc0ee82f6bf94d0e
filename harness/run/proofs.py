"""What the committed proof results say, for the closing lines of a run."""
import json
import os
import subprocess
import sys

from base import BUILD, ROOT

PLACES = (os.path.join(ROOT, "proofs", "results.json"), os.path.join(BUILD, "prove", "results.json"))


def lines():
    for path in PLACES:
        if os.path.exists(path):
            return [describe(path)]
    return ["no proof results are here; 'make prove' makes them"]


def describe(path):
    """The committed results' own totals; check-proofs has compared them with the text before."""
    try:
        with open(path, encoding="utf-8") as f:
            data = json.load(f)
        total = data["total"]
        return "%s of %s goals, %d functions, digest %s (%s)" % (
            format(total["proved"], ","), format(total["goals"], ","), total["functions"], data["digest"],
            os.path.relpath(path, ROOT))
    except (ValueError, KeyError, TypeError):
        return "%s can't be read" % os.path.relpath(path, ROOT)


def digest():
    """What the hypervisor's banner says: which proof results it was built from."""
    done = subprocess.run([sys.executable, os.path.join(ROOT, "proofs", "check.py"), "--digest"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return done.stdout.decode().strip() or "none"


if __name__ == "__main__":
    print(digest())
