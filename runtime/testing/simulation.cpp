#include <stanchion/runtime/testing/detail/scenario.hpp>
#include <stanchion/runtime/testing/simulation.hpp>

#include <utility>

namespace stanchion {

simulation::simulation(std::function<void(runtime&)> setup)
  : scenario_(std::make_unique<detail::scenario>()) {
  scenario_->setup = std::move(setup);
}

simulation::simulation(simulation&&) noexcept = default;
simulation& simulation::operator=(simulation&&) noexcept = default;
simulation::~simulation() = default;

simulation& simulation::fake(const std::string& tool, tool_function fn) {
  scenario_->fakes.insert_or_assign(tool, std::move(fn));
  return *this;
}

simulation& simulation::submit(submission what, duration after) {
  scenario_->submissions.push_back({std::move(what), after});
  return *this;
}

simulation& simulation::cancel(std::size_t nth, duration from,
                               duration within) {
  scenario_->acts.push_back(
    {.from = from, .within = within, .cancels = nth, .agent = {}});
  return *this;
}

simulation& simulation::set_mode(std::string agent, mode to, duration from,
                                 duration within) {
  scenario_->acts.push_back(
    {.from = from, .within = within, .agent = std::move(agent), .mode = to});
  return *this;
}

simulation& simulation::inject(stanchion::faults x) {
  scenario_->faults = std::move(x);
  return *this;
}

simulation& simulation::person(park_reason reason, verb said,
                               std::string payload) {
  scenario_->words[reason] = scripted_word{said, std::move(payload)};
  return *this;
}

simulation& simulation::leave_open(park_reason reason) {
  scenario_->words[reason] = std::nullopt;
  return *this;
}

simulation& simulation::nobody() {
  scenario_->nobody = true;
  return *this;
}

simulation& simulation::patience(duration x) {
  scenario_->patience = x;
  return *this;
}

simulation& simulation::check(std::string claim,
                              std::function<bool(const simulated&)> holds) {
  scenario_->checks.push_back({std::move(claim), std::move(holds)});
  return *this;
}

simulation& simulation::goal(std::string claim,
                             std::function<bool(const simulated&)> holds) {
  scenario_->goals.push_back({std::move(claim), std::move(holds)});
  return *this;
}

simulated simulation::try_seed(std::uint64_t seed) const {
  return try_again(replay{.seed = seed});
}

simulated simulation::try_again(const replay& x) const {
  return detail::simulate(*scenario_, {.seed = x.seed,
                                       .only = x.faults,
                                       .shuffled = x.shuffled,
                                       .trace = true})
    .result;
}

} // namespace stanchion
