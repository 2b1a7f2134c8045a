#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/runtime/api/detail/mount.hpp>
#include <stanchion/runtime/api/mount.hpp>
#include <stanchion/runtime/api/owner_operations.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <utility>

namespace stanchion {

void mount_operator_api(httplib::Server& on, runtime& of,
                        const mount_options& options) {
  auto tokens = options.tokens;
  if (tokens.empty())
    tokens = data_dir{of.settings().data_dir}.tokens();
  detail::mount(on,
                std::make_shared<api_service>(make_owner_operations(of),
                                              std::move(tokens),
                                              options.service),
                options.prefix);
}

} // namespace stanchion
