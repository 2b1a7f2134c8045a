#include <stanchion/cli/control_client.hpp>
#include <stanchion/cli/session.hpp>
#include <stanchion/cli/words.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/store_operations.hpp>

#include <nlohmann/json.hpp>

#include <map>
#include <ostream>
#include <thread>

namespace stanchion {

namespace {

using steady = std::chrono::steady_clock;

/// Between two looks for an owner.
constexpr auto nap = std::chrono::milliseconds{50};
/// An owner that starts answers within this.
constexpr auto start_patience = std::chrono::seconds{3};
/// An owner that stops is gone within this, which is more than its grace.
constexpr auto stop_patience = std::chrono::seconds{15};

/// Whether an error says that the owner has gone.
bool owner_gone(const error& e) {
  return e.code() == error_code::no_server
         || e.code() == error_code::not_running;
}

} // namespace

session::session(command_context& x, bool drives)
  : context_(x), dir_(x.words.data_dir) {
  if (drives)
    signals_.emplace();
  if (x.words.timeout)
    deadline_ = steady::now() + *x.words.timeout;
}

session::~session() {
  if (owner_ != nullptr && !owner_->stop())
    context_.abandoned = true;
}

// -- reaching the directory ---------------------------------------------------

bool session::try_remote() {
  const auto& words = context_.words;
  if (remote_ == nullptr && !words.url.empty())
    remote_ = connect_to_server(
      {.url = words.url,
       .token = read_token(words),
       .ca = words.tls_ca,
       .insecure_non_loopback = words.insecure_non_loopback});
  if (remote_ == nullptr)
    remote_ = connect_to_owner(dir_.socket());
  return remote_ != nullptr;
}

operations& session::reach() {
  if (owns())
    return owner_->work();
  if (try_remote())
    return *remote_;
  if (offline_ == nullptr)
    offline_ = make_offline_operations(dir_);
  return *offline_;
}

json session::ask(const std::function<json(operations&, bool)>& what) {
  const auto until = steady::now() + stop_patience;
  for (auto again = false;; again = true) {
    try {
      return what(reach(), again);
    } catch (const error& e) {
      // One that stops hangs up first, and lets go of its files last.
      const auto stops = reaches_owner() ? owner_gone(e)
                                         : e.code() == error_code::store_in_use;
      if (!stops || owns() || !context_.words.url.empty()
          || steady::now() >= until)
        throw;
      lose_owner();
    }
  }
}

json session::ask(const std::function<json(operations&)>& what) {
  return ask([&what](operations& by, bool) { return what(by); });
}

bool session::has_agent(const std::string& name) {
  if (owns())
    return owner_->has_agent(name);
  if (candidate_ == nullptr)
    candidate_ = std::make_unique<owner>(dir_, context_, *signals_);
  return candidate_->has_agent(name);
}

void session::require_agent(const std::string& name) {
  if (has_agent(name))
    return;
  throw error{error_code::unknown_agent,
              "this program has no agent \"" + name
                + "\", and no other process drives " + dir_.root().string()
                + ". Name a configuration that has it with --config, or run a "
                  "C++ program whose main calls command_line() with a setup "
                  "that adds it"};
}

/// False when somebody else owns the directory.
bool session::try_own() try {
  candidate_->start();
  owner_ = std::move(candidate_);
  return true;
} catch (const error& e) {
  candidate_.reset(); // it cannot be started twice
  if (e.code() == error_code::store_in_use)
    return false;
  throw;
}

bool session::wait_for_owner(steady::time_point since) {
  std::this_thread::sleep_for(nap);
  const auto patience = lost_owner_ ? stop_patience : start_patience;
  return keep_going() && steady::now() - since < patience;
}

void session::lose_owner() {
  remote_.reset();
  lost_owner_ = true;
  std::this_thread::sleep_for(nap);
}

json session::start(const json& request) {
  for (;;) {
    try {
      return drive(request.at("agent").get<std::string>()).start_run(request);
    } catch (const error& e) {
      // It refused: nothing was started. Had it hung up, nobody could say.
      if (e.code() != error_code::not_running || owns() || !keep_going()
          || !context_.words.url.empty())
        throw;
      lose_owner();
    }
  }
}

operations& session::drive(const std::string& agent) {
  const auto since = steady::now();
  for (;;) {
    if (owns())
      return owner_->work();
    if (try_remote()) {
      if (context_.words.faults)
        throw error{error_code::store_in_use,
                    dir_.root().string()
                      + " is driven by another process, which this command "
                        "cannot make inject faults. Stop it first, or leave "
                        "--faults out"};
      return *remote_;
    }
    require_agent(agent);
    if (!try_own() && !wait_for_owner(since))
      throw error{error_code::store_in_use,
                  dir_.root().string()
                    + " is in use by a process that does not answer at "
                    + dir_.socket().string()
                    + ". Stop it, or name another data directory; `doctor` "
                      "names it"};
  }
}

// -- following ----------------------------------------------------------------

bool session::interrupted() const {
  return signals_ && signals_->interrupted();
}

bool session::keep_going() const {
  return !interrupted() && !(deadline_ && steady::now() >= *deadline_);
}

exit_code session::why_stopped() const {
  return interrupted() ? exit_code::interrupted : exit_code::timed_out;
}

/// A server that has gone may be one that is started anew.
bool session::may_come_back() {
  if (context_.words.url.empty())
    return true; // the data directory says who drives it next
  const auto now = steady::now();
  if (!lost_at_ || now - *lost_at_ > 2 * stop_patience)
    lost_at_ = now;
  return now - *lost_at_ < stop_patience;
}

json session::follow(const std::string& id, follow_until until,
                     const std::function<void(const json&)>& on_record,
                     const std::function<operations&()>& connect) {
  auto seen = std::map<run_number, std::uint32_t>{}; // next record, by run
  auto f = follower{.until = until};
  f.keep_going = [this] { return keep_going(); };
  if (on_record)
    f.on_record = [&](const json& x) {
      const auto seq = x.at("seq").get<std::uint32_t>();
      auto& next = seen[x.at("run_number").get<run_number>()];
      if (seq < next)
        return; // told before the owner went
      next = seq + 1;
      on_record(x);
    };
  while (keep_going()) {
    try {
      return connect().follow(id, f);
    } catch (const error& e) {
      if (!owner_gone(e) || owns() || !may_come_back())
        throw;
      lose_owner();
    }
  }
  return {};
}

json session::stay(const std::string& id, const std::string& agent,
                   const std::function<void(const json&)>& on_record) {
  try {
    return follow(id, follow_until::settled, on_record,
                  [&]() -> operations& { return drive(agent); });
  } catch (const error& e) {
    if (interrupted()
        || (e.code() == error_code::store_in_use && !keep_going()))
      return {}; // the runtime stops because of us, or the time is up
    throw;
  }
}

json session::watch(const std::string& id,
                    const std::function<void(const json&)>& on_record) {
  return follow(id, follow_until::ended, on_record,
                [this]() -> operations& { return reach(); });
}

} // namespace stanchion
