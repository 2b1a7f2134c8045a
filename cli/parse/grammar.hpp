#pragma once

#include <stanchion/cli/parse.hpp>
#include <stanchion/core/time.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace CLI {

class App;
class Option;

} // namespace CLI

/// The commands and what each of them takes, as CLI11 reads them. Help,
/// completions and the manual page are made of the same.
///
/// Threads: values.
namespace stanchion::parse {

/// An option that takes a span.
struct span_option {
  const char* name;
  const char* about;
  const char* such_as;       ///< what an error suggests
  const char* kind = "span"; ///< what an error calls it
  duration least = duration{};
};

/// The tree of commands. Parsing writes into `chosen`.
class grammar {
public:
  using text = const char*;

  explicit grammar(const std::string& program);
  ~grammar();
  grammar(const grammar&) = delete;
  grammar& operator=(const grammar&) = delete;

  [[nodiscard]] CLI::App& app() {
    return *app_;
  }

  command chosen;
  invocation& words = chosen.words;

  // -- commands

  /// A word that others follow.
  CLI::App* noun(text name, text does, const std::string& example);
  CLI::App* leaf(CLI::App* under, text name, text does, command_verb verb,
                 const std::string& example);
  /// A command that needs no data directory.
  CLI::App* bare(CLI::App* under, text name, text does, command_verb verb,
                 const std::string& example);

  // -- what several of them take

  /// It may ask a server of the network instead of the data directory.
  void takes_server(CLI::App* x);
  void takes_ids(CLI::App* x);
  void takes_one_id(CLI::App* x, text what);
  void takes_by(CLI::App* x);
  void takes_reason(CLI::App* x);
  void takes_limit(CLI::App* x);
  CLI::Option* takes_span(CLI::App* x, const span_option& what,
                          std::function<void(duration)> into);
  void takes_timeout(CLI::App* x);
  void takes_faults(CLI::App* x);
  /// It may drive what a configuration says.
  void takes_config(CLI::App* x);

private:
  std::unique_ptr<CLI::App> app_;
};

// -- the commands, by noun ----------------------------------------------------

void add_run(grammar& g);
void add_ticket(grammar& g);
void add_policy(grammar& g);
void add_supervision(grammar& g); ///< tools and breakers
void add_modes(grammar& g);       ///< and stops
void add_serving(grammar& g);     ///< notifications, tokens and the audit, too
void add_care(grammar& g);        ///< the tree, the journal, doctor, version
void add_simulate(grammar& g);
void add_stats(grammar& g);
void add_top(grammar& g);
void add_shells(grammar& g);
void add_configuration(grammar& g); ///< and new projects

// -- names --------------------------------------------------------------------

[[nodiscard]] const std::map<std::string, output_format>& output_formats();
/// Of all states that a run may be in.
[[nodiscard]] std::vector<std::string> names_of_states();

} // namespace stanchion::parse
