#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/cli/words.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/testing/simulation.hpp>

#include <nlohmann/json.hpp>

#include <limits>
#include <ostream>
#include <string>

namespace stanchion::verbs {

namespace {

/// Times between the submissions of a system, so that runs meet each other at
/// different steps.
constexpr auto apart = duration{50ms};

void require_agent(const command_context& x) {
  auto probe = runtime{config{.in_memory = true}};
  if (x.setup)
    x.setup(probe);
  if (!probe.has_agent(x.words.agent))
    throw error{error_code::unknown_agent,
                "this program has no agent \"" + x.words.agent
                  + "\". Name a configuration that has it with --config, or "
                    "run a C++ program whose main calls command_line() with a "
                    "setup that adds it"};
}

simulation prepared(const command_context& x) {
  auto sim = simulation{x.setup};
  const auto input
    = x.words.input ? read_json(*x.words.input, x.io) : json::object();
  for (auto i = std::size_t{0}; i < x.words.runs; ++i)
    sim.submit({.agent = x.words.agent, .input = value{input}},
               apart * static_cast<std::int64_t>(i));
  sim.inject(read_faults(x.words.faults.value_or("rough")));
  return sim;
}

std::size_t shuffled(const invocation& x) {
  return x.shuffled.value_or(std::numeric_limits<std::size_t>::max());
}

json violations_of(const std::vector<violation>& xs) {
  auto list = json::array();
  for (const auto& v : xs)
    list.push_back({{"rule", v.rule}, {"what", v.what}});
  return list;
}

/// The command that shows a failure again.
std::string again(const invocation& x, const failing_seed& failed) {
  auto words = "simulate " + x.agent + " --seed " + std::to_string(failed.seed)
               + " --runs " + std::to_string(x.runs) + " --trace --faults "
               + (failed.faults.empty() ? "none" : "'" + failed.faults + "'");
  if (failed.least.shuffled != std::numeric_limits<std::size_t>::max())
    words += " --shuffled " + std::to_string(failed.least.shuffled);
  if (x.input)
    words += " --input '" + *x.input + "'";
  return hint(x, words);
}

json document(const campaign_report& report, const invocation& x) {
  auto doc = json{{"systems", report.systems},
                  {"runs", report.runs},
                  {"completed", report.completed},
                  {"ended", report.ended},
                  {"messages", report.messages},
                  {"calls", report.calls},
                  {"effects", report.effects},
                  {"tickets", report.tickets},
                  {"deaths", report.deaths},
                  {"simulated_us", report.simulated_time.count()},
                  {"faults", report.faults},
                  {"events", json::object()},
                  {"failures", json::array()},
                  {"missing", report.shortfalls},
                  {"ok", report.ok()}};
  for (const auto& [kind, count] : report.events)
    doc["events"][std::string{to_string(kind)}] = count;
  for (const auto& f : report.failures)
    doc["failures"].push_back({{"seed", f.seed},
                               {"faults", f.faults},
                               {"violations", violations_of(f.violations)},
                               {"again", again(x, f)}});
  return doc;
}

/// One system, message by message.
exit_code show_trace(const command_context& x, const simulation& sim) {
  const auto one
    = sim.try_again({.seed = x.words.seed, .shuffled = shuffled(x.words)});
  if (!print_document(x, {{"seed", one.seed},
                          {"trace", one.trace},
                          {"violations", violations_of(one.violations)}})) {
    x.io.out << plain_text(one.trace);
    for (const auto& v : one.violations)
      x.io.out << "BROKEN " << v.rule << ": " << plain_text(v.what) << '\n';
  }
  return one.violations.empty() ? exit_code::ok : exit_code::failed;
}

} // namespace

exit_code simulate(command_context& x) {
  require_agent(x);
  const auto sim = prepared(x);
  if (x.words.trace)
    return show_trace(x, sim);
  auto options = campaign_options{};
  options.first_seed = x.words.seed;
  options.workers = x.words.workers;
  const auto report = x.words.everywhere
                        ? sim.crash_everywhere(x.words.seed, options)
                        : sim.try_seeds(x.words.seeds, options);
  if (!print_document(x, document(report, x.words))) {
    x.io.out << plain_text(report.text());
    for (const auto& f : report.failures)
      x.io.err << "to see it: " << again(x.words, f) << '\n';
  }
  return report.ok() ? exit_code::ok : exit_code::failed;
}

} // namespace stanchion::verbs
