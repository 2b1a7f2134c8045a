#!/bin/sh
# Tests the Prometheus rules below ROOT with promtool (Debian package
# prometheus). Exits with 77 where there is none.
# Usage: promtool_rules.sh ROOT
set -eu
cd "$1/packaging/prometheus"
command -v "${PROMTOOL:=promtool}" >/dev/null || {
  echo "skipped: promtool is not installed (apt-get install prometheus)"
  exit 77
}
"$PROMTOOL" check rules stanchion.rules.yml
exec "$PROMTOOL" test rules stanchion.rules.test.yml
