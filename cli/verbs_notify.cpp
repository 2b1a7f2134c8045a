#include <stanchion/actors/notifier/message.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/cli/words.hpp>
#include <stanchion/runtime/notify/receivers.hpp>

#include <nlohmann/json.hpp>

#include <ostream>
#include <vector>

namespace stanchion::verbs {

namespace {

void require_channels(const notification_options& x) {
  auto problems = validate(x);
  if (x.channels.empty())
    problems.emplace_back("there is nobody to tell; give --notify-webhook URL "
                          "or --notify-command PROGRAM");
  if (!problems.empty())
    throw error{error_code::usage, problems.front()};
}

} // namespace

exit_code notify_test(command_context& x) {
  const auto told = notifications_of(x.words);
  require_channels(told);
  const auto what = message_of({test_notice(system_clock().now())});
  auto ends = json::array();
  auto codes = std::vector<exit_code>{};
  for (const auto& channel : told.channels) {
    const auto end = receiver{channel, told}.send(what, [] { return false; });
    const auto delivered = end.how == delivery_result::status::delivered;
    codes.push_back(delivered ? exit_code::ok : exit_code::failed);
    ends.push_back({{"id", channel.name},
                    {"delivered", delivered},
                    {"message", what.id},
                    {"why", end.why}});
  }
  if (!print_list(x, {{"channels", ends}}, "channels"))
    for (const auto& end : ends)
      x.io.out << text_of(end, "id") << ": "
               << (end.at("delivered").get<bool>() ? "delivered, " : "failed, ")
               << text_of(end, "why") << '\n';
  return combined(codes);
}

} // namespace stanchion::verbs
