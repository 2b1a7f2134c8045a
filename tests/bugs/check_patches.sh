#!/bin/sh
# Every bug of the bench still fits the tree. usage: check_patches.sh SOURCE
set -eu
cd "$1"
bad=0
for file in tests/bugs/*.patch; do
  if ! patch -p1 -F0 --dry-run --force <"$file" >/dev/null; then
    echo "$file does not apply any more: plant its bug anew"
    bad=1
  fi
done
exit $bad
