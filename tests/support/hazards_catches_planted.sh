#!/bin/sh
# Shows the hazard check lines that it must catch and lines it must let pass.
# Usage: hazards_catches_planted.sh ROOT SCRATCH
set -eu
root=$1
scratch=$2
failures=0

rm -rf "$scratch"
mkdir -p "$scratch/core" "$scratch/tests/core" "$scratch/tests/support"

expect() {
  printf '%s\n' "$3" >"$scratch/$2"
  if sh "$root/cmake/check_hazards.sh" "$scratch" >/dev/null; then
    actual=passed
  else
    actual=caught
  fi
  rm "$scratch/$2"
  if [ "$actual" != "$1" ]; then
    echo "'$3' should be $1, is $actual"
    failures=$((failures + 1))
  fi
}

expect caught core/x.cpp 'co_await ctx.call("a", {1, 2});'
expect caught core/x.cpp 'auto x = co_await f(options{3s});'
expect caught core/x.cpp 'co_await f(
  options{});'
expect caught core/x.cpp 'co_await f([&] { return 1; });'
expect caught core/x.cpp 'co_await f(1, [this](int) { return 1; });'
expect caught core/x.cpp 'if (co_await f([x] { return 1; })) {'
expect caught core/x.cpp 'co_await g(); co_await f(options{});'
expect caught tests/core/x_test.cpp 'std::this_thread::sleep_for(1s);'
expect caught tests/core/x_test.cpp '  usleep(10);'

expect passed core/x.cpp 'auto x = co_await ctx.call("a{", args("k", v["x"]));'
expect passed core/x.cpp 'if (co_await f()) {'
expect passed core/x.cpp 'for (auto x : co_await f(a[1])) { g(x); }'
expect passed core/x.cpp '// co_await f({1, 2});'
expect passed core/x.cpp 'co_await f(x); auto y = options{1};'
expect passed core/x.cpp 'void await_resume() { }'
expect passed tests/core/x_test.cpp 'co_await ctx.sleep_for(1h);'
expect passed tests/support/x.cpp 'std::this_thread::sleep_for(1ms);'

[ $failures -eq 0 ]
