#!/usr/bin/env bash
# Plants each bug of this folder, one at a time, in a copy of the tree, and
# hunts it with simulated systems. Without a bug, nothing may be found.
#
# usage: run.sh BUILD_FOLDER [NAME...]
# Prints a line per bug as rows of a table; fails if one was not found.
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(realpath -m "${1:?usage: run.sh BUILD_FOLDER [NAME...]}")
shift
jobs=${STANCHION_JOBS:-$(nproc)}
seeds=${STANCHION_BUG_SEEDS:-300}
tree=$work/tree
export CCACHE_BASEDIR=$tree CCACHE_NOHASHDIR=1

copy() {
  rm -rf "$tree"
  mkdir -p "$tree"
  # With times of now: what an earlier copy left built is older than all of it.
  (cd "$source" && tar c --exclude=./build --exclude=./.git .) \
    | tar x -m -C "$tree"
}

build() {
  [[ -f $work/build/build.ninja ]] \
    || cmake --preset dev -S "$tree" -B "$work/build" \
      -DSTANCHION_EXAMPLES=OFF >&2
  cmake --build "$work/build" -j "$jobs" --target bug_hunt >"$work/log" 2>&1 || {
    tail -n 30 "$work/log" >&2
    return 1
  }
}

# hunt SEEDS: what was found; nothing, and status 1, if nothing was.
hunt() {
  local status=0 found
  found=$(timeout 900 "$work/build/bin/bug_hunt" "$1" 2>"$work/last") \
    || status=$?
  case $status in
    0) return 1 ;;
    1) echo "$found" ;;
    *) echo "found: the process ended with status $status," \
      "$(tail -n 1 "$work/last")" ;;
  esac
}

copy
build
if found=$(hunt 1000); then
  echo "without a bug: $found"
  exit 1
fi
[[ $# -gt 0 ]] || set -- "$source"/tests/bugs/*.patch
missed=0
for bug; do
  name=$(basename "$bug" .patch)
  file=$source/tests/bugs/$name.patch
  patch -s -p1 -F0 -d "$tree" <"$file"
  build
  if found=$(hunt "$seeds"); then
    echo "| $name | ${found#found: } |"
  else
    echo "| $name | NOT FOUND |"
    missed=$((missed + 1))
  fi
  patch -s -R -p1 -F0 -d "$tree" <"$file"
done
[[ $missed -eq 0 ]]
