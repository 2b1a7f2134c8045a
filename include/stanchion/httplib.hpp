#pragma once

// For programs that serve HTTP with cpp-httplib themselves: the operator API on
// a server of theirs.
#include <stanchion/runtime/api/mount.hpp>
