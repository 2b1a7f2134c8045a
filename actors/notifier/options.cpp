#include <stanchion/actors/notifier/options.hpp>
#include <stanchion/core/problem_list.hpp>

#include <algorithm>
#include <set>

namespace stanchion {

namespace {

constexpr auto longest_name = std::size_t{32};

bool is_name(const std::string& x) {
  return !x.empty() && x.size() <= longest_name
         && std::ranges::all_of(x, [](char c) {
              return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
                     || c == '-' || c == '_';
            });
}

bool is_given(const credential_source& x) {
  return !x.env.empty() || !x.file.empty();
}

void check(problem_list& to, const webhook& x) {
  const auto pager = x.body == notification_template::pagerduty;
  to.require(!x.url.empty() || is_given(x.url_from) || pager, "url",
             "must say where messages go");
  to.require(is_given(x.routing_key) || !pager, "routing_key",
             "must say where PagerDuty's key is");
}

void check(problem_list& to, const command_hook& x) {
  to.require(!x.argv.empty() && !x.argv.front().empty(), "argv",
             "must name a program");
}

} // namespace

std::string_view to_string(notification_template x) {
  switch (x) {
  case notification_template::generic:
    return "generic";
  case notification_template::slack:
    return "slack";
  case notification_template::pagerduty:
    return "pagerduty";
  }
  return "?";
}

std::optional<notification_template>
parse_notification_template(std::string_view text) {
  for (const auto x :
       {notification_template::generic, notification_template::slack,
        notification_template::pagerduty})
    if (to_string(x) == text)
      return x;
  return std::nullopt;
}

std::vector<std::string> validate(const notification_options& x) {
  auto all = problem_list{"notifications"};
  auto names = std::set<std::string>{};
  for (const auto& channel : x.channels) {
    auto of = problem_list{"notifications.channels." + channel.name};
    of.require(is_name(channel.name), "name",
               "must be 1 to 32 of a-z, 0-9, - and _");
    of.require(names.insert(channel.name).second, "name",
               "another channel has it");
    if (x.carrier == nullptr)
      std::visit([&of](const auto& to) { check(of, to); }, channel.to);
    all.append(of.take());
  }
  all.require(x.base_url.empty() || x.base_url.starts_with("https://")
                || x.base_url.starts_with("http://"),
              "base_url", "must begin with https:// or http://");
  all.require(x.window >= duration::zero(), "window", "must not be negative");
  all.require(x.give_up_after > duration::zero(), "give_up_after",
              "must be longer than zero");
  all.require(x.timeout > duration::zero(), "timeout",
              "must be longer than zero");
  all.append(validate(x.backoff, all.path("backoff")));
  return all.take();
}

} // namespace stanchion
