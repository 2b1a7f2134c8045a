#!/bin/sh
# Checks which part of the source tree ROOT includes which.
#
#   cli, examples, bench -> runtime -> actors, supervisors -> fabric -> core
#   supervisors/policy -> core only; detail/ is private to its folder
#   the library is included as <stanchion/...>; only fabric/ names caf::, the
#   header <stanchion/caf.hpp>, and of bench/ the floors, which are what is
#   measured against
#
# Prints one line per violation and fails if there is any.
# Usage: check_layers.sh ROOT
set -eu
cd "$1"

folders=
for folder in core fabric supervisors actors runtime cli examples bench tests \
  include; do
  [ ! -d "$folder" ] || folders="$folders $folder"
done

# shellcheck disable=SC2086 # a list of plain words
find $folders -name '*.hpp' -o -name '*.cpp' | LC_ALL=C sort \
  | xargs awk '
function complain(text) {
  printf "%s:%d: %s\n", FILENAME, FNR, text
  violations++
}

# What a file in `folder` may include, as a list of folders between spaces.
function allowed(folder) {
  if (FILENAME ~ /^supervisors\/policy\//) return " core policy "
  if (folder == "core") return " core "
  if (folder == "fabric") return " core fabric "
  if (folder == "supervisors") return " core fabric supervisors policy "
  if (folder == "actors") return " core fabric actors "
  if (folder == "runtime")
    return " core fabric supervisors policy actors runtime "
  return " core fabric supervisors policy actors runtime cli "
}

function check_own(target, parts, n, layer) {
  n = split(target, parts, "/")
  if (n == 2) { # an umbrella header
    if (target == "stanchion/caf.hpp")
      may_name_caf = 1
    if (folder ~ /^(core|fabric|supervisors|actors|runtime|cli)$/)
      complain(folder " must not include the umbrella <" target ">")
    return
  }
  layer = parts[2]
  if (layer == "supervisors" && parts[3] == "policy")
    layer = "policy"
  if (index(allowed(folder), " " layer " ") == 0)
    complain(own_layer " must not include <" target ">")
  if (match(target, /\/detail\//)) {
    owner = substr(target, length("stanchion/") + 1)
    sub(/\/detail\/.*/, "/", owner)
    if (index(FILENAME, owner) != 1 && folder != "tests")
      complain("<" target "> is private to " owner)
  }
}

FNR == 1 {
  folder = FILENAME
  sub(/\/.*/, "", folder)
  own_layer = FILENAME ~ /^supervisors\/policy\// ? "supervisors/policy" : folder
  in_comment = 0
  # A floor is what the same work costs on the bare library.
  may_name_caf = folder ~ /^(fabric|tests)$/ \
    || FILENAME ~ /^bench\/floor_/ \
    || FILENAME == "include/stanchion/caf.hpp"
}

{
  line = $0
  # Comments may say anything.
  if (in_comment) {
    if (!sub(/^.*\*\//, "", line)) next
    in_comment = 0
  }
  gsub(/\/\*[^*]*\*\//, "", line)
  sub(/\/\/.*/, "", line)
  if (sub(/\/\*.*/, "", line)) in_comment = 1
}

line ~ /^[ \t]*#[ \t]*include[ \t]*</ {
  target = line
  sub(/^[^<]*</, "", target)
  sub(/>.*/, "", target)
  if (target ~ /^stanchion\//)
    check_own(target)
  else if (target ~ /^caf\// && !may_name_caf)
    complain("only fabric/ may include <" target ">")
  else if (target ~ /^(core|fabric|supervisors|actors|runtime|cli)\//)
    complain("write <stanchion/" target ">")
  next
}

line ~ /^[ \t]*#[ \t]*include[ \t]*"/ {
  target = line
  sub(/^[^"]*"/, "", target)
  sub(/".*/, "", target)
  # What is not installed is found from tests/ and examples/.
  if (folder ~ /^(tests|examples|bench)$/) next
  complain("write <stanchion/folder/file.hpp> instead of \"" target "\"")
  next
}

!may_name_caf && line ~ /(^|[^A-Za-z0-9_:])(::)?caf::/ {
  complain("only fabric/ may name caf::")
}

END { exit violations > 0 }
' /dev/null
