#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/configuration/script.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::configuring {

namespace {

/// A deeper one could exhaust the stack of std::regex.
constexpr auto pattern_sees = std::size_t{2'000};

void read_when(object_reader& x, script_condition& to) {
  auto pattern = std::optional<std::string>{};
  x.field({"when", "Words that occur in what was said last; without them, and "
                   "without `matches`, anything fits."},
          to.words, text());
  x.field({"matches", "The same as a regular expression (ECMAScript), which "
                      "sees the first 2,000 bytes."},
          pattern, name());
  if (!pattern)
    return;
  try {
    to.pattern.emplace(*pattern);
  } catch (const std::regex_error&) {
    x.complain("matches", "is no regular expression (ECMAScript)");
  }
}

void read_failure(object_reader& x, std::optional<failure>& to) {
  auto why = failure{.kind = failure_kind::internal,
                     .effect = side_effect::none,
                     .message = "as the script says"};
  if (x.object({"fail", "Fails instead."}, [&](object_reader& in) {
        in.require({"kind", "The kind of the failure."}, why.kind,
                   any_of(failure_kind::internal));
        in.field({"effect", "What it may have done."}, why.effect,
                 any_of(side_effect::unknown));
        in.field({"message", "What it says."}, why.message, text());
      }))
    to = why;
}

void read_call(object_reader& x, chat_tool_call& to) {
  to.arguments = value{json::object()};
  x.require({"tool", "Which tool or agent is called."}, to.name, name());
  x.field({"arguments", "With what: an object."}, to.arguments, any_value());
  if (!x.describes() && !to.arguments.is_object())
    x.complain("arguments", "must be an object");
}

void read_usage(object_reader& x, chat_usage& to) {
  constexpr auto most = std::uint64_t{1'000'000'000};
  x.field({"input", "Tokens of what was asked."}, to.input, natural(0, most));
  x.field({"output", "Tokens of the answer."}, to.output, natural(0, most));
}

/// What has been said since the model spoke last.
std::string said_last(const chat_request& x) {
  auto from = x.messages.end();
  while (from != x.messages.begin()
         && std::prev(from)->role != chat_role::assistant)
    --from;
  auto text = std::string{};
  for (; from != x.messages.end(); ++from)
    text += (text.empty() ? "" : "\n") + from->text;
  return text;
}

json json_or_null(const std::string& text) try {
  return parse_json(text).get();
} catch (const error&) {
  return nullptr;
}

[[noreturn]] void no_line_fits(const char* script) {
  throw tool_error{failure_kind::not_found, side_effect::none,
                   "no line of the " + std::string{script} + " fits"};
}

chat_reply reply_of(const script_line& line, const chat_request& asked) {
  auto x = chat_reply{};
  x.model = "script";
  x.usage = line.usage;
  if (line.say)
    x.text = line.say->is_string() ? line.say->as_string() : line.say->dump();
  if (line.say && asked.output)
    x.output = line.say->is_string() ? value{json_or_null(x.text)} : *line.say;
  auto id = "s" + std::to_string(asked.messages.size()) + "_";
  for (auto call : line.calls) {
    call.id = id + std::to_string(x.tool_calls.size());
    x.tool_calls.push_back(std::move(call));
  }
  if (!x.tool_calls.empty())
    x.finish = chat_finish::tool_calls;
  return x;
}

} // namespace

bool script_condition::fits(std::string_view text) const {
  const auto begin = text.substr(0, pattern_sees);
  return text.find(words) != std::string_view::npos
         && (!pattern
             || std::regex_search(begin.begin(), begin.end(), *pattern));
}

void read(object_reader& x, script_line& to) {
  read_when(x, to.when);
  x.field({"say", "What it answers: a text, or JSON."}, to.say, any_value());
  x.list({"call", "What it calls."}, [&](object_reader& in) {
    auto call = chat_tool_call{};
    read_call(in, call);
    to.calls.push_back(std::move(call));
  });
  read_failure(x, to.fails);
  auto usage = chat_usage{};
  if (x.object({"usage", "What it says that this cost."},
               [&](object_reader& in) { read_usage(in, usage); }))
    to.usage = usage;
  if (!x.describes() && !to.say && to.calls.empty() && !to.fails)
    x.complain({}, "must say, call or fail with something: \"say\", \"call\" "
                   "or \"fail\"");
}

void read(object_reader& x, script_result& to) {
  read_when(x, to.when);
  x.field({"give", "Its result."}, to.give, any_value());
  read_failure(x, to.fails);
  x.exactly_one({"give", "fail"});
}

model_script play(std::vector<script_line> lines) {
  return [lines = std::move(lines)](const chat_request& asked) {
    const auto said = said_last(asked);
    const auto line = std::ranges::find_if(
      lines, [&](const auto& x) { return x.when.fits(said); });
    if (line == lines.end())
      no_line_fits("script");
    if (line->fails)
      throw tool_error{*line->fails};
    return reply_of(*line, asked);
  };
}

tool_function play(std::vector<script_result> lines) {
  return
    [lines = std::move(lines)](const value& arguments, tool_context&) -> json {
      const auto asked = canonical(arguments);
      const auto line = std::ranges::find_if(
        lines, [&](const auto& x) { return x.when.fits(asked); });
      if (line == lines.end())
        no_line_fits("answers");
      if (line->fails)
        throw tool_error{*line->fails};
      return line->give->get();
    };
}

} // namespace stanchion::configuring
