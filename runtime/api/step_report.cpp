#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/reports.hpp>

#include <nlohmann/json.hpp>

#include <map>
#include <string>

namespace stanchion {

namespace {

/// Gathers what records say about steps.
class step_reader {
public:
  void read(const record& r) {
    const auto body = json::parse(r.body);
    switch (r.kind) {
    case record_kind::intent:
      return asked(r, body);
    case record_kind::attempt:
      return attempt(r, body);
    case record_kind::attempt_end:
      return attempt_end(r, body);
    case record_kind::outcome:
      return outcome(r, body);
    case record_kind::side_value:
      return side_value(r, body);
    default:
      return read_rare(r, body);
    }
  }

  [[nodiscard]] json take() {
    return std::move(steps_);
  }

private:
  void read_rare(const record& r, const json& body) {
    if (r.step.empty())
      return;
    auto& s = at(r.step);
    switch (r.kind) {
    case record_kind::wait:
      s["state"] = "waiting";
      s["waiting_for"] = body.value("why", "");
      break;
    case record_kind::parked:
      s["state"] = "parked";
      s["ticket"] = body.value("ticket", "");
      break;
    case record_kind::decided:
      s["decisions"].push_back(body.value("decision", json::object()));
      break;
    case record_kind::reopened:
      s["state"] = "open";
      s["revision"] = body.value("revision", 0);
      for (const auto* member : {"failure", "source", "ended", "duration_us"})
        s.erase(member);
      break;
    case record_kind::abandoned:
      s["state"] = "abandoned";
      break;
    case record_kind::death:
      s["deaths"] = s.value("deaths", 0) + 1;
      break;
    case record_kind::late:
      s["late_results"] = s.value("late_results", 0) + 1;
      break;
    default:
      break;
    }
  }

  /// A record about a step that nobody asked for makes one: a report shows all
  /// there is.
  json& at(const step_path& path) {
    const auto [found, fresh] = index_.emplace(path, steps_.size());
    if (fresh)
      steps_.push_back(
        {{"step", path}, {"kind", "unknown"}, {"state", "open"}});
    return steps_[found->second];
  }

  void asked(const record& r, const json& body) {
    auto& s = at(r.step);
    for (const auto* member : {"kind", "name", "effect", "arguments", "child"})
      if (const auto found = body.find(member); found != body.end())
        s[member] = *found;
    s["asked"] = to_rfc3339_micros(r.at);
    asked_[r.step] = r.at;
  }

  void attempt(const record& r, const json& body) {
    auto& s = at(r.step);
    s["state"] = "open";
    s.erase("waiting_for");
    s["attempts"].push_back(
      {{"n", body.value("n", 0)}, {"started", to_rfc3339_micros(r.at)}});
    left_[r.step] = r.at;
  }

  void attempt_end(const record& r, const json& body) {
    auto& s = at(r.step);
    close_attempt(s, r);
    if (s.contains("attempts"))
      s["attempts"].back()["failure"] = body.value("failure", json::object());
  }

  void outcome(const record& r, const json& body) {
    auto& s = at(r.step);
    close_attempt(s, r);
    s.erase("waiting_for");
    const auto failed = body.find("failure");
    s["state"] = failed == body.end() ? "succeeded" : "failed";
    if (failed != body.end())
      s["failure"] = *failed;
    else
      s["result"] = body.value("value", json{});
    if (const auto source = body.find("source"); source != body.end())
      s["source"] = *source;
    s["ended"] = to_rfc3339_micros(r.at);
    if (const auto began = asked_.find(r.step); began != asked_.end())
      s["duration_us"] = (r.at - began->second).count();
  }

  void side_value(const record& r, const json& body) {
    auto& s = at(r.step);
    s["kind"] = "side_value";
    s["name"] = body.value("name", "");
    s["state"] = "succeeded";
    s["result"] = body.value("value", json{});
    s["ended"] = to_rfc3339_micros(r.at);
  }

  void close_attempt(json& s, const record& r) {
    const auto began = left_.find(r.step);
    if (began == left_.end() || !s.contains("attempts"))
      return;
    auto& last = s["attempts"].back();
    last["ended"] = to_rfc3339_micros(r.at);
    last["duration_us"] = (r.at - began->second).count();
    left_.erase(began);
  }

  json steps_ = json::array();
  std::map<step_path, std::size_t> index_;
  std::map<step_path, instant> asked_;
  std::map<step_path, instant> left_; // attempts that are open
};

} // namespace

json step_list(std::span<const record> records) {
  auto reader = step_reader{};
  for (const auto& r : records) {
    try {
      reader.read(r);
    } catch (const json::exception& e) {
      throw unreadable(r, e);
    }
  }
  return json{{"steps", reader.take()}};
}

} // namespace stanchion
