#include <stanchion/actors/run/step.hpp>
#include <stanchion/actors/run/stuck_watch.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/problem_list.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace stanchion {

namespace {

constexpr auto patterns = std::array<std::string_view, 5>{
  "repeated_call", "repeated_error", "ping_pong", "undoing", "silence"};
constexpr auto rungs = std::array<std::string_view, 5>{
  "hint", "narrow", "fallback", "advisory", "escalate"};

template <class E, std::size_t N>
std::string_view name_of(E x, const std::array<std::string_view, N>& names) {
  return names[static_cast<std::size_t>(x) - 1];
}

template <class E, std::size_t N>
std::optional<E> find_name(std::string_view text,
                           const std::array<std::string_view, N>& names) {
  const auto i = std::find(names.begin(), names.end(), text);
  if (i == names.end())
    return std::nullopt;
  return static_cast<E>(i - names.begin() + 1);
}

std::size_t digest_of(const outcome& x) {
  // Of a failure the text may count up; the kind does not.
  const auto text = x.ok()
                      ? canonical(x.get().get(), wrapping_limits)
                      : std::string{to_string(x.why().kind)} + x.why().code;
  return std::hash<std::string>{}(text);
}

std::string words_for(stuck_pattern pattern, const std::string& tool,
                      std::uint32_t times) {
  const auto count = std::to_string(times);
  switch (pattern) {
  case stuck_pattern::repeated_call:
    return tool + " gave the same answer to the same question " + count
           + " times in a row: asking again will not help";
  case stuck_pattern::repeated_error:
    return tool + " failed in the same way " + count
           + " times in a row: something else has to be tried";
  case stuck_pattern::ping_pong:
    return "the last " + count
           + " calls went back and forth between two, with nothing new";
  case stuck_pattern::undoing:
    return "the last " + count
           + " calls did and undid the same thing: two goals are in conflict";
  case stuck_pattern::silence:
    break;
  }
  return "nothing came from " + tool + ", " + count
         + " times as long as it may "
           "take";
}

} // namespace

std::string_view to_string(stuck_pattern x) {
  return name_of(x, patterns);
}

std::string_view to_string(stuck_rung x) {
  return name_of(x, rungs);
}

std::optional<stuck_rung> parse_stuck_rung(std::string_view text) {
  return find_name<stuck_rung>(text, rungs);
}

std::vector<std::string> validate(const stuck_options& x,
                                  std::string_view where) {
  auto found = problem_list{where};
  constexpr auto few = "must be at least 2: once is no circle";
  found.require(x.repeats >= 2, "repeats", few);
  found.require(x.errors >= 2, "errors", few);
  found.require(x.alternation >= 4, "alternation",
                "must be at least 4: two calls twice");
  found.require(x.undoing >= 4, "undoing",
                "must be at least 4: done and undone twice");
  found.require(!x.silence || *x.silence > duration::zero(), "silence",
                "must be longer than zero");
  found.require(!x.ladder.empty(), "ladder", "needs a rung");
  found.require(std::is_sorted(x.ladder.begin(), x.ladder.end()), "ladder",
                "must not become milder");
  return found.take();
}

// -- findings -----------------------------------------------------------------

std::string to_json_text(const stuck_finding& x) {
  return json{{"pattern", to_string(x.pattern)},
              {"rung", to_string(x.rung)},
              {"tool", x.tool},
              {"times", x.times},
              {"says", x.says}}
    .dump();
}

stuck_finding stuck_finding_from(const std::string& json_text) {
  const auto x = json::parse(json_text);
  return {find_name<stuck_pattern>(x.at("pattern").get<std::string>(), patterns)
            .value_or(stuck_pattern::repeated_call),
          parse_stuck_rung(x.at("rung").get<std::string>())
            .value_or(stuck_rung::hint),
          x.at("tool").get<std::string>(), x.at("times").get<std::uint32_t>(),
          x.at("says").get<std::string>()};
}

// -- the watch ----------------------------------------------------------------

stuck_watch::stuck_watch(
  stuck_options options,
  std::function<std::string(const std::string& tool)> inverse)
  : options_(std::move(options)), inverse_(std::move(inverse)) {
  // nop
}

