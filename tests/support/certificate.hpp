#pragma once

#include <filesystem>

namespace stanchion::test {

/// Writes a certificate for 127.0.0.1 and localhost that nobody but itself
/// vouches for, and its key, as PEM.
void write_certificate(const std::filesystem::path& cert,
                       const std::filesystem::path& key);

} // namespace stanchion::test
