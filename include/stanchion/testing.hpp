#pragma once

/// For tests of programs that use Stanchion: whole runtimes in virtual time,
/// with faked tools, scripted people and faults. Start at `simulation`.

#include <stanchion/runtime/testing/simulation.hpp>
#include <stanchion/stanchion.hpp>
