#include <stanchion/core/id.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/runtime/api/problem.hpp>
#include <stanchion/runtime/api/routes.hpp>
#include <stanchion/runtime/api/service.hpp>

#include <nlohmann/json.hpp>

#include <utility>
#include <variant>

namespace stanchion {

namespace {

constexpr auto policy = std::string_view{
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "
  "data:; connect-src 'self'; base-uri 'none'; form-action 'self'; "
  "frame-ancestors 'none'"};

/// What the client calls its request, if that may stand in a header.
std::string request_id_of(const http_request* x) {
  constexpr auto longest = std::size_t{64};
  constexpr auto letters = std::string_view{
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"};
  const auto said = x == nullptr ? std::string{} : x->header("x-request-id");
  if (!said.empty() && said.size() <= longest
      && said.find_first_not_of(letters) == std::string::npos)
    return said;
  static const auto chance = entropy_random();
  return to_string(make_uuid(system_clock().now(), *chance));
}

/// Whether answering takes next to nothing.
bool is_light(const http_request& x) {
  const auto found = find_route(x.method, x.path);
  return found.route != nullptr
         && (found.route->needs == access::anybody
             || found.route->id == "getMetrics");
}

/// Counts a stream for as long as somebody holds it.
class stream_slot {
public:
  explicit stream_slot(std::shared_ptr<std::atomic<std::uint32_t>> open)
    : open_(std::move(open)), number_(++*open_) {
    // nop
  }
  stream_slot(const stream_slot&) = delete;
  stream_slot& operator=(const stream_slot&) = delete;
  ~stream_slot() {
    --*open_;
  }

  [[nodiscard]] std::uint32_t number() const {
    return number_;
  }

private:
  std::shared_ptr<std::atomic<std::uint32_t>> open_;
  std::uint32_t number_;
};

} // namespace

api_service::api_service(std::shared_ptr<operations> work,
                         std::filesystem::path tokens, service_options options)
  : work_(std::move(work)), options_(std::move(options)),
    gate_(options_.gate, std::make_shared<token_file>(std::move(tokens))),
    open_streams_(std::make_shared<std::atomic<std::uint32_t>>(0)) {
  // nop
}

std::optional<http_response> api_service::refuse(const http_request& head) {
  auto who = std::variant<caller, http_response>{};
  try {
    who = gate_.admit(head, system_clock().now());
  } catch (const error& e) {
    who = problem(e);
  }
  if (auto* no = std::get_if<http_response>(&who))
    return finished(std::move(*no), &head);
  return std::nullopt;
}

http_response api_service::answer(const http_request& x) {
  return finished(dispatch(x), &x);
}

http_response api_service::answer_busy(const http_request& x) {
  if (is_light(x))
    return answer(x);
  auto no = problem(error_code::too_busy,
                    "as many requests are being answered as may be at a time");
  no.headers["Retry-After"] = "1";
  return finished(std::move(no), &x);
}

http_response api_service::fault(int status, const std::string& why,
                                 const http_request* x) {
  return finished(problem(error_code::bad_request, why, status), x);
}

http_response api_service::dispatch(const http_request& x) {
  try {
    auto who = gate_.admit(x, system_clock().now());
    if (auto* no = std::get_if<http_response>(&who))
      return std::move(*no);
    if (x.body.size() > options_.gate.body_limit)
      return problem(error_code::input_too_large, "the body is too long");
    auto to = stanchion::answer(x, std::get<caller>(who), work_);
    if (to.status == 200 && x.path == std::vector<std::string>{"metrics"})
      to.body += metrics();
    limit_streams(to);
    return to;
  } catch (const error& e) {
    return problem(e);
  } catch (const std::exception&) {
    return problem(error_code::store_io, "the answer could not be made");
  }
}

void api_service::limit_streams(http_response& x) {
  if (!x.stream)
    return;
  auto slot = std::make_shared<stream_slot>(open_streams_);
  if (slot->number() > options_.streams) {
    x = problem(error_code::too_busy, "as many streams are open as may be");
    x.headers["Retry-After"] = "5";
    return;
  }
  x.headers["X-Accel-Buffering"] = "no";
  x.stream = [run = std::move(x.stream),
              slot = std::move(slot)](const http_sink& to) { run(to); };
}

http_response api_service::finished(http_response x,
                                    const http_request* request) {
  const auto id = request_id_of(request);
  if (x.type == "application/problem+json") {
    auto doc = nlohmann::json::parse(x.body);
    doc["request_id"] = id;
    x.body = json_text(doc);
  }
  for (const auto& [name, content] : std::map<std::string, std::string>{
         {"X-Request-Id", id},
         {"Content-Security-Policy", std::string{policy}},
         {"X-Content-Type-Options", "nosniff"},
         {"Referrer-Policy", "no-referrer"},
         {"X-Frame-Options", "DENY"},
         {"Cross-Origin-Opener-Policy", "same-origin"},
         {"Cross-Origin-Resource-Policy", "same-origin"},
         {"Cache-Control", "no-store"}})
    x.headers[name] = content;
  if (x.status == 503)
    x.headers.emplace("Retry-After", "5");
  if (options_.tls)
    x.headers["Strict-Transport-Security"] = "max-age=31536000";
  const auto kind = static_cast<std::size_t>(x.status) / 100;
  if (kind < answers_.size())
    ++answers_[kind];
  return x;
}

std::string api_service::metrics() const {
  auto text = std::string{
    "# HELP stanchion_api_answers_total Answers by the class of their status.\n"
    "# TYPE stanchion_api_answers_total counter\n"};
  for (auto i = std::size_t{2}; i < answers_.size(); ++i)
    text += "stanchion_api_answers_total{status=\"" + std::to_string(i)
            + "xx\"} " + std::to_string(answers_[i]) + "\n";
  text += "# HELP stanchion_api_streams Streams that are open.\n"
          "# TYPE stanchion_api_streams gauge\nstanchion_api_streams "
          + std::to_string(*open_streams_) + "\n";
  return options_.metrics ? text + options_.metrics() : text;
}

} // namespace stanchion
