#include <stanchion/runtime/api/role.hpp>

namespace stanchion {

std::string_view to_string(role x) {
  switch (x) {
  case role::viewer:
    return "viewer";
  case role::operator_role:
    return "operator";
  case role::approver:
    return "approver";
  case role::admin:
    return "admin";
  }
  return "unknown";
}

std::optional<role> parse_role(std::string_view text) {
  for (const auto x :
       {role::viewer, role::operator_role, role::approver, role::admin})
    if (to_string(x) == text)
      return x;
  return std::nullopt;
}

bool allows(role who, access needed) {
  switch (needed) {
  case access::anybody:
  case access::viewer:
    return true;
  case access::operator_role:
    return who == role::operator_role || who == role::admin;
  case access::approver:
    return who == role::approver || who == role::admin;
  case access::admin:
    break;
  }
  return who == role::admin;
}

} // namespace stanchion
