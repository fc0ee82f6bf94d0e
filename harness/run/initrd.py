"""The initrd: a deterministic uncompressed newc cpio (Linux Documentation/driver-api/early-userspace/buffer-format.rst)."""
from base import read, write

DIR, FILE, CHAR = 0o040755, 0o100755, 0o020600


def entry(ino, name, mode, data=b"", dev=(0, 0)):
    name = name.encode() + b"\0"
    fields = (ino, mode, 0, 0, 1, 0, len(data), 0, 0, dev[0], dev[1], len(name), 0)
    out = b"070701" + b"".join(b"%08X" % f for f in fields) + name
    out += bytes(-len(out) % 4)
    return out + data + bytes(-len(data) % 4)


def build(out, files):
    """files: list of (name, data or path); directories and the console node come by themselves."""
    dirs = ["bin", "dev", "modules", "proc", "sys", "tmp"]
    blob, ino = b"", 1
    for d in dirs:
        blob += entry(ino, d, DIR)
        ino += 1
    for name, dev in (("dev/console", (5, 1)), ("dev/null", (1, 3)), ("dev/mem", (1, 1)), ("dev/ttyS0", (4, 64))):
        blob += entry(ino, name, CHAR, dev=dev)
        ino += 1
    for name, data in files:
        blob += entry(ino, name, FILE, data if isinstance(data, bytes) else read(data))
        ino += 1
    blob += entry(0, "TRAILER!!!", 0)
    return write(out, blob + bytes(-len(blob) % 512))
