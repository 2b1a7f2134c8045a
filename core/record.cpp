#include <stanchion/core/detail/names.hpp>
#include <stanchion/core/record.hpp>

namespace stanchion {

std::string_view to_string(record_kind x) {
  switch (x) {
  case record_kind::started:
    return "started";
  case record_kind::intent:
    return "intent";
  case record_kind::attempt:
    return "attempt";
  case record_kind::attempt_end:
    return "attempt_end";
  case record_kind::outcome:
    return "outcome";
  case record_kind::side_value:
    return "side_value";
  case record_kind::patch:
    return "patch";
  case record_kind::wait:
    return "wait";
  case record_kind::parked:
    return "parked";
  case record_kind::decided:
    return "decided";
  case record_kind::reopened:
    return "reopened";
  case record_kind::death:
    return "death";
  case record_kind::crash:
    return "crash";
  case record_kind::cancel:
    return "cancel";
  case record_kind::completed:
    return "completed";
  case record_kind::failed:
    return "failed";
  case record_kind::cancelled:
    return "cancelled";
  case record_kind::continued:
    return "continued";
  case record_kind::late:
    return "late";
  case record_kind::survived:
    return "survived";
  case record_kind::abandoned:
    return "abandoned";
  case record_kind::decision:
    return "decision";
  case record_kind::spent:
    return "spent";
  case record_kind::stuck:
    return "stuck";
  case record_kind::undoing:
    return "undoing";
  case record_kind::mode:
    return "mode";
  case record_kind::signal:
    return "signal";
  }
  return detail::no_name;
}

std::optional<record_kind> parse_record_kind(std::string_view text) {
  return detail::parse_name(text, record_kind::signal);
}

} // namespace stanchion
