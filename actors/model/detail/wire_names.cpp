#include <stanchion/actors/model/detail/wire_names.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::detail {

namespace {

bool is_taken_as_is(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

} // namespace

void wire_names::set(const std::string& name, std::string wire) {
  names_.emplace(wire, name);
  wires_.emplace(name, std::move(wire));
}

std::string wire_names::unused(std::string_view wanted) const {
  auto base = std::string{wanted.substr(0, most_)};
  std::ranges::replace_if(base, [](char c) { return !is_taken_as_is(c); }, '_');
  if (base.empty())
    base = "_";
  auto to = base;
  for (auto i = 2; names_.contains(to); ++i) {
    const auto number = "_" + std::to_string(i);
    to = base.substr(0, most_ - number.size()) + number;
  }
  return to;
}

void wire_names::add(const std::vector<std::string>& group) {
  for (const auto& name : group)
    if (!wires_.contains(name) && unused(name) == name)
      set(name, name);
  for (const auto& name : group)
    if (!wires_.contains(name))
      set(name, unused(name));
}

const std::string& wire_names::to_wire(const std::string& name) const {
  return wires_.at(name);
}

const std::string& wire_names::from_wire(const std::string& wire) const {
  const auto found = names_.find(wire);
  return found != names_.end() ? found->second : wire;
}

} // namespace stanchion::detail
