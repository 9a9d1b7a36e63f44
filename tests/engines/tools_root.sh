#!/bin/bash
# tools_root.sh NAME SUITE PACKAGE... : a root with real tools (git, npm, pip...) from Debian packages, for base images of tests/e2e.
# Makes $ENGINES/tools/NAME (the folder, for `enter`) and $ENGINES/tools/NAME.tar (for `docker import`); prints the tar's path.
# What is there already for the same packages is left alone; delete $ENGINES/tools/NAME* to renew it. Needs root, as `setup` does.
# Maintainer scripts don't run: names that they would set up (php, awk, editor...) are linked below.
set -euo pipefail
NAME=$1 SUITE=$2; shift 2
export ENGINES=${ENGINES:-$HOME/.cache/remediate-engines} DEBIAN_FRONTEND=noninteractive
here=$(dirname "$(readlink -f "$0")") out=$ENGINES/tools
[ "$(id -u)" = 0 ] || { echo "tools_root.sh: needs root" >&2; exit 1; }
mkdir -p "$out"
exec 9> "$out/$NAME.lock"; flock 9                            # two runs at once: the second waits, then finds it done
want="$SUITE: $*"
if [ "$(cat "$out/$NAME.ready" 2>/dev/null || true)" != "$want" ]; then
  rm -rf "${out:?}/$NAME" "$out/$NAME.tar" "$out/$NAME.ready"
  apt-get -qq update >&2
  ENGINES=$out/apt-$NAME "$here/mkroot" "$SUITE" "$out/$NAME" "$@" >&2
  rm -rf "$out/apt-$NAME"
  root=$out/$NAME
  # /usr/bin/NAME -> the first program of that package family that is there
  while read -r link programs; do
    for program in $programs; do
      found=$(cd "$root/usr/bin" && compgen -G "$program" | sort -V | tail -1) || continue
      [ -z "$found" ] || [ -e "$root/usr/bin/$link" ] || ln -s "$found" "$root/usr/bin/$link"
    done
  done <<'LINKS'
awk mawk gawk
php php[0-9]*.[0-9]
java ../lib/jvm/java-*-openjdk-*/bin/java
which which.debianutils
sh dash busybox
LINKS
  # the bundle that update-ca-certificates would write
  if [ -d "$root/usr/share/ca-certificates" ]; then
    mkdir -p "$root/etc/ssl/certs"
    find "$root/usr/share/ca-certificates" -name '*.crt' -exec cat {} + > "$root/etc/ssl/certs/ca-certificates.crt"
  fi
  mkdir -p "$root/home/app" "$root/app"; chmod 1777 "$root/tmp" "$root/var/tmp"
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/sh\napp:x:1001:1001::/home/app:/bin/sh\n' > "$root/etc/passwd"
  printf 'root:x:0:\napp:x:1001:\nnogroup:x:65534:\n' > "$root/etc/group"
  chown 1001:1001 "$root/home/app"
  tar -C "$root" --exclude=./proc --exclude=./sys --exclude=./dev --exclude=./mnt -cf "$out/$NAME.tar" .
  echo "$want" > "$out/$NAME.ready"
fi
echo "$out/$NAME.tar"