std::optional<stuck_finding> stuck_watch::observe(const step& s,
                                                  const outcome& x) {
  silences_ = 0;
  if (s.kind != step_kind::call) {
    last_.clear(); // news from elsewhere
    return std::nullopt;
  }
  last_.push_back({s.name, std::hash<std::string>{}(s.arguments_text),
                   digest_of(x), !x.ok()});
  // Enough for the last rung of any ladder.
  const auto keep = std::max({options_.repeats, options_.errors,
                              options_.alternation, options_.undoing})
                    + 2 * options_.ladder.size();
  while (last_.size() > keep)
    last_.pop_front();

  const auto times = repeated();
  const auto pattern
    = x.ok() ? stuck_pattern::repeated_call : stuck_pattern::repeated_error;
  const auto most = x.ok() ? options_.repeats : options_.errors;
  if (times >= most)
    return found(pattern, times, most);
  if (are_inverse()) {
    const auto turns = alternating(
      [](const seen& a, const seen& b) { return a.same_call(b); });
    if (turns >= options_.undoing)
      return found(stuck_pattern::undoing, turns, options_.undoing);
  }
  const auto turns
    = alternating([](const seen& a, const seen& b) { return a == b; });
  if (turns >= options_.alternation)
    return found(stuck_pattern::ping_pong, turns, options_.alternation);
  return std::nullopt;
}

stuck_finding stuck_watch::silent(const std::string& tool) {
  ++silences_;
  return {stuck_pattern::silence, rung(silences_), tool, silences_,
          words_for(stuck_pattern::silence, tool, silences_)};
}

void stuck_watch::forget() {
  last_.clear();
  silences_ = 0;
}

std::uint32_t stuck_watch::repeated() const {
  auto n = std::uint32_t{0};
  for (auto i = last_.rbegin(); i != last_.rend() && *i == last_.back(); ++i)
    ++n;
  return n;
}

/// How many of the last calls go back and forth between two different ones.
template <class Same>
std::uint32_t stuck_watch::alternating(Same same) const {
  const auto size = last_.size();
  if (size < 2 || last_[size - 1].same_call(last_[size - 2]))
    return 0;
  auto n = std::uint32_t{2};
  while (n < size && same(last_[size - 1 - n], last_[size + 1 - n]))
    ++n;
  return n;
}

bool stuck_watch::are_inverse() const {
  const auto size = last_.size();
  if (size < 2)
    return false;
  const auto& x = last_[size - 1].tool;
  const auto& y = last_[size - 2].tool;
  return inverse_ && (inverse_(x) == y || inverse_(y) == x);
}

stuck_finding stuck_watch::found(stuck_pattern pattern, std::uint32_t times,
                                 std::uint32_t most) {
  const auto& tool = last_.back().tool;
  return {pattern, rung(times - most + 1), tool, times,
          words_for(pattern, tool, times)};
}

stuck_rung stuck_watch::rung(std::uint32_t level) const {
  return options_
    .ladder[std::min<std::size_t>(level, options_.ladder.size()) - 1];
}

// -- what is durable of it ----------------------------------------------------

stuck_record::stuck_record(stuck_watch watch,
                           std::map<step_path, std::string> known)
  : watch_(std::move(watch)), known_(std::move(known)) {
  // nop
}

void stuck_record::replay(const step& s, const outcome& x) {
  now_.reset();
  const auto found = known_.find(s.path);
  if (found != known_.end())
    now_ = stuck_finding_from(found->second);
  if (now_ && now_->rung == stuck_rung::escalate) {
    watch_.forget(); // a person has seen it
    now_.reset();
  }
  static_cast<void>(watch_.observe(s, x));
}

std::optional<stuck_finding> stuck_record::observe(const step& s,
                                                   const outcome& x) {
  const auto before = known_.find(s.path);
  if (before != known_.end()
      && stuck_finding_from(before->second).rung == stuck_rung::escalate)
    watch_.forget(); // a person had it done again
  now_ = watch_.observe(s, x);
  return now_;
}

} // namespace stanchion
