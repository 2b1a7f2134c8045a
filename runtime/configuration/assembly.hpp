#pragma once

#include <stanchion/runtime/configuration/parts.hpp>
#include <stanchion/runtime/supervisor.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

class runtime;

namespace configuring {

/// Makes what a configuration says, and finds what stands in the way.
class assembly {
public:
  /// `with` is what the parts will be added to.
  assembly(const parts& from, const runtime& with);

  /// In the order of the text; empty when everything may be added.
  [[nodiscard]] const std::vector<configuration_problem>& problems() const {
    return problems_;
  }

  /// Precondition: there are no problems.
  void add_to(runtime& to) const;

private:
  void make(const parts& from);
  void find_names(const parts& from);
  void check_names(const parts& from, const runtime& with);
  void check_mentions(const std::vector<mention>& all,
                      const std::vector<std::string>& known,
                      std::string_view as);
  void group(const parts& from);
  [[nodiscard]] supervisor team_of(const supervisor_part& x);
  void try_out();
  void complain(configuration_problem where, std::string what);
  template <class Do>
  void attempt(const configuration_problem& where, const Do& what);

  std::vector<configuration_problem> problems_;
  std::map<std::string, tool> tools_;
  std::map<std::string, llm_agent> agents_;
  std::map<std::string, const supervisor_part*> supervisors_; // not yet placed
  std::map<std::string, configuration_problem> places_;
  std::vector<std::string> in_teams_; // tools and agents
  std::vector<supervisor> teams_;
  std::optional<failure_policy> failures_;
  configuration_problem failures_at_;
};

} // namespace configuring
} // namespace stanchion
