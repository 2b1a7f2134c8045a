#!/bin/sh
# What the README shows: runs the command STANCHION in the current folder.
# usage: run.sh STANCHION
set -eu
stanchion=$1
config=$(dirname "$0")/stanchion.json

start() {
  echo "$1"
  "$stanchion" run start support --config "$config" --input "\"$1\"" -o json \
    >run.json || test $? = 7
  sed -n 's/^ *"\(state\|result\)": \(.*[^,]\),\{0,1\}$/    \1: \2/p' run.json
}

"$stanchion" config check "$config" >/dev/null
echo "nothing is wrong with the configuration"
start "What do you think of the kettle?"
start "Refund my order 7, please."
ticket=$("$stanchion" ticket list -o ids)
"$stanchion" ticket approve "$ticket" --by ann >/dev/null 2>&1
echo "ann approves"
run=$("$stanchion" run list --limit 1 -o ids)
"$stanchion" run resume "$run" --config "$config" -o json >run.json
sed -n 's/^ *"\(state\|result\)": \(.*[^,]\),\{0,1\}$/    \1: \2/p' run.json
