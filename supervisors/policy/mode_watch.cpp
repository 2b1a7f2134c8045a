#include <stanchion/supervisors/policy/mode_watch.hpp>

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
  return mode_setting{rules_.lower_to, std::string{mode_rule},
                      std::to_string(many) + " failures and escalations within "
                        + to_text(rules_.window)};
}

std::optional<mode_setting>
mode_watch::judged(const mode_setting& at_present, std::string_view tool,
                   const proposal_record& record) const {
  const auto rejected = record.recent_rejections();
  const auto lowers
    = rules_.rejections != 0 && rejected >= rules_.rejections
      && record.recent.ends_with('r')
      && stricter(at_present.mode, rules_.lower_to) != at_present.mode;
  if (lowers)
    return mode_setting{rules_.lower_to, std::string{mode_rule},
                        std::to_string(rejected) + " of its last "
                          + std::to_string(record.recent.size())
                          + " proposals with " + std::string{tool}
                          + " were rejected"};
  const auto earned = rules_.recover_after_clean != 0
                      && record.clean >= rules_.recover_after_clean;
  if (!earned || at_present.mode != mode::advisory
      || at_present.by != mode_rule)
    return std::nullopt;
  return mode_setting{mode::autonomous, std::string{mode_rule},
                      std::to_string(record.clean) + " proposals in a row with "
                        + std::string{tool} + " were approved unchanged"};
}

} // namespace stanchion
