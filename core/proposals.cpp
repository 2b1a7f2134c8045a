#include <stanchion/core/proposals.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace stanchion {

namespace {

constexpr auto remembered = std::size_t{10};

} // namespace

void proposal_record::note(verb said) {
  if (said != verb::approve && said != verb::edit && said != verb::reject)
    return;
  const auto as_proposed = said == verb::approve;
  approved += as_proposed ? 1 : 0;
  edited += said == verb::edit ? 1 : 0;
  rejected += said == verb::reject ? 1 : 0;
  clean = as_proposed ? clean + 1 : 0;
  recent += to_string(said).front();
  if (recent.size() > remembered)
    recent.erase(0, recent.size() - remembered);
}

std::uint32_t proposal_record::recent_rejections() const {
  return static_cast<std::uint32_t>(
    std::count(recent.begin(), recent.end(), 'r'));
}

std::string proposal_fact(std::string_view agent, std::string_view tool) {
  return std::string{"proposals/"}.append(agent).append("/").append(tool);
}

std::string to_text(const proposal_record& x) {
  return nlohmann::json{{"approved", x.approved},
                        {"edited", x.edited},
                        {"rejected", x.rejected},
                        {"clean", x.clean},
                        {"recent", x.recent}}
    .dump();
}

proposal_record parse_proposals(std::string_view text) {
  const auto x = nlohmann::json::parse(text, nullptr, false);
  if (!x.is_object())
    return {};
  try {
    return {.approved = x.value("approved", 0U),
            .edited = x.value("edited", 0U),
            .rejected = x.value("rejected", 0U),
            .clean = x.value("clean", 0U),
            .recent = x.value("recent", std::string{})};
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

} // namespace stanchion
