#include "support/catch.hpp"
#include "support/journal_samples.hpp"

#include <stanchion/actors/telemetry/log_sink.hpp>

#include <nlohmann/json.hpp>

#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

using namespace stanchion;
using nlohmann::json;

namespace {

/// Collects lines; the first write waits until `go`.
struct slow_paper {
  [[nodiscard]] line_writer writer() {
    return [this](severity, const std::string& line) {
      if (lines.empty()) {
        begun.set_value();
        gate.wait();
      }
      lines.push_back(line);
    };
  }
  void go() {
    opened.set_value();
  }

  std::vector<std::string> lines; // of the sink's thread until it has ended
  std::promise<void> begun;
  std::promise<void> opened;
  std::shared_future<void> gate = opened.get_future();
};

/// Keeps what it hears.
class memory_sink final : public event_sink {
public:
  void publish(event x) override {
    const std::lock_guard lock{mutex_};
    heard_.push_back(std::move(x));
  }
  [[nodiscard]] std::vector<event> heard() {
    const std::lock_guard lock{mutex_};
    return heard_;
  }

private:
  std::mutex mutex_;
  std::vector<event> heard_; // guarded by mutex_
};

event said(const std::string& text, severity level = severity::info) {
  return {.kind = event_kind::run_log,
          .severity = level,
          .fields = json{{"text", text}}.dump()};
}

std::vector<std::string> texts(const std::vector<std::string>& lines) {
  auto result = std::vector<std::string>{};
  for (const auto& x : lines)
    result.push_back(json::parse(x)["context"]["text"]);
  return result;
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  auto lines = std::vector<std::string>{};
  auto in = std::ifstream{file};
  for (auto line = std::string{}; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

} // namespace

TEST_CASE("nobody waits for a slow log: the oldest lines are dropped, and "
          "counted",
          "[actors][telemetry]") {
  auto paper = slow_paper{};
  const auto told = std::make_shared<memory_sink>();
  {
    auto sink = log_sink{{.queue = 3}, paper.writer(), {}, told};
    sink.publish(said("0"));
    paper.begun.get_future().wait();
    for (const auto* text : {"1", "2", "3", "4", "5"})
      sink.publish(said(text));
    CHECK(sink.dropped() == 2);
    paper.go();
  }
  CHECK(texts(paper.lines) == std::vector<std::string>{"0", "3", "4", "5"});
  REQUIRE(told->heard().size() == 1);
  CHECK(told->heard()[0].kind == event_kind::log_lines_dropped);
  CHECK(json::parse(told->heard()[0].fields)
        == json{{"dropped", 2}, {"in_all", 2}});
}

TEST_CASE("only what is severe enough is logged", "[actors][telemetry]") {
  auto lines = std::vector<std::string>{};
  {
    auto sink
      = log_sink{{.least = severity::warning},
                 [&](severity, const std::string& x) { lines.push_back(x); },
                 {},
                 nullptr};
    CHECK_FALSE(sink.wants(event_kind::step_asked));
    CHECK(sink.wants(event_kind::run_log));
    sink.publish(said("quiet", severity::info));
    sink.publish(said("loud", severity::error));
  }
  CHECK(texts(lines) == std::vector<std::string>{"loud"});
  auto all = log_sink{{.least = severity::debug},
                      [](severity, const std::string&) {},
                      {},
                      nullptr};
  CHECK(all.wants(event_kind::step_asked));
}

TEST_CASE("a submitter is looked up once, and missing ones do not matter",
          "[actors][telemetry]") {
  auto lines = std::vector<std::string>{};
  auto asked = 0;
  {
    auto sink
      = log_sink{{},
                 [&](severity, const std::string& x) { lines.push_back(x); },
                 [&](const run_id& run) -> std::string {
                   ++asked;
                   if (run == derived_uuid(1, 1))
                     return "ann";
                   throw std::runtime_error{"no such run"};
                 },
                 nullptr};
    for (const auto n : {1U, 1U, 2U}) {
      auto x = said("x");
      x.run = derived_uuid(n, n);
      sink.publish(x);
    }
  }
  REQUIRE(lines.size() == 3);
  CHECK(asked == 2);
  CHECK(json::parse(lines[1])["user_id"] == "ann");
  CHECK_FALSE(json::parse(lines[2]).contains("user_id"));
}

TEST_CASE("a writer that throws loses a line, and says so",
          "[actors][telemetry]") {
  auto lines = std::vector<std::string>{};
  const auto told = std::make_shared<memory_sink>();
  {
    auto sink = log_sink{{},
                         [&](severity, const std::string& x) {
                           if (x.find("bad") != std::string::npos)
                             throw std::runtime_error{"no paper"};
                           lines.push_back(x);
                         },
                         {},
                         told};
    sink.publish(said("bad"));
    sink.publish(said("good"));
  }
  CHECK(texts(lines) == std::vector<std::string>{"good"});
  REQUIRE(told->heard().size() == 1);
  CHECK(told->heard()[0].kind == event_kind::log_lines_dropped);
}

TEST_CASE("a log file that has grown is put aside", "[actors][telemetry]") {
  const auto dir = temp_dir{};
  const auto file = dir.path() / "log.jsonl";
  const auto options = log_options{.target = log_target::file,
                                   .file = file,
                                   .file_bytes = 1'000,
                                   .old_files = 2};
  {
    auto sink = log_sink{options, make_line_writer(options), {}, nullptr};
    for (auto i = 0; i < 50; ++i)
      sink.publish(said(std::string(80, 'x')));
  }
  CHECK(dir.names()
        == std::vector<std::string>{"log.1.jsonl", "log.2.jsonl", "log.jsonl"});
  for (const auto& line : lines_of(file))
    CHECK(json::parse(line)["event"] == "run_log");
  CHECK(std::filesystem::file_size(file) <= 1'000);
}

TEST_CASE("a log that cannot be written is refused at the start",
          "[actors][telemetry]") {
  const auto options
    = log_options{.target = log_target::file, .file = "/proc/none/log.jsonl"};
  CHECK(refused([&] { static_cast<void>(make_line_writer(options)); }).code
        == error_code::store_io);
  CHECK_FALSE(make_line_writer({}));
  CHECK(validate(log_options{.target = log_target::file}).size() == 1);
  CHECK(validate(log_options{.file_bytes = 0, .queue = 0}).size() == 2);
  CHECK(validate(log_options{}).empty());
}
