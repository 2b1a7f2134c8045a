#pragma once

#include <stanchion/runtime/api/http_client.hpp>
#include <stanchion/runtime/api/operations.hpp>

#include <filesystem>
#include <memory>

namespace stanchion {

/// Asks the process that listens at `socket`; null when nobody does.
///
/// Errors:  those that the owner tells; `no_server` when it does not answer or
///          hangs up; `store_read_only` without the permission to ask.
/// Threads: not synchronised.
[[nodiscard]] std::unique_ptr<operations>
connect_to_owner(const std::filesystem::path& socket);

/// Asks a server of the network, when it is asked.
///
/// Errors:  those that it tells; `no_server` when it does not answer; `usage`
///          for what is no address.
/// Threads: not synchronised.
[[nodiscard]] std::unique_ptr<operations>
connect_to_server(server_address where);

} // namespace stanchion
