#include "agents.hpp"

#include "text.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/failure.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace license_inventory {

using namespace stanchion;

namespace {

/// Whether it is the document's own fault, so that trying again is no use.
bool is_unreadable(const failure& why) {
  switch (why.kind) {
  case failure_kind::not_found:
  case failure_kind::permission_denied:
  case failure_kind::invalid_input:
  case failure_kind::malformed_output: // its text is too large for a value
    return true;
  default:
    return false;
  }
}

std::string question_about(const value& x, const std::string& why) {
  return shorten(x["package"].as_string() + ": " + why, 300);
}

std::string first_doubt(const value& x) {
  return x["doubts"].size() == 0 ? "the licences are not certain"
                                 : one_line(x["doubts"][0].as_string());
}

/// What the document says, as far as that can be made out.
task<value> read_and_extract(agent_context& ctx, value place) {
  auto text = co_await ctx.try_call("documents.read", place);
  if (!text.ok()) {
    if (!is_unreadable(text.why()))
      throw step_error{text.why()};
    co_return value{json(unreadable(place, text.why().message))};
  }
  co_return co_await ctx.call("licences.extract", text.get());
}

/// Asks until `x` is a record. `found` is what the document says, `x` what a
/// person made of it.
task<value> validated(agent_context& ctx, value found, value x) {
  for (;;) {
    auto checked = co_await ctx.try_call("record.validate", x);
    if (checked.ok())
      co_return x;
    if (checked.why().kind != failure_kind::bad_arguments)
      throw step_error{checked.why()};
    auto text = question_about(found, checked.why().message);
    auto answer = co_await ctx.escalate(park_reason::validation_failed,
                                        std::move(text), found);
    x = completed(found, answer);
  }
}

task<json> take_document(agent_context& ctx, value place) {
  auto found = co_await read_and_extract(ctx, place);
  auto record = found;
  if (found["confidence"].as_double() < enough_confidence) {
    auto text = question_about(found, first_doubt(found));
    auto answer = co_await ctx.escalate(park_reason::low_confidence,
                                        std::move(text), found);
    record = completed(found, answer);
  }
  record = co_await validated(ctx, found, record);
  auto receipt = co_await ctx.call("inventory.write", record);
  co_return receipt.get();
}

/// How one document stands: `completed`, `parked`, `failed` or `cancelled`.
task<std::string> settle(agent_context& ctx, value place) {
  auto child = co_await ctx.spawn("document", place);
  auto end = co_await child.settled();
  co_return end.state();
}

task<json> take_inventory(agent_context& ctx, value input) {
  auto found = co_await ctx.call("documents.list", args("root", input["root"]));
  const auto documents = found["documents"];
  const auto limit = input.get("limit", 16).as_int();
  auto work = std::vector<task<std::string>>{};
  for (std::size_t i = 0; i < documents.size(); ++i)
    work.push_back(settle(ctx, documents[i]));
  auto ends
    = co_await ctx.all(std::move(work), static_cast<std::size_t>(limit));
  const auto count = [&ends](std::string_view state) {
    return std::count(ends.begin(), ends.end(), state);
  };
  const auto written = count("completed");
  const auto waiting = count("parked");
  const auto failed = std::ssize(ends) - written - waiting;
  co_return args("documents", ends.size(), "written", written, "waiting",
                 waiting, "failed", failed);
}

} // namespace

value completed(const value& suggestion, const value& answer) {
  if (!answer.is_object())
    return answer;
  auto result = suggestion.get();
  result["decided_by"] = answer.source();
  result.update(answer.get());
  for (const auto* fixed : {"package", "source"})
    result[fixed] = suggestion[fixed].get();
  return result;
}

record unreadable(const value& place, const std::string& why) {
  return {.package = place["package"].as_string(),
          .source = place["path"].as_string(),
          .doubts = {shorten(one_line(why), 4096)}};
}

void add_agents(runtime& rt) {
  rt.add(agent{"inventory", "v1", take_inventory});
  rt.add(agent{"document", "v1", take_document});
}

} // namespace license_inventory
