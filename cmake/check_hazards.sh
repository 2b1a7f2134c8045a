#!/bin/sh
# Looks for two things below ROOT that compile and then hurt.
#
#   GCC 12 miscompiles a braced list or a lambda with captures inside a
#   co_await expression: name it before.
#   A test that sleeps is slow, or fails on a busy machine: use virtual time, or
#   a helper of tests/support/.
#
# Prints one line per finding and fails if there is any.
# Usage: check_hazards.sh ROOT
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
  findings++
}

# Reads on in an expression that began with co_await: `depth` counts the
# parentheses opened since then, `before` is the last character but blanks.
function scan(text, i, c, rest) {
  for (i = 1; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (c == " " || c == "\t") continue
    if (c == ";" && depth <= 0) { awaiting = 0; scan_rest(text, i); return }
    if (c == "(") depth++
    else if (c == ")") depth--
    else if (c == "{") {
      if (depth < 0) { awaiting = 0; scan_rest(text, i); return } # if (...) {
      complain("braces inside a co_await expression: name the value before")
      awaiting = 0
      return
    } else if (c == "[" && before !~ /[A-Za-z0-9_)\]"]/) {
      rest = substr(text, i + 1)
      if (rest !~ /^[ \t]*[\]\[]/) {
        complain("captures inside a co_await expression: name the lambda before")
        awaiting = 0
        return
      }
    }
    before = c
  }
}

function scan_rest(text, i) {
  start(substr(text, i + 1))
}

function start(text) {
  if (match(text, /(^|[^A-Za-z0-9_])co_await([^A-Za-z0-9_]|$)/)) {
    awaiting = 1
    depth = 0
    before = "("
    scan(substr(text, RSTART + RLENGTH - (RLENGTH > 8)))
  }
}

FNR == 1 {
  awaiting = in_comment = 0
  sleeps = FILENAME ~ /^tests\// && FILENAME !~ /^tests\/support\//
}

{
  line = $0
  gsub(/\\./, "", line)
  gsub(/"[^"]*"/, "\"\"", line)
  if (in_comment) {
    if (!sub(/^.*\*\//, "", line)) next
    in_comment = 0
  }
  gsub(/\/\*[^*]*\*\//, "", line)
  sub(/\/\/.*/, "", line)
  if (sub(/\/\*.*/, "", line)) in_comment = 1
  if (sleeps && line ~ /this_thread::sleep_|(^|[^A-Za-z0-9_.>:])(u|nano)?sleep[ \t]*\(/)
    complain("a test must not sleep: use virtual time or tests/support/")
  if (awaiting) scan(line)
  else start(line)
}

END { exit findings > 0 }
' /dev/null
