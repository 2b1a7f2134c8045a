#include <stanchion/cli/each.hpp>
#include <stanchion/cli/exit_code.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/core/error.hpp>

namespace stanchion {

exit_code each(const command_context& x, const std::vector<std::string>& ids,
               const std::function<void(const std::string&)>& act) {
  auto codes = std::vector<exit_code>{};
  for (const auto& id : ids) {
    try {
      act(id);
      codes.push_back(exit_code::ok);
    } catch (const error& e) {
      print_error(x.io, x.words.format, x.words.program, e.code(),
                  detail_of(e));
      codes.push_back(exit_code_of(e.code()));
    }
  }
  return combined(codes);
}

} // namespace stanchion
