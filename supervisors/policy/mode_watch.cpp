#include <stanchion/supervisors/policy/mode_watch.hpp>

#include <algorithm>
#include <string>

namespace stanchion {

std::optional<mode_setting> mode_watch::failed(const mode_setting& at_present,
                                               instant now) {
  if (rules_.failures == 0)
    return std::nullopt;
  failures_.push_back(now);
  while (now - failures_.front() >= rules_.window)
    failures_.pop_front();
  if (failures_.size() < rules_.failures
      || stricter(at_present.mode, rules_.lower_to) == at_present.mode)
    return std::nullopt;
  const auto many = failures_.size();
  failures_.clear();
  before_.clear();
  return mode_setting{rules_.lower_to, std::string{mode_rule},
                      std::to_string(many) + " failures and escalations within "
                        + to_text(rules_.window)};
}

std::optional<mode_setting> mode_watch::spent(const mode_setting& at_present,
                                              std::string_view figures) const {
  if (stricter(at_present.mode, rules_.lower_to) == at_present.mode)
    return std::nullopt;
  return mode_setting{rules_.lower_to, std::string{budget_rule},
                      std::string{figures}};
}

std::optional<mode_setting> mode_watch::judged(const mode_setting& at_present,
                                               std::string_view tool,
                                               const proposal_record& record) {
  const auto rejected = record.recent_rejections();
  const auto lowers
    = rules_.rejections != 0 && rejected >= rules_.rejections
      && record.recent.ends_with('r')
      && stricter(at_present.mode, rules_.lower_to) != at_present.mode;
  if (lowers) {
    before_.clear();
    return mode_setting{rules_.lower_to, std::string{mode_rule},
                        std::to_string(rejected) + " of its last "
                          + std::to_string(record.recent.size())
                          + " proposals with " + std::string{tool}
                          + " were rejected"};
  }
  if (at_present.mode != mode::advisory || at_present.by != mode_rule)
    return std::nullopt;
  // What was approved before it was lowered earns nothing.
  const auto clean = record.clean;
  auto& before
    = before_.try_emplace(std::string{tool}, clean == 0 ? 0 : clean - 1)
        .first->second;
  before = std::min(before, clean);
  const auto earned = clean - before;
  if (rules_.recover_after_clean == 0 || earned < rules_.recover_after_clean)
    return std::nullopt;
  before_.clear();
  return mode_setting{mode::autonomous, std::string{mode_rule},
                      std::to_string(earned) + " proposals in a row with "
                        + std::string{tool} + " were approved unchanged"};
}

} // namespace stanchion
