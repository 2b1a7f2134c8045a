#pragma once

#include <functional>

namespace stanchion {

class runtime;

/// Gives a program every verb of the `stanchion` command: starting, watching
/// and mending runs, deciding tickets, looking after the journal. `setup` adds
/// the program's tools and agents; it is called when, and only when, the
/// program is to drive runs itself, and then before the start.
///
///     int main(int argc, char** argv) {
///       return command_line(argc, argv, [](runtime& rt) {
///         rt.add(tool{…});
///         rt.add(agent{…});
///       });
///     }
///
/// Returns what `main` should: 0 ok, 1 failed, 2 usage, 3 auth, 4 not found,
/// 5 conflict, 6 partly failed, 7 waiting for a person, 124 timeout, 130
/// interrupted. Results go to stdout, everything else to stderr.
///
/// Errors:  none; what goes wrong is printed. What `setup` throws is, too.
/// Threads: call it once, from `main`, before any other thread exists. While
///          runs are driven or watched it blocks SIGINT and SIGTERM for all
///          threads: the first one stops the runtime in order, the second one
///          ends the process at once. It ends the process itself when something
///          could not be stopped.
int command_line(int argc, char** argv,
                 const std::function<void(runtime&)>& setup);

} // namespace stanchion
