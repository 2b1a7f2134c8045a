#pragma once

#include <stanchion/core/store.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string_view>

namespace stanchion {

/// How the line of a run begins whose agent the program lacks.
inline constexpr std::string_view waits_for_version = "version ";

/// Whether the row says that its run waits for a version of its agent.
[[nodiscard]] bool lacks_version(const run_row& row);

/// Tells whether only people can make a run go on: it is parked with an open
/// ticket, nothing drives it, or it waits for nothing but children of which
/// that is true.
///
/// A run whose children have ended, or parked where it waits for them to
/// settle, is about to hear of it and goes on by itself. That is read from the
/// run's journal, since its row says so only once it has heard.
///
/// Errors:  what the store throws.
/// Threads: one. Looking again reads only what is new.
class people_watch {
public:
  /// Whether nothing drives an open run until a person acts.
  using predicate = std::function<bool(const run_row&)>;

  /// Whoever drives the runs knows better than their rows what is driven.
  explicit people_watch(store& in, predicate left_alone = lacks_version);

  /// False for runs that have ended.
  [[nodiscard]] bool waits_for_people(const run_row& row);

private:
  /// A step that a run waits for.
  struct open_step {
    bool for_child = false; ///< for a child to end, or to settle
    bool for_settled = false;
    run_number child = 0;
  };
  /// How far the records of a run were read, and what they leave open.
  struct progress {
    std::uint32_t next_seq = 0;
    std::map<step_path, open_step> open;
  };

  void read_on(run_number run, progress& p);
  [[nodiscard]] bool goes_on(open_step& x);

  store& in_;
  predicate left_alone_;
  std::map<run_number, progress> runs_;
};

/// The same, looking once.
[[nodiscard]] bool waits_for_people(store& in, const run_row& row,
                                    people_watch::predicate left_alone
                                    = lacks_version);

} // namespace stanchion
