#include <stanchion/core/mode_rules.hpp>

namespace stanchion {

std::vector<std::string> validate(const mode_rules& x) {
  auto problems = std::vector<std::string>{};
  if (x.window <= duration::zero())
    problems.emplace_back("modes.window: must be positive");
  if (x.rejections > 10)
    problems.emplace_back("modes.rejections: only the last 10 decisions are "
                          "looked at");
  if (x.lower_to == mode::autonomous)
    problems.emplace_back("modes.lower_to: autonomous is no less than before");
  if (x.least_confidence
      && !(*x.least_confidence > 0.0 && *x.least_confidence <= 1.0))
    problems.emplace_back("modes.least_confidence: must be within (0, 1]");
  return problems;
}

} // namespace stanchion
