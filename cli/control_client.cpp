#include <stanchion/cli/control_client.hpp>
#include <stanchion/cli/http_message.hpp>
#include <stanchion/cli/unix_socket.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <cerrno>
#include <charconv>
#include <limits>
#include <string>
#include <system_error>

namespace stanchion {

namespace {

namespace fs = std::filesystem;

// An owner is trusted more than others: its documents embed whole journals.
constexpr auto line_limit = std::size_t{1} << 30U;
constexpr auto limits = json_limits{.depth = 256, .bytes = line_limit};

[[noreturn]] void nobody_answers(const std::string& why) {
  throw error{error_code::no_server,
              "the process that drives the runs does not answer any more: "
                + why};
}

[[noreturn]] void throw_problem(const json& x) {
  const auto code = parse_error_code(x.value("code", ""));
  throw error{code.value_or(error_code::store_io), x.value("detail", "")};
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

class remote_operations final : public operations {
public:
  explicit remote_operations(fs::path socket) : socket_(std::move(socket)) {
    // nop
  }

  [[nodiscard]] json list_runs(const run_filter& f) override {
    return get("/v1/runs?state=" + joined(f.states)
               + "&agent=" + percent_encoded(f.agent)
               + "&cursor=" + std::to_string(f.before)
               + "&limit=" + std::to_string(f.limit));
  }

  [[nodiscard]] json find_run(const std::string& id) override {
    return get(run_path(id));
  }

  [[nodiscard]] json list_steps(const std::string& id) override {
    return get(run_path(id) + "/steps");
  }

  json follow(const std::string& id, const follower& f) override {
    auto from = connect();
    send(from, "GET",
         run_path(id) + "/events?from=" + std::to_string(f.from)
           + (f.until == follow_until::ended ? "&until=ended" : ""),
         {});
    const auto status = read_head(from);
    if (status != 200)
      throw_problem(parse(rest_of(from)));
    return read_events(from, f);
  }

  json start_run(const json& request) override {
    return post("/v1/runs", request);
  }

  json cancel_run(const std::string& id, const json& request) override {
    return post(run_path(id) + "/cancel", request);
  }

  json resume_run(const std::string& id) override {
    return post(run_path(id) + "/resume", json::object());
  }

  json retry_run(const std::string& id, const json& request) override {
    return post(run_path(id) + "/retry", request);
  }

  [[nodiscard]] json list_tickets(const ticket_query& q) override {
    return get("/v1/tickets?state=" + joined(q.states) + "&run="
               + percent_encoded(q.run) + "&limit=" + std::to_string(q.limit));
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

private:
  json get(const std::string& target) {
    return ask("GET", target, {});
  }

  json post(const std::string& target, const json& body) {
    return ask("POST", target, body.dump());
  }

  json ask(const char* method, const std::string& target,
           const std::string& body) {
    auto socket = connect();
    send(socket, method, target, body);
    const auto status = read_head(socket);
    auto answer = parse(rest_of(socket));
    if (status >= 300)
      throw_problem(answer);
    return answer;
  }

  [[nodiscard]] stream_socket connect() const try {
    if (auto socket = connect_to(socket_))
      return std::move(*socket);
    nobody_answers("nobody listens at " + socket_.string());
  } catch (const std::system_error& e) {
    nobody_answers(e.what());
  }

  static void send(const stream_socket& to, const char* method,
                   const std::string& target, const std::string& body) try {
    to.write(std::string{method} + " " + target
             + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
               "Content-Type: application/json\r\nContent-Length: "
             + std::to_string(body.size()) + "\r\n\r\n" + body);
  } catch (const std::system_error& e) {
    nobody_answers(e.what());
  }

  /// Returns the status.
  static int read_head(stream_socket& from) try {
    const auto first = from.read_line(line_limit);
    auto status = 0;
    constexpr auto before = std::string_view{"HTTP/1.1 "}.size();
    if (!first || first->size() < before + 3)
      nobody_answers("it hung up");
    std::from_chars(first->data() + before, first->data() + before + 3, status);
    while (const auto line = from.read_line(line_limit))
      if (line->empty())
        return status;
    nobody_answers("it hung up");
  } catch (const std::system_error& e) {
    nobody_answers(e.what());
  }

  static std::string rest_of(stream_socket& from) try {
    return from.read(std::numeric_limits<std::size_t>::max());
  } catch (const std::system_error& e) {
    nobody_answers(e.what());
  }

  static json parse(const std::string& text) {
    if (text.empty())
      nobody_answers("it hung up");
    return parse_json(text, limits).get();
  }

  /// Nothing when nothing has come for a moment.
  static std::optional<std::string> next_line(stream_socket& from) try {
    auto line = from.read_line(line_limit);
    if (!line)
      nobody_answers("it hung up");
    return line;
  } catch (const std::system_error& e) {
    if (e.code().value() == EAGAIN || e.code().value() == EWOULDBLOCK)
      return std::nullopt;
    nobody_answers(e.what());
  }

  static json read_events(stream_socket& from, const follower& f) {
    constexpr auto moment = std::chrono::milliseconds{100};
    constexpr auto event = std::string_view{"event: "};
    constexpr auto data = std::string_view{"data: "};
    from.set_timeout(moment);
    auto name = std::string{};
    for (;;) {
      const auto line = next_line(from);
      if (!line) {
        if (f.keep_going && !f.keep_going())
          return {};
        continue;
      }
      if (line->starts_with(event))
        name = line->substr(event.size());
      if (!line->starts_with(data))
        continue;
      auto content = parse(line->substr(data.size()));
      if (name == "run")
        return content;
      if (name == "problem")
        throw_problem(content);
      if (f.on_record)
        f.on_record(content);
    }
  }

  fs::path socket_;
};

} // namespace

std::unique_ptr<operations> connect_to_owner(const fs::path& socket) try {
  if (!connect_to(socket))
    return nullptr;
  return std::make_unique<remote_operations>(socket);
} catch (const std::system_error& e) {
  throw error{error_code::store_read_only,
              std::string{e.what()}
                + "; the socket belongs to the user who runs the owner"};
}

} // namespace stanchion
