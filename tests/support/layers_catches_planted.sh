#!/bin/sh
# Plants one violation after the other into a copy of the source tree and
# expects the layer check to name each, and to let the allowed ones pass.
# Usage: layers_catches_planted.sh ROOT SCRATCH
set -eu
root=$1
scratch=$2
failures=0

rm -rf "$scratch"
mkdir -p "$scratch"
for folder in core fabric supervisors actors runtime cli examples bench tests \
  include; do
  [ ! -d "$root/$folder" ] || cp -r "$root/$folder" "$scratch"
done

# verdict FILE LINE: what the check says about FILE if it holds just LINE.
verdict() {
  mkdir -p "$scratch/$(dirname "$1")"
  printf '%s\n' "$2" >"$scratch/$1"
  if sh "$root/cmake/check_layers.sh" "$scratch" >"$scratch/report"; then
    status=passed
  else
    status=failed
  fi
  rm "$scratch/$1"
  if [ $status = failed ] && grep -q "^$1:" "$scratch/report"; then
    echo caught
  else
    echo passed
  fi
}

expect() {
  actual=$(verdict "$2" "$3")
  if [ "$actual" != "$1" ]; then
    echo "$2: '$3' should be $1, is $actual"
    failures=$((failures + 1))
  fi
}

expect caught core/planted.hpp '#include <stanchion/fabric/x.hpp>'
expect caught core/planted.cpp '#include <stanchion/runtime/x.hpp>'
expect caught fabric/planted.hpp '#include <stanchion/actors/tool/x.hpp>'
expect caught fabric/planted.hpp '#include <stanchion/supervisors/policy/x.hpp>'
expect caught supervisors/policy/planted.hpp '#include <stanchion/fabric/x.hpp>'
expect caught supervisors/policy/planted.hpp \
  '#include <stanchion/supervisors/tree/x.hpp>'
expect caught supervisors/guard/planted.cpp \
  '#include <stanchion/actors/tool/x.hpp>'
expect caught actors/run/planted.cpp \
  '#include <stanchion/supervisors/policy/x.hpp>'
expect caught actors/run/planted.cpp '#  include  <stanchion/runtime/x.hpp>'
expect caught runtime/planted.cpp '#include <stanchion/cli/x.hpp>'
expect caught runtime/planted.hpp '#include <stanchion/stanchion.hpp>'
expect caught runtime/planted.hpp '#include <stanchion/actors/run/detail/x.hpp>'
expect caught core/planted.cpp '#include "planted.hpp"'
expect caught core/planted.cpp '#include <core/planted.hpp>'
expect caught actors/run/planted.cpp '#include <caf/actor.hpp>'
expect caught actors/run/planted.cpp 'void f(caf::actor a);'
expect caught examples/99_planted/main.cpp 'caf::actor a;'

expect passed fabric/planted.cpp '#include <caf/actor.hpp>'
expect passed include/stanchion/caf.hpp '#include <caf/actor.hpp>'
expect caught include/stanchion/planted.hpp '#include <caf/actor.hpp>'
expect caught runtime/caf.hpp '#include <caf/actor.hpp>'
expect passed actors/run/planted.cpp '// caf::actor is not named here'
expect passed actors/run/planted.cpp '#include <stanchion/fabric/x.hpp>'
expect passed supervisors/guard/planted.cpp \
  '#include <stanchion/supervisors/policy/x.hpp>'
expect passed supervisors/policy/planted.cpp \
  '#include <stanchion/supervisors/policy/x.hpp>'
expect passed runtime/planted.cpp '#include <stanchion/actors/tool/x.hpp>'
expect passed cli/planted.cpp '#include <stanchion/runtime/x.hpp>'
expect passed examples/99_planted/main.cpp '#include <stanchion/stanchion.hpp>'
expect passed actors/run/planted.cpp '#include <stanchion/actors/run/detail/x.hpp>'

[ $failures -eq 0 ]
