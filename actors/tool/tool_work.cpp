#include <stanchion/actors/tool/tool_work.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <exception>
#include <utility>

namespace stanchion {

namespace {

failure malformed(std::string message) {
  return {.kind = failure_kind::malformed_output,
          .effect = side_effect::unknown,
          .message = std::move(message)};
}

/// Why `x` cannot be journaled; empty when it can.
std::string problem(const json& x) {
  // Reused: only its bounds are of interest, not its bytes.
  thread_local std::string text;
  text.clear();
  try {
    append_canonical(text, x);
  } catch (const error& e) {
    return e.what();
  }
  if (text.size() <= defaults::json_bytes)
    return {};
  const auto size = text.size();
  text = {};
  return "the answer has " + std::to_string(size) + " bytes; at most "
         + std::to_string(defaults::json_bytes) + " are taken";
}

outcome call(const tool_options& options, const tool_job& job,
             tool_context& ctx) {
  if (job.reconcile) {
    auto found = options.reconcile(job.key);
    return found.ok() ? checked(found.get()) : found;
  }
  return checked(options.function(job.arguments, ctx));
}

} // namespace

tool_context make_context(const tool_options& options, const tool_job& job,
                          const clock* time) {
  auto ctx = tool_context{};
  ctx.key = job.key;
  ctx.tool = options.name;
  ctx.attempt = job.attempt;
  ctx.deadline = job.deadline;
  ctx.stop = job.stop;
  ctx.sink = options.sink;
  ctx.time = time;
  ctx.alive = job.alive;
  ctx.trace = job.trace;
  return ctx;
}

std::string traceparent_of(const tool_job& job) {
  auto ctx = tool_context{};
  ctx.key = job.key;
  ctx.attempt = job.attempt;
  ctx.trace = job.trace;
  return ctx.traceparent();
}

outcome checked(value x) {
  auto why = problem(x.get());
  if (!why.empty())
    return malformed(std::move(why));
  return x;
}

tool_result caught(const tool_options& options, bool reconcile) {
  try {
    throw;
  } catch (const tool_error& e) {
    auto why = e.why();
    // It speaks of the question, not of the attempt that is asked about.
    if (reconcile)
      why.effect = side_effect::unknown;
    return {outcome{std::move(why)}};
  } catch (const std::exception& e) {
    auto why = options.rules.caught(e);
    if (!why)
      return {tool_crash{e.what()}};
    if (reconcile)
      why->effect = side_effect::unknown;
    return {outcome{std::move(*why)}};
  } catch (...) {
    return {tool_crash{"an object that is not a std::exception was thrown"}};
  }
}

tool_result work(const tool_options& options, const tool_job& job,
                 const clock* time) {
  auto ctx = make_context(options, job, time);
  auto result = tool_result{outcome{value{}}};
  try {
    result.how = call(options, job, ctx);
  } catch (...) {
    result = caught(options, job.reconcile);
  }
  result.spent = ctx.costs;
  return result;
}

} // namespace stanchion
