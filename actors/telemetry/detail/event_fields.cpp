#include <stanchion/actors/telemetry/detail/event_fields.hpp>
#include <stanchion/core/json_text.hpp>

#include <nlohmann/json.hpp>

namespace stanchion::detail {

using nlohmann::json;

bool is_whole_attempt(const json& fields) {
  return !fields.value("reconcile", false)
         && text_in(fields, "verdict") != "await_copy";
}

} // namespace stanchion::detail
