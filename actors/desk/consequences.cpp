#include <stanchion/actors/desk/consequences.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <string_view>
#include <utility>

namespace stanchion {

namespace {

using nlohmann::json;

/// The fact that keeps what people want undone and nobody may do yet.
constexpr auto undos_fact = std::string_view{"undos"};

} // namespace

std::optional<proposal> proposal_of(const ticket& x) {
  if (x.kind != ticket_kind::approval)
    return std::nullopt;
  const auto about = subject_of_context(x.context);
  return about.tool.empty() ? std::nullopt
                            : std::optional{proposal{about.agent, about.tool}};
}

consequences::consequences(store& in,
                           std::function<bool(const ticket&)> undoing)
  : in_(in), undoing_(std::move(undoing)) {
  // nop
}

std::optional<proposal> consequences::add(const ticket& decided, batch& to) {
  if (!decided.decided || decided.state == ticket_state::withdrawn)
    return std::nullopt;
  note_undo(decided, to);
  return note_proposal(decided, to);
}

const proposal_record& consequences::record_of(const proposal& x) {
  const auto key = proposal_fact(x.agent, x.tool);
  const auto [found, fresh] = records_.try_emplace(key);
  if (fresh)
    found->second = parse_proposals(text_of(key));
  return found->second;
}

const std::vector<std::string>& consequences::undos() {
  if (!undos_) {
    const auto x = json::parse(text_of(undos_fact), nullptr, false);
    undos_ = x.is_array() ? x.get<std::vector<std::string>>()
                          : std::vector<std::string>{};
  }
  return *undos_;
}

/// One that is damaged says nothing; it must not keep people from deciding.
std::string consequences::text_of(std::string_view key) const {
  try {
    return in_.find_fact(key);
  } catch (const error&) {
    return {};
  }
}

std::optional<proposal> consequences::note_proposal(const ticket& x,
                                                    batch& to) {
  auto about = proposal_of(x);
  if (!about)
    return about;
  auto record = record_of(*about);
  record.note(x.decided->verb);
  const auto key = proposal_fact(about->agent, about->tool);
  to.facts.push_back({key, to_text(record)});
  records_[key] = std::move(record);
  return about;
}

/// What is under way by now is struck.
void consequences::note_undo(const ticket& x, batch& to) {
  if (x.kind != ticket_kind::review || x.decided->verb != verb::undo)
    return;
  auto due = undos();
  std::erase_if(due, [this](const std::string& id) {
    const auto other = in_.find_ticket(id);
    return !other || undoing_(*other);
  });
  due.push_back(x.id);
  to.facts.push_back({std::string{undos_fact}, json(due).dump()});
  undos_ = std::move(due);
}

} // namespace stanchion
