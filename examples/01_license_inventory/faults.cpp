#include "faults.hpp"

#include <stanchion/core/failure.hpp>

#include <nlohmann/json.hpp>

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>

namespace license_inventory {

using namespace stanchion;

namespace {

/// FNV-1a, then the last steps of SplitMix64, which spread it evenly.
std::uint64_t hash_of(std::uint64_t seed, std::string_view text) {
  auto hash = std::uint64_t{0xcbf29ce484222325} ^ seed;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9U;
  hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111ebU;
  return hash ^ (hash >> 31U);
}

/// Returns once the attempt was given up.
void outlast(const std::stop_token& stop) {
  auto mutex = std::mutex{};
  auto never = std::condition_variable_any{};
  auto lock = std::unique_lock{mutex};
  never.wait_for(lock, stop, std::chrono::minutes{1}, [] { return false; });
}

} // namespace

fault choose_fault(const fault_rates& rates, std::string_view tool,
                   std::string_view package, std::uint32_t attempt) {
  const auto text = std::string{tool} + '/' + std::string{package} + '/'
                    + std::to_string(attempt);
  auto unit = static_cast<double>(hash_of(rates.seed, text) >> 11U) * 0x1p-53;
  for (const auto& [rate, what] :
       {std::pair{rates.overloaded, fault::overloaded},
        {rates.crash, fault::crash},
        {rates.late_crash, fault::late_crash},
        {rates.slow_answer, fault::slow_answer}}) {
    if (unit < rate)
      return what;
    unit -= rate;
  }
  return fault::none;
}

tool_function with_faults(tool_function fn, const fault_rates& rates) {
  return [fn = std::move(fn), rates](const value& args,
                                     tool_context& ctx) -> json {
    const auto what
      = choose_fault(rates, ctx.tool, args["package"].as_string(), ctx.attempt);
    if (what == fault::overloaded)
      throw tool_error{failure_kind::overloaded, side_effect::none,
                       "too much to do (injected)"};
    if (what == fault::crash)
      throw std::runtime_error{"crashed before the work (injected)"};
    auto result = fn(args, ctx);
    if (what == fault::late_crash)
      throw std::runtime_error{"crashed after the work (injected)"};
    if (what == fault::slow_answer)
      outlast(ctx.stop);
    return result;
  };
}

} // namespace license_inventory
