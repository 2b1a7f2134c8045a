#include <stanchion/cli/completion.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/verbs.hpp>

#include <ostream>

namespace stanchion::verbs {

exit_code completion(command_context& x) {
  x.io.out << completion_script(command_tree(program_name(x.words.program)),
                                x.words.shell);
  return exit_code::ok;
}

exit_code man(command_context& x) {
  x.io.out << manual_page(command_tree(program_name(x.words.program)));
  return exit_code::ok;
}

} // namespace stanchion::verbs
