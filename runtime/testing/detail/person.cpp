#include <stanchion/runtime/testing/detail/person.hpp>

#include <algorithm>

namespace stanchion::detail {

namespace {

constexpr auto patience = std::uint32_t{3};

bool offers(const ticket& t, verb x) {
  return std::ranges::find(t.options, x) != t.options.end();
}

} // namespace

std::optional<scripted_word> person::answer(const ticket& t) {
  if (scenario_.nobody)
    return std::nullopt;
  if (const auto known = scenario_.words.find(t.reason);
      known != scenario_.words.end() && t.run != 0
      && (!known->second || offers(t, known->second->verb)))
    return known->second;
  if (t.reason == park_reason::ambiguous_state
      && offers(t, verb::did_not_happen))
    return about_ambiguous(t);
  if (offers(t, verb::restart))
    return scripted_word{verb::restart, {}};
  if (offers(t, verb::approve))
    return scripted_word{verb::approve, {}};
  if (t.kind == ticket_kind::review)
    return scripted_word{verb::accept, {}};
  if (t.reason == park_reason::stopped_mode)
    return scripted_word{verb::resume, {}};
  auto& tries = retries_[idempotency_key(t.run_id, t.step, 0)];
  if (offers(t, verb::retry) && tries < patience) {
    ++tries;
    return scripted_word{verb::retry, {}};
  }
  if (offers(t, verb::abort))
    return scripted_word{verb::abort, {}};
  return std::nullopt;
}

scripted_word person::about_ambiguous(const ticket& t) const {
  const auto* result
    = world_.result_of(idempotency_key(t.run_id, t.step, t.revision));
  if (result == nullptr)
    return {verb::did_not_happen, {}};
  return {verb::happened, result->dump()};
}

} // namespace stanchion::detail
