#!/bin/sh
# Install what is missing from Debian's packages; one clear line if that can't be done.
# Called as: deps.sh STAMP [tests]; PN_MORE_PACKAGES is for the test of that one line.
set -u
stamp=$1
build="gcc binutils libc6-dev make python3 xz-utils zstd"
boot="bochs bochsbios vgabios bochs-term grub-common grub-pc-bin xorriso"
tests="frama-c-base z3 cvc4 why3 check pkg-config"
want="$build $boot ${2:+$tests} ${PN_MORE_PACKAGES:-}"

fail() { echo "error: $1" >&2; exit 2; }

missing=
for p in $want; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing="$missing $p"
done
if [ -n "$missing" ]; then
    root=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "these packages are missing and neither root nor sudo is there to install them:$missing"
        root=sudo
    fi
    echo "installing from Debian:$missing"
    for try in 1 2; do
        out=$($root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing 2>&1) && break
        [ $try = 1 ] && $root apt-get update >/dev/null 2>&1 && continue
        fail "a package can't be fetched or installed ($(echo "$out" | grep '^E:' | head -1)); check the network and /etc/apt/sources.list; wanted:$missing"
    done
fi
mkdir -p "$(dirname "$stamp")" && touch "$stamp"
