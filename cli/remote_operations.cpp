#include <stanchion/actors/http/sse.hpp>
#include <stanchion/cli/remote_operations.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/cursor.hpp>
#include <stanchion/runtime/api/http.hpp>

#include <nlohmann/json.hpp>

#include <utility>
#include <vector>

namespace stanchion {

namespace {

// An owner is trusted more than others: its documents embed whole journals.
constexpr auto limits
  = json_limits{.depth = 256, .bytes = std::size_t{1} << 30U};

[[noreturn]] void throw_problem(const json& x) {
  const auto code = parse_error_code(x.value("code", ""));
  throw error{code.value_or(error_code::store_io), x.value("detail", "")};
}

json parse(std::string_view text) try {
  return parse_json(text, limits).get();
} catch (const error&) {
  throw error{error_code::no_server, "what answers there is no stanchion"};
}

template <class Enum>
std::string joined(const std::vector<Enum>& xs) {
  auto text = std::string{};
  for (const auto x : xs)
    text.append(text.empty() ? "" : ",").append(to_string(x));
  return text;
}

std::string run_path(const std::string& id) {
  return "/v1/runs/" + percent_encoded(id);
}

/// Takes the events of a followed run apart.
class event_reader {
public:
  explicit event_reader(const follower& f) : f_(f) {
    // nop
  }

  /// False once there is no more to come.
  bool take(std::string_view line) {
    for (const auto& x : from_.read(std::string{line} + '\n'))
      if (!take(x))
        return false;
    return true;
  }

  /// The run as it stood at the end; null when it was made to stop.
  [[nodiscard]] json end() const {
    return end_;
  }

private:
  bool take(const sse_event& x) {
    auto content = parse(x.data);
    if (x.type == "problem")
      throw_problem(content);
    if (x.type == "run") {
      end_ = std::move(content);
      return false;
    }
    if (f_.on_record)
      f_.on_record(content);
    return true;
  }

  const follower& f_;
  sse_reader from_{limits.bytes};
  json end_;
};

class remote_operations final : public operations {
public:
  explicit remote_operations(std::unique_ptr<api_transport> over)
    : over_(std::move(over)) {
    // nop
  }

  [[nodiscard]] json list_runs(const run_filter& f) override {
    const auto filter = "/v1/runs?state=" + joined(f.states)
                        + "&agent=" + percent_encoded(f.agent);
    return pages(filter, "runs", f.before, f.limit);
  }

  [[nodiscard]] json find_run(const std::string& id) override {
    return get(run_path(id));
  }

  [[nodiscard]] json list_steps(const std::string& id) override {
    return get(run_path(id) + "/steps");
  }

  [[nodiscard]] json export_run(const std::string& id) override {
    return get(run_path(id) + "/export");
  }

  json follow(const std::string& id, const follower& f) override {
    auto reader = event_reader{f};
    const auto end = over_->read_lines(
      run_path(id) + "/events?from=" + std::to_string(f.from)
        + (f.until == follow_until::ended ? "&until=ended" : ""),
      [&reader](std::string_view line) { return reader.take(line); },
      [&f] { return !f.keep_going || f.keep_going(); });
    if (end.status != 200)
      throw_problem(parse(end.body));
    return reader.end();
  }

  json start_run(const json& request) override {
    return post("/v1/runs", request);
  }

  json cancel_run(const std::string& id, const json& request) override {
    return post(run_path(id) + "/cancel", request);
  }

  json resume_run(const std::string& id, const json& request) override {
    return post(run_path(id) + "/resume", request);
  }

  json retry_run(const std::string& id, const json& request) override {
    return post(run_path(id) + "/retry", request);
  }

  json fork_run(const std::string& id, const json& request) override {
    return post(run_path(id) + "/fork", request);
  }

  json prune_journal(const json& request) override {
    auto body = request;
    body.erase("below");
    if (const auto below = request.find("below"); below != request.end())
      body["cursor"] = encode_cursor(below->get<run_number>());
    auto part = post("/v1/journal/prune", body);
    if (const auto next = part.find("next_cursor"); next != part.end())
      part["next"] = decode_cursor(next->get<std::string>());
    part.erase("next_cursor");
    return part;
  }

