#include <stanchion/runtime/detail/fault_injector.hpp>

#include <nlohmann/json.hpp>

#include <tuple>

namespace stanchion::detail {

fault_injector::fault_injector(fault_schedule schedule, death die)
  : schedule_(std::move(schedule)), die_(std::move(die)) {
  // nop
}

void fault_injector::tell(std::shared_ptr<event_sink> events) {
  const std::lock_guard lock{mutex_};
  events_ = std::move(events);
}

std::optional<fault_rule> fault_injector::at_attempt(const std::string& tool,
                                                     const tool_job& job,
                                                     instant now) {
  auto found = std::optional<fault_rule>{};
  {
    const std::lock_guard lock{mutex_};
    const auto* x = schedule_.at_attempt(tool);
    if (x == nullptr)
      return std::nullopt;
    found = *x;
    if (!job.reconcile) // its failure is about the question
      marks_.insert_or_assign(job.key, std::pair{job.attempt, code_of(*x)});
  }
  publish(*found, now, tool, &job);
  return found;
}

std::optional<fault_rule> fault_injector::at_commit(instant now) {
  auto found = std::optional<fault_rule>{};
  {
    const std::lock_guard lock{mutex_};
    const auto* x = schedule_.at_commit();
    if (x == nullptr)
      return std::nullopt;
    found = *x;
  }
  publish(*found, now, "journal", nullptr);
  return found;
}

std::string fault_injector::mark_of(const std::string& key,
                                    std::uint32_t attempt) {
  const std::lock_guard lock{mutex_};
  const auto found = marks_.find(key);
  if (found == marks_.end())
    return {};
  auto mark = found->second.first == attempt ? std::move(found->second.second)
                                             : std::string{};
  marks_.erase(found);
  return mark;
}

void fault_injector::forget(const std::string& key) {
  const std::lock_guard lock{mutex_};
  marks_.erase(key);
}

void fault_injector::publish(const fault_rule& x, instant now,
                             std::string subject, const tool_job* job) {
  auto to = std::shared_ptr<event_sink>{};
  {
    const std::lock_guard lock{mutex_};
    to = events_;
  }
  if (to == nullptr || !to->wants(event_kind::fault_injected))
    return;
  auto fields = json{{"fault", to_text(x)}};
  auto e = event{.kind = event_kind::fault_injected,
                 .severity = severity::warning,
                 .at = now,
                 .run = {},
                 .step = {},
                 .subject = std::move(subject),
                 .fields = {}};
  if (job != nullptr) {
    std::tie(e.run, e.step) = place_of(job->key);
    fields["attempt"] = job->attempt;
    fields["reconcile"] = job->reconcile;
  }
  e.fields = fields.dump();
  to->publish(std::move(e));
}

std::string code_of(const fault_rule& x) {
  const auto text = to_text(x);
  const auto what = text.find(':');
  return "injected" + text.substr(what, text.find('@') - what);
}

} // namespace stanchion::detail
