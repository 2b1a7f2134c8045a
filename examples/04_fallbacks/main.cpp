// What answers when a model cannot, and how an agent can tell.
//
// Shows:    one chain of fallbacks: a simpler model with a shorter prompt, the
//           answer it gave before, and what can be said without any model; the
//           source of every value.
// Run:      ./dev example 04_fallbacks
// Expected: expected.txt; README.md explains it

#include <stanchion/stanchion.hpp>

#include <atomic>
#include <iostream>
#include <map>
#include <mutex>
#include <string>

using namespace stanchion;

namespace {

std::atomic<bool> large_is_up = true;
std::atomic<bool> small_is_up = true;

/// Stands for a provider that sheds load.
[[noreturn]] void overloaded(const char* who) {
  throw tool_error{failure_kind::overloaded, side_effect::none,
                   std::string{who} + " is overloaded"};
}

json ask_large(const value& prompt, tool_context&) {
  if (!large_is_up)
    overloaded("the large model");
  return args("text", "Everything about " + prompt["topic"].as_string()
                        + ", with notes.");
}

json ask_small(const value& prompt, tool_context&) {
  if (!small_is_up)
    overloaded("the small model");
  return args("text", prompt["brief"].as_string() + ", in a word.");
}

/// A small model is asked for less.
json shorter(const value& prompt) {
  return args("brief", prompt["topic"].as_string());
}

json only_links(const value& prompt, const failure& why) {
  return args("text", "No text (" + std::string{to_string(why.kind)}
                        + "), but see the shelf on "
                        + prompt["topic"].as_string() + ".");
}

/// Hands the value on with where it came from: a reader may want to know.
task<json> brief(agent_context& ctx, value topic) {
  auto x = co_await ctx.call("model.large", args("topic", topic));
  co_return args("text", x["text"], "source", x.source());
}

/// Counts what answered in a model's place.
class tally {
public:
  void operator()(const event& x) {
    const auto source = json::parse(x.fields).at("source").get<std::string>();
    const std::lock_guard guard{mutex_};
    ++counts_[source.substr(0, source.find(':'))];
  }
  void print() {
    const std::lock_guard guard{mutex_};
    for (const auto& [source, count] : counts_)
      std::cout << "    " << source << ": " << count << '\n';
  }

private:
  std::mutex mutex_;
  std::map<std::string, int> counts_; // guarded by mutex_
};

void add_all(runtime& rt) {
  const auto one_try = retry_options{.max_attempts = 1};
  rt.add(tool{"model.large", effect::read_only, ask_large}
           .input(any())
           .output(any())
           .retry(one_try)
           .fallback(instead("model.small", shorter))
           .fallback(cached(10min))
           .fallback(partial(only_links)));
  rt.add(tool{"model.small", effect::read_only, ask_small}
           .input(any())
           .output(any())
           .retry(one_try));
  rt.add(agent{"brief", "1", brief});
}

void ask(runtime& rt, const std::string& when, const std::string& topic) {
  const auto row = rt.submit({.agent = "brief", .input = topic});
  rt.wait(row.id);
  const auto x = rt.result(row.id).get();
  auto source = x["source"].as_string();
  if (source.starts_with("cache:"))
    source = "cache"; // its age is another one each time
  std::cout << when << '\n'
            << "    " << x["text"].as_string() << '\n'
            << "    source: " << source << '\n';
}

} // namespace

int main() {
  auto counts = tally{};
  auto rt = runtime{config{.in_memory = true}};
  add_all(rt);
  rt.events().subscribe([&counts](const event& x) { counts(x); },
                        {event_kind::fallback_used});
  rt.start();
  ask(rt, "both models are up:", "bridges");
  large_is_up = false;
  ask(rt, "the large one is overloaded:", "tunnels");
  small_is_up = false;
  ask(rt, "so is the small one, and it was asked before:", "bridges");
  ask(rt, "so is the small one, and it never was:", "ferries");
  large_is_up = true;
  ask(rt, "the large one is back:", "ferries");
  std::cout << "what answered in its place:\n";
  counts.print();
  rt.stop();
}
