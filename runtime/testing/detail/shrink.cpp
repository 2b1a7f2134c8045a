#include <stanchion/runtime/testing/detail/shrink.hpp>
#include <stanchion/runtime/testing/detail/tally.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace stanchion::detail {

namespace {

/// Systems that shrinking one seed may cost.
constexpr auto most_trials = 400;

class shrinker {
public:
  shrinker(const scenario& s, failing_seed& x)
    : scenario_(s), seed_(x.seed), rule_(x.violations.front().rule),
      faults_(x.least.faults->begin(), x.least.faults->end()) {
    // nop
  }

  void run(replay& found) {
    if (!fails(faults_, all))
      return; // not even the same again: the test keeps state of its own
    fewer_faults();
    found.faults = std::set<fired_fault>{faults_.begin(), faults_.end()};
    found.shuffled = least_order();
  }

private:
  using firings = std::vector<fired_fault>;

  static constexpr auto all = std::numeric_limits<std::size_t>::max();

  bool fails(const firings& faults, std::size_t shuffled) {
    if (++trials_ > most_trials)
      return false;
    auto p = plan{.seed = seed_, .shuffled = shuffled};
    p.only = std::set<fired_fault>{faults.begin(), faults.end()};
    const auto x = simulate(scenario_, p).result;
    messages_ = x.messages;
    return std::ranges::count(x.violations, rule_, &violation::rule) > 0;
  }

  /// Leaves out ever smaller parts until none can be spared.
  void fewer_faults() {
    for (auto part = faults_.size(); part > 0; part /= 2) {
      auto at = std::size_t{0};
      while (at < faults_.size()) {
        auto fewer = faults_;
        const auto from = fewer.begin() + static_cast<std::ptrdiff_t>(at);
        const auto count = std::min(part, faults_.size() - at);
        fewer.erase(from, from + static_cast<std::ptrdiff_t>(count));
        if (fails(fewer, all))
          faults_ = std::move(fewer);
        else
          at += part;
      }
    }
  }

  /// The shortest beginning that was found to be enough.
  std::size_t least_order() {
    if (fails(faults_, 0))
      return 0;
    if (!fails(faults_, all))
      return all;
    auto fails_at = messages_;
    auto holds_at = std::size_t{0};
    while (fails_at - holds_at > 1) {
      const auto middle = holds_at + (fails_at - holds_at) / 2;
      (fails(faults_, middle) ? fails_at : holds_at) = middle;
    }
    return fails_at;
  }

  const scenario& scenario_;
  std::uint64_t seed_;
  std::string rule_;
  firings faults_;
  std::size_t messages_ = 0;
  int trials_ = 0;
};

} // namespace

void shrink(const scenario& s, failing_seed& x) {
  if (!x.violations.empty() && x.least.faults)
    shrinker{s, x}.run(x.least);
  describe(s, x);
}

void describe(const scenario& s, failing_seed& x) {
  if (x.least.faults)
    x.faults = fired_text(s.faults, *x.least.faults);
  x.trace = simulate(s, {.seed = x.seed,
                         .only = x.least.faults,
                         .shuffled = x.least.shuffled,
                         .trace = true})
              .result.trace;
}

} // namespace stanchion::detail
