#!/bin/sh
# Runs the tests against servers that others wrote, which npm has: PROGRAM is
# the test program. They are expected in $STANCHION_NPM/node_modules:
#   npm install --prefix DIR @modelcontextprotocol/server-everything \
#     @modelcontextprotocol/server-filesystem
# Skipped (77) where they, or node, are missing.
# Usage: npm_servers.sh PROGRAM
set -eu
if ! command -v node >/dev/null; then
  echo "skipped: there is no node"
  exit 77
fi
for name in server-everything server-filesystem; do
  if [ ! -d "${STANCHION_NPM:-/none}/node_modules/@modelcontextprotocol/$name" ]
  then
    echo "skipped: no $name in STANCHION_NPM"
    exit 77
  fi
done
exec "$1" "[npm]"
