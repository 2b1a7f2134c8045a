#include <stanchion/actors/notifier/message.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/plain_text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace stanchion {

namespace {

/// Of how many a message names the ids.
constexpr auto most_named = std::size_t{50};

/// The most severe of them.
severity level_of(const message& x) {
  return std::ranges::max_element(x.about, {}, &notice::severity)->severity;
}

/// What is the same for all that a message is about.
json particulars(const notice& x) {
  auto to = json::object();
  put_particulars(to, x);
  return to;
}

json members(const message& x, const std::string& base_url) {
  auto to = json::array();
  for (const auto& each : x.about) {
    if (to.size() == most_named)
      break;
    auto one = json{{"id", each.id}, {"at", to_rfc3339(each.at)}};
    put_text(one, "ticket", each.ticket);
    put_text(one, "run", each.run);
    put_text(one, "url", link_to(each, base_url));
    to.push_back(std::move(one));
  }
  return to;
}

/// For Slack's markup, where `<` begins a link or a call to everybody.
std::string escaped(std::string_view text) {
  auto to = std::string{};
  for (const auto c : text)
    to += c == '&'   ? std::string{"&amp;"}
          : c == '<' ? std::string{"&lt;"}
          : c == '>' ? std::string{"&gt;"}
                     : std::string{c};
  return to;
}

json markdown(std::string text) {
  return {{"type", "mrkdwn"}, {"text", std::move(text)}};
}

/// What PagerDuty takes all messages about one thing for.
std::string incident_of(const notice& x) {
  return shortened("stanchion:" + x.group, 255);
}

std::string pagerduty_severity(severity x) {
  return x == severity::debug ? "info" : std::string{to_string(x)};
}

} // namespace

message message_of(std::vector<notice> about) {
  auto id = about.front().id;
  if (about.size() > 1)
    id += ".and." + std::to_string(about.size() - 1);
  return {.id = std::move(id), .about = std::move(about)};
}

std::string link_to(const notice& x, const std::string& base_url) {
  if (base_url.empty() || (x.ticket.empty() && x.run.empty()))
    return base_url;
  const auto slash = base_url.ends_with('/') ? "" : "/";
  return base_url + slash
         + (x.ticket.empty() ? "runs/" + x.run : "tickets/" + x.ticket);
}

std::string headline(const message& x) {
  const auto& first = x.about.front();
  if (x.about.size() == 1)
    return headline(first);
  auto plain = first; // what is said of all must hold for all
  plain.agent
    = std::ranges::all_of(
        x.about, [&](const notice& each) { return each.agent == first.agent; })
        ? first.agent
        : std::string{};
  const auto by_one = std::ranges::all_of(x.about, [&](const notice& each) {
    return each.by == first.by && each.verb == first.verb;
  });
  if (!by_one) {
    plain.by = "several";
    plain.verb = "each";
  }
  return std::to_string(x.about.size()) + " x " + headline(plain);
}

std::string generic_body(const message& x, const std::string& base_url) {
  const auto& first = x.about.front();
  auto to = particulars(first);
  to["id"] = x.id;
  to["type"] = to_string(first.what);
  to["severity"] = to_string(level_of(x));
  to["at"] = to_rfc3339(first.at);
  to["title"] = headline(x);
  to["count"] = x.about.size();
  to["group"] = first.group;
  to["events"] = members(x, base_url);
  put_text(to, "url", link_to(first, base_url));
  return json_text(to);
}

std::string slack_body(const message& x, const std::string& base_url) {
  const auto& first = x.about.front();
  const auto title = escaped(headline(x));
  const auto url = link_to(first, base_url);
  auto details = std::string{to_string(level_of(x))};
  const auto known = particulars(first);
  for (const auto& [name, value] : known.items())
    if (name != "step" && name != "kind")
      details += ", " + escaped(name) + " " + escaped(value.get<std::string>());
  auto text = "*" + title + "*";
  if (!url.empty())
    text += "\n<" + escaped(url) + "|Open it>";
  auto section = json{{"type", "section"}};
  section["text"] = markdown(std::move(text));
  auto context = json{{"type", "context"}};
  context["elements"] = json::array({markdown(std::move(details))});
  auto to = json{{"text", title}};
  to["blocks"] = json::array({std::move(section), std::move(context)});
  return json_text(to);
}

std::string pagerduty_body(const message& x, const std::string& base_url,
                           const std::string& routing_key) {
  const auto& first = x.about.front();
  auto to = json{{"routing_key", routing_key},
                 {"event_action", is_over(first.what) ? "resolve" : "trigger"},
                 {"dedup_key", incident_of(first)}};
  if (is_over(first.what))
    return json_text(to);
  auto details = particulars(first);
  details["count"] = x.about.size();
  details["events"] = members(x, base_url);
  details["id"] = x.id;
  auto payload
    = json{{"summary", shortened(headline(x), 1'024)},
           {"source", "stanchion"},
           {"severity", pagerduty_severity(level_of(x))},
           {"timestamp", to_rfc3339(first.at)},
           {"group", first.group},
           {"class", first.reason ? to_string(*first.reason) : first.alert},
           {"custom_details", std::move(details)}};
  put_text(payload, "component", first.tool.empty() ? first.agent : first.tool);
  to["payload"] = std::move(payload);
  to["client"] = "Stanchion";
  if (const auto url = link_to(first, base_url); !url.empty()) {
    to["client_url"] = url;
    auto link = json{{"href", url}, {"text", "Open it"}};
    to["links"] = json::array({std::move(link)});
  }
  return json_text(to);
}

} // namespace stanchion
