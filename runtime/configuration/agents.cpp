#include <stanchion/actors/model/llm_program.hpp>
#include <stanchion/core/confidence.hpp>
#include <stanchion/core/schema.hpp>
#include <stanchion/runtime/configuration/parts.hpp>
#include <stanchion/runtime/configuration/policies.hpp>

#include <nlohmann/json.hpp>

#include <limits>
#include <utility>

namespace stanchion::configuring {

namespace {

/// An agent that another one may call.
struct colleague {
  std::string name;
  std::string description;
  std::optional<value> input;
};

/// What an agent is, beside its name.
struct agent_words {
  std::string version = "1";
  std::string model;
  std::string instructions;
  std::vector<std::string> tools;
  std::vector<colleague> agents;
  std::optional<value> output;
  std::string simpler;
  llm_limits limits;
  std::optional<llm_compaction> compact;
  std::optional<llm_confidence> confidence;
  std::optional<std::uint32_t> max_tokens;
  std::optional<double> temperature;
};

/// What any agent can be told.
struct agent_policies {
  budget limits;
  std::optional<agent_budget> shared_budget;
  on_unhandled unhandled = on_unhandled::park;
  std::optional<retry> retries;
  mode_rules modes;
  std::optional<stuck_options> stuck;
  restart_words restarts{.most = defaults::run_restarts};
  duration backoff = defaults::restart_backoff;
  duration evict_after = defaults::evict_after;
};

constexpr auto most_natural = std::uint64_t{1'000'000'000'000'000};

void read(object_reader& x, llm_limits& to) {
  x.field({"turns", "Turns of the model before the run stops with a ticket."},
          to.turns, whole(1U, 100'000U));
  x.field({"calls_at_once", "Calls of one turn that are made side by side."},
          to.calls_at_once, whole<std::size_t>(1, 1'000));
  x.field({"corrections", "Calls that do not fit, and are answered to it."},
          to.corrections, whole(0U, 1'000U));
  x.field({"repairs", "Times that it is asked again for an answer that fits."},
          to.repairs, whole(0U, 1'000U));
  x.field({"result_bytes", "Bytes of one result that it is shown."},
          to.result_bytes, whole<std::size_t>(256, std::size_t{16} << 20U));
}

void read(object_reader& x, llm_confidence& to) {
  x.require({"least", "Below it a person confirms or replaces the answer."},
            to.least, real(0, 1));
  x.field({"how", "How it is found out how sure it is."}, to.how,
          any_of(confidence_method::validator));
  x.field({"samples", "Answers that must agree, for `agreement`."}, to.samples,
          whole(2U, 100U));
  x.field({"validator", "The tool that says it, for `validator`."},
          to.validator, text());
  if (!x.describes() && to.how == confidence_method::validator
      && to.validator.empty())
    x.complain({}, "has no \"validator\"; name the tool that says how sure it "
                   "is");
}

void read(object_reader& x, colleague& to) {
  x.require({"description", "What it does: the model chooses by it."},
            to.description, prose());
  x.field({"input", "What the model must give it; default {\"task\": text}."},
          to.input, json_schema());
}

void read(object_reader& x, agent_words& to) {
  x.field({"version", "Open runs stay with the version they began with."},
          to.version, name());
  x.require({"model", "Which model leads it."}, to.model, name());
  x.field({"instructions", "What the model is told first."}, to.instructions,
          prose());
  x.field({"tools", "What it may call."}, to.tools, list_of(name()));
  x.named({"agents", "Agents that it may have do something, as child runs."},
          [&](const std::string& called, object_reader& in) {
            auto one = colleague{.name = called};
            read(in, one);
            to.agents.push_back(std::move(one));
          });
  x.field({"output", "What its answer must look like; default text."},
          to.output, json_schema());
  x.field({"simpler", "The model that is asked when this one gives no answer "
                      "that fits."},
          to.simpler, text());
  x.section({"limits", "How far it may go before somebody else must."},
            [&](object_reader& in) { read(in, to.limits); });
  auto compact = llm_compaction{};
  if (x.object({"compact", "Replaces what no longer fits by a summary."},
               [&](object_reader& in) {
                 in.field({"keep", "Messages that stay as they are."},
                          compact.keep, whole<std::size_t>(1, 10'000));
               }))
    to.compact = compact;
  auto confidence = llm_confidence{};
  if (x.object({"confidence", "How sure it must be of its answer."},
               [&](object_reader& in) { read(in, confidence); }))
    to.confidence = confidence;
  x.field({"max_tokens", "Tokens of an answer."}, to.max_tokens, whole(1U));
  x.field({"temperature", "How freely the model chooses its words."},
          to.temperature, real(0, 2));
}

template <class T>
form<T> amount() {
  return whole<T>(1, static_cast<T>(std::min<std::uint64_t>(
                       std::numeric_limits<T>::max(), most_natural)));
}

void read(object_reader& x, budget& to) {
  x.field({"deadline", "Time of a run, without what it waits for people."},
          to.time, span());
  x.field({"steps", "Steps of a run."}, to.steps, amount<std::uint32_t>());
  x.field({"attempts", "Attempts of all its calls."}, to.attempts,
          amount<std::uint32_t>());
  x.field({"tokens", "Tokens of all its calls."}, to.tokens,
          amount<std::uint64_t>());
  x.field({"cost", "Money, in millionths of its unit."}, to.cost,
          amount<std::uint64_t>());
}

void read(object_reader& x, agent_budget& to) {
  x.field({"steps", "Steps of all its runs within the window."}, to.steps,
          amount<std::uint64_t>());
  x.field({"attempts", "Attempts of calls."}, to.attempts,
          amount<std::uint64_t>());
  x.field({"tokens", "Tokens."}, to.tokens, amount<std::uint64_t>());
  x.field({"cost", "Money, in millionths of its unit."}, to.cost,
          amount<std::uint64_t>());
  x.field({"window", "The window, which slides."}, to.window, span());
}

void read(object_reader& x, retry& to) {
  x.field({"most", "Series of attempts of one step, beside the first."},
          to.most, whole(1U, 100U));
  x.section({"backoff", "The waits between them."},
            [&](object_reader& in) { read(in, to.backoff); });
}

void read(object_reader& x, mode_rules& to) {
  x.field({"failures", "Failed runs and escalations within the window at which "
                       "it is lowered; 0: never."},
          to.failures, whole(0U, 100'000U));
  x.field({"window", "What `failures` are counted in."}, to.window, span());
  x.field({"rejections", "Rejections among the last ten decisions about one "
                         "tool at which it is lowered; 0: never."},
          to.rejections, whole(0U, 10U));
  x.field({"lower_to", "What it is lowered to."}, to.lower_to,
          one_of({mode::advisory, mode::stopped}));
  x.field({"recover_after_clean", "Proposals in a row, approved unchanged, at "
                                  "which it is autonomous again; 0: never."},
          to.recover_after_clean, whole(0U, 100'000U));
  x.field({"least_confidence", "A call that is less certain is only proposed."},
          to.least_confidence, real(0, 1));
}

void read(object_reader& x, stuck_options& to) {
  const auto times = whole(2U, 10'000U);
  x.field({"repeats", "The same call with the same answer, so often."},
          to.repeats, times);
  x.field({"errors", "The same call with the same failure."}, to.errors, times);
  x.field({"alternation", "Calls that alternate between two."}, to.alternation,
          times);
  x.field({"undoing", "Calls that alternate between a tool and its inverse."},
          to.undoing, times);
  x.field({"silence", "How long it may go without an outcome."}, to.silence,
          span());
  x.field({"ladder", "What follows, and then each time that it goes on."},
          to.ladder, list_of(any_of(stuck_rung::escalate), 1));
}

void read(object_reader& x, agent_policies& to) {
  x.section({"budget", "What a run may use up before it is parked."},
            [&](object_reader& in) { read(in, to.limits); });
  auto shared = agent_budget{};
  if (x.object({"shared_budget", "What all its runs may use up in a while."},
               [&](object_reader& in) { read(in, shared); }))
    to.shared_budget = shared;
  x.field({"on_unhandled", "What becomes of a run whose step has failed."},
          to.unhandled,
          mapped<on_unhandled>(
            word({"park", "fail"}),
            [](std::size_t i) {
              return i == 0 ? on_unhandled::park : on_unhandled::fail;
            },
            [](on_unhandled u) {
              return std::size_t{u == on_unhandled::park ? 0U : 1U};
            }));
  auto retries = retry{};
  if (x.object({"retry", "Tries the step again before that happens."},
               [&](object_reader& in) { read(in, retries); }))
    to.retries = retries;
  x.section({"modes", "When it may do less by itself."},
            [&](object_reader& in) { read(in, to.modes); });
  auto stuck = stuck_options{};
  if (x.object({"on_stuck", "Looks out for runs that get nowhere."},
               [&](object_reader& in) { read(in, stuck); }))
    to.stuck = stuck;
  x.section({"restarts", "Restarts of one run before it is parked."},
            [&](object_reader& in) { read(in, to.restarts); });
  x.field({"backoff", "The first delay before a restart; it doubles."},
          to.backoff, span(true));
  x.field({"evict_after", "How long a run waits before it leaves memory."},
          to.evict_after, span());
}

void apply(const agent_policies& x, agent& to) {
  if (x.limits.time)
    to.deadline(*x.limits.time);
  if (x.limits.steps)
    to.max_steps(*x.limits.steps);
  if (x.limits.attempts)
    to.max_attempts(*x.limits.attempts);
  if (x.limits.tokens)
    to.max_tokens(*x.limits.tokens);
  if (x.limits.cost)
    to.max_cost(*x.limits.cost);
  if (x.shared_budget)
    to.spend_at_most(*x.shared_budget);
  to.on_unhandled(x.unhandled).modes(x.modes);
  if (x.retries)
    to.on_unhandled(*x.retries);
  if (x.stuck)
    to.on_stuck(*x.stuck);
  to.restarts(x.restarts.most, x.restarts.window).backoff(x.backoff);
  to.evict_after(x.evict_after);
}

llm_agent made_of(const std::string& name, const agent_words& x,
                  const agent_policies& policies) {
  auto to = llm_agent{name, x.version, x.model};
  to.instructions(x.instructions).limits(x.limits);
  for (const auto& each : x.tools)
    to.tool(each);
  for (const auto& each : x.agents)
    if (each.input)
      to.agent(each.name, each.description, *each.input);
    else
      to.agent(each.name, each.description);
  if (x.output)
    to.output(*x.output);
  if (!x.simpler.empty())
    to.simpler(x.simpler);
  if (x.compact)
    to.compact(*x.compact);
  if (x.confidence)
    to.confidence(*x.confidence);
  if (x.max_tokens)
    to.max_tokens(*x.max_tokens);
  if (x.temperature)
    to.temperature(*x.temperature);
  to.policies([&](agent& plain) { apply(policies, plain); });
  return to;
}

} // namespace

void read_agent(const std::string& name, object_reader& x, parts& to) {
  auto words = agent_words{};
  auto policies = agent_policies{};
  read(x, words);
  read(x, policies);
  auto made = agent_part{};
  made.name = name;
  made.where = place_of(x);
  made.models = mentions({words.model}, x, "model");
  if (!words.simpler.empty())
    made.models.push_back({words.simpler, place_of(x, "simpler")});
  made.tools = mentions(words.tools, x, "tools");
  if (words.confidence && !words.confidence->validator.empty())
    made.tools.push_back(
      {words.confidence->validator, place_of(x, "confidence")});
  for (const auto& each : words.agents)
    made.agents.push_back({each.name, place_of(x, "agents")});
  made.make
    = [name, words, policies] { return made_of(name, words, policies); };
  to.agents.push_back(std::move(made));
}

void read_supervisor(const std::string& name, object_reader& x, parts& to) {
  auto made = supervisor_part{};
  auto restarts = restart_words{};
  auto children = std::vector<std::string>{};
  x.require({"strategy", "Whom else a restart concerns."}, made.how,
            any_of(strategy::rest_for_one));
  x.require({"children", "Models, tools, agents and supervisors of this file, "
                         "in the order in which they start."},
            children, list_of(configuring::name(), 1));
  x.section({"restarts", "Restarts of all children that are borne."},
            [&](object_reader& in) { read(in, restarts); });
  x.field({"backoff", "The first delay before a restart; it doubles."},
          made.backoff, span(true));
  made.name = name;
  made.where = place_of(x);
  made.children = mentions(children, x, "children");
  made.restarts = restarts.most;
  made.window = restarts.window;
  to.supervisors.push_back(std::move(made));
}

} // namespace stanchion::configuring
