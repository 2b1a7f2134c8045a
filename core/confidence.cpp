#include <stanchion/core/confidence.hpp>
#include <stanchion/core/detail/names.hpp>

#include <algorithm>

namespace stanchion {

std::string_view to_string(confidence_method x) {
  switch (x) {
  case confidence_method::reported:
    return "reported";
  case confidence_method::agreement:
    return "agreement";
  case confidence_method::validator:
    return "validator";
  }
  return detail::no_name;
}

std::optional<confidence_method>
parse_confidence_method(std::string_view text) {
  return detail::parse_name(text, confidence_method::validator);
}

value agreement(const std::vector<value>& samples) {
  auto most = std::ptrdiff_t{0};
  auto best = value{};
  for (const auto& x : samples) {
    const auto same = std::count(samples.begin(), samples.end(), x);
    if (same > most) {
      most = same;
      best = x;
    }
  }
  const auto share = samples.empty() ? 0.0
                                     : static_cast<double>(most)
                                         / static_cast<double>(samples.size());
  return best.with_confidence(share, confidence_method::agreement);
}

} // namespace stanchion