  [[nodiscard]] json list_tickets(const ticket_query& q) override {
    auto target = "/v1/tickets?state=" + joined(q.states)
                  + "&run=" + percent_encoded(q.run)
                  + "&agent=" + percent_encoded(q.agent)
                  + "&tool=" + percent_encoded(q.tool)
                  + "&assignee=" + percent_encoded(q.assignee);
    if (q.kind)
      target.append("&kind=").append(to_string(*q.kind));
    if (q.reason)
      target.append("&reason=").append(to_string(*q.reason));
    return pages(target, "tickets", q.after, q.limit);
  }

  [[nodiscard]] json find_ticket(const std::string& id) override {
    return get("/v1/tickets/" + percent_encoded(id));
  }

  json decide(const std::string& id, const json& request) override {
    return post("/v1/tickets/" + percent_encoded(id) + "/decision", request);
  }

  [[nodiscard]] json tree() override {
    return get("/v1/tree");
  }

  json signal_run(const std::string& id, const json& request) override {
    return post(run_path(id) + "/signal", request);
  }

  json set_mode(const std::string& agent, const json& request) override {
    return post("/v1/agents/" + percent_encoded(agent) + "/mode", request);
  }

  json stop_all(const json& request) override {
    return post("/v1/stop", request);
  }

  [[nodiscard]] json list_agents() override {
    return get("/v1/agents");
  }

  [[nodiscard]] json list_tools() override {
    return get("/v1/tools");
  }

  [[nodiscard]] json find_tool(const std::string& name) override {
    return get("/v1/tools/" + percent_encoded(name));
  }

  json set_breaker(const std::string& tool, const json& request) override {
    return post("/v1/tools/" + percent_encoded(tool) + "/breaker", request);
  }

  [[nodiscard]] json list_audit(const audit_filter& f) override {
    const auto filter = "/v1/audit?subject=" + percent_encoded(f.subject)
                        + "&by=" + percent_encoded(f.by);
    return pages(filter, "entries", f.before, f.limit);
  }

  [[nodiscard]] json list_tokens() override {
    return get("/v1/tokens");
  }

  json create_token(const json& request) override {
    return post("/v1/tokens", request);
  }

  json revoke_token(const std::string& name, const json& request) override {
    return post("/v1/tokens/" + percent_encoded(name) + "/revoke", request);
  }

  [[nodiscard]] json readiness() override {
    const auto state = over_->ask("GET", "/readyz", {});
    return parse(state.body);
  }

private:
  json get(const std::string& target) {
    return done(over_->ask("GET", target, {}));
  }

  json post(const std::string& target, const json& body) {
    return done(over_->ask("POST", target, as_sent(body).dump()));
  }

  static json done(const api_transport::reply& x) {
    auto answer = parse(x.body);
    if (x.status >= 300)
      throw_problem(answer);
    return answer;
  }

  /// Whoever the server takes us for says so.
  static json as_sent(json body) {
    body.erase("roles"); // the server knows them better
    for (const auto* member : {"by", "submitter"})
      if (body.value(member, json{}) == json(std::string{}))
        body.erase(member);
    return body;
  }

  /// As many pages of a list as it takes.
  json pages(const std::string& filter, const char* member, std::uint64_t from,
             std::size_t limit) {
    auto cursor = from == 0 ? std::string{} : encode_cursor(from);
    auto all = json{{member, json::array()}};
    for (;;) {
      const auto wanted = limit - all[member].size();
      auto page = get(filter + "&cursor=" + cursor
                      + "&limit=" + std::to_string(wanted));
      for (auto& x : page.at(member))
        all[member].push_back(std::move(x));
      const auto next = page.find("next_cursor");
      if (next == page.end())
        return all;
      cursor = next->get<std::string>();
      if (all[member].size() >= limit) {
        all["next"] = decode_cursor(cursor);
        return all;
      }
    }
  }

  std::unique_ptr<api_transport> over_;
};

} // namespace

std::unique_ptr<operations>
make_remote_operations(std::unique_ptr<api_transport> over) {
  return std::make_unique<remote_operations>(std::move(over));
}

} // namespace stanchion
