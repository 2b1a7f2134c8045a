#include <stanchion/runtime/detail/breaker_board.hpp>

#include <nlohmann/json.hpp>

namespace stanchion::detail {

namespace {

/// Until when; for ever where that is not said, as of an isolated tool.
instant end_of(const event& x) {
  const auto fields = nlohmann::json::parse(x.fields, nullptr, false);
  const auto until = fields.is_object() ? fields.find("until") : fields.end();
  if (until == fields.end() || !until->is_string())
    return instant::max();
  return parse_rfc3339(until->get_ref<const std::string&>())
    .value_or(instant::max());
}

} // namespace

void breaker_board::hear(const event& x) {
  const std::lock_guard guard{mutex_};
  if (x.kind == event_kind::breaker_opened
      || x.kind == event_kind::breaker_isolated)
    until_.insert_or_assign(x.subject, end_of(x));
  else
    until_.erase(x.subject);
}

bool breaker_board::is_open(const std::string& tool, instant now) const {
  const std::lock_guard guard{mutex_};
  const auto found = until_.find(tool);
  return found != until_.end() && now < found->second;
}

} // namespace stanchion::detail
