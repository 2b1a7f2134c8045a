#pragma once

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <memory>
#include <string>

/// Runtimes in virtual time (`config::virtual_seed`), on one thread.
namespace stanchion::test {

[[nodiscard]] std::shared_ptr<memory_store> new_store();

/// Lets that much time go by, with all that is due in it.
void pass(runtime& rt, duration d);

/// Starts a run and lets `d` go by.
run_id submit(runtime& rt, const submission& x, duration d = 1s);

/// The open ticket. Fails the test unless there is exactly one.
[[nodiscard]] ticket only_ticket(store& in);

/// Ann decides the only open ticket; `d` goes by. Fails the test when that is
/// refused.
void decide_only(runtime& rt, verb said, const std::string& payload = {},
                 duration d = 1s);

} // namespace stanchion::test
