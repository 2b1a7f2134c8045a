// Three small scripts in the place of models.
//
// Shows:    what a model is asked, and the two things that it can say: words,
//           or calls.

#include "models.hpp"

#include <string>

using namespace stanchion;

namespace team {

namespace {

chat_reply says(std::string text) {
  auto x = chat_reply{};
  x.usage = chat_usage{.input = 120, .output = 40};
  x.text = std::move(text);
  return x;
}

chat_tool_call call_of(const std::string& id, const std::string& name,
                       const std::string& task) {
  auto x = chat_tool_call{};
  x.id = id;
  x.name = name;
  x.arguments = args("task", task);
  return x;
}

const chat_message& last(const chat_request& x) {
  return x.messages.back();
}

} // namespace

/// Has three questions answered side by side, has the answers criticised, has
/// one of them answered again, and reports.
chat_reply plan_or_report(const chat_request& asked) {
  auto x = says({});
  switch (asked.messages.size()) {
  case 1:
    x.tool_calls = {call_of("1", "worker", "height of the tower"),
                    call_of("2", "worker", "year of the tower"),
                    call_of("3", "worker", "weight of the tower")};
    break;
  case 5:
    x.tool_calls
      = {call_of("4", "critic",
                 asked.messages[2].text + "; " + asked.messages[3].text + "; "
                   + asked.messages[4].text)};
    break;
  case 7:
    x.tool_calls
      = {call_of("5", "worker", "height of the tower, with antenna")};
    break;
  default:
    return says("The tower: " + last(asked).text + "; " + asked.messages[3].text
                + "; its weight is not known.");
  }
  x.finish = chat_finish::tool_calls;
  return x;
}

/// Looks it up, and says what it found or that it found nothing.
chat_reply find_out(const chat_request& asked) {
  if (asked.messages.size() == 1) {
    auto x = says({});
    x.finish = chat_finish::tool_calls;
    x.tool_calls = {
      call_of("1", "library.look_up", json::parse(last(asked).text)["task"])};
    return x;
  }
  return says(last(asked).is_error ? "nothing is known of that"
                                   : last(asked).text);
}

chat_reply criticise(const chat_request& asked) {
  return says(last(asked).text.find("antenna") == std::string::npos
                ? "Say whether the height is with the antenna."
                : "Well done.");
}

} // namespace team
