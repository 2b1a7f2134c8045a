#include <stanchion/runtime/testing/campaign.hpp>

#include <algorithm>
#include <cstdio>

namespace stanchion {

namespace {

void line(std::string& to, const std::string& what, std::uint64_t count) {
  constexpr auto width = std::size_t{40};
  to += "  " + what;
  to.append(width - std::min(width - 2, what.size()), ' ');
  to += std::to_string(count) + "\n";
}

template <class Map, class Name>
void section(std::string& to, const char* title, const Map& xs, Name name) {
  if (xs.empty())
    return;
  to += title;
  to += '\n';
  for (const auto& [key, count] : xs)
    line(to, std::string{name(key)}, count);
}

std::string numbers(const campaign_report& x) {
  auto text = std::to_string(x.systems) + " systems, " + std::to_string(x.runs)
              + " runs: " + std::to_string(x.completed) + " completed, "
              + std::to_string(x.ended - x.completed) + " ended otherwise, "
              + std::to_string(x.runs - x.ended) + " open\n";
  line(text, "messages", x.messages);
  line(text, "calls that reached a tool", x.calls);
  line(text, "effects", x.effects);
  line(text, "tickets", x.tickets);
  line(text, "deaths of the process", x.deaths);
  text += "  simulated time: " + to_text(x.simulated_time) + "\n";
  return text;
}

} // namespace

std::string to_text(const failing_seed& x) {
  auto text = "seed " + std::to_string(x.seed) + ", faults "
              + (x.faults.empty() ? "none" : x.faults);
  if (x.least.shuffled == 0)
    return text + ", all messages in order";
  if (x.least.shuffled != std::numeric_limits<std::size_t>::max())
    text += ", order of the first " + std::to_string(x.least.shuffled)
            + " messages";
  return text;
}

std::string campaign_report::text() const {
  const auto same = [](const std::string& x) { return x; };
  auto result = numbers(*this);
  section(result, "faults that fired", faults, same);
  section(result, "what was decided", events,
          [](event_kind x) { return to_string(x); });
  section(result, "goals reached", goals, same);
  for (const auto& x : failures) {
    result += "FAILED " + to_text(x) + "\n";
    for (const auto& v : x.violations)
      result += "  " + v.rule + ": " + v.what + "\n";
  }
  for (const auto& x : shortfalls)
    result += "MISSING " + x + "\n";
  return result;
}

} // namespace stanchion
