#include "support/journal_samples.hpp"

#include <stanchion/core/encode.hpp>

#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace stanchion::test {

namespace fs = std::filesystem;

namespace {

/// In memory where the system has such a place: a sync costs nothing there.
fs::path fast_place() {
  const fs::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK) == 0 ? memory
                                             : fs::temp_directory_path();
}

} // namespace

temp_dir::temp_dir() {
  auto name = (fast_place() / "stanchion-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::runtime_error{"cannot make " + name};
  path_ = name;
  ::chmod(path_.c_str(), 0755);
}

temp_dir::~temp_dir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<std::string> temp_dir::names() const {
  std::vector<std::string> result;
  for (const auto& entry : fs::directory_iterator{path_})
    result.push_back(entry.path().filename().string());
  std::ranges::sort(result);
  return result;
}

void copy_files(const temp_dir& from, const temp_dir& to) {
  for (const auto& name : from.names())
    if (!name.ends_with("-shm"))
      fs::copy(from.path() / name, to.path() / name,
               fs::copy_options::overwrite_existing);
}

std::string read_file(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void write_file(const fs::path& path, std::string_view bytes) {
  std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

record make_record(run_number run, std::uint32_t seq, std::string body) {
  return {.run = run,
          .seq = seq,
          .kind = seq == 0 ? record_kind::started : record_kind::side_value,
          .at = from_micros(1'700'000'000'000'000 + seq),
          .step = seq == 0 ? "" : std::to_string(seq),
          .body = std::move(body)};
}

run_row make_row(run_number number, run_state state) {
  return {.number = number,
          .id = derived_uuid(0x5eed, number),
          .agent = "refund",
          .version = "v1",
          .state = state,
          .created = from_micros(1'700'000'000'000'000),
          .updated = from_micros(1'700'000'000'000'001),
          .submitter = "tester"};
}

ticket make_ticket(std::string id, run_number run) {
  return {.id = std::move(id),
          .kind = ticket_kind::approval,
          .reason = park_reason::requires_human,
          .run = run,
          .run_id = run == 0 ? run_id{} : make_row(run).id,
          .step = "2",
          .title = "Pay back 700 cents?",
          .group = "approval:payments.refund",
          .context = R"({"plan":"pay"})",
          .options = {verb::retry, verb::edit, verb::abort},
          .created = from_micros(1'700'000'000'000'002)};
}

batch make_run(run_number number, std::uint32_t count) {
  batch result;
  result.runs.push_back(make_row(number));
  for (std::uint32_t seq = 0; seq < count; ++seq)
    result.records.push_back(make_record(number, seq));
  return result;
}

std::string text(const record& x) {
  std::ostringstream out;
  out << x.run << '/' << x.seq << ' ' << to_string(x.kind) << ' '
      << to_micros(x.at) << " '" << x.step << "' '" << x.body << "'";
  return out.str();
}

std::string text(const run_row& x) {
  std::ostringstream out;
  out << x.number << ' ' << to_string(x.id) << ' ' << x.agent << ' '
      << x.version << ' ' << to_string(x.state) << " '" << x.waiting_for << "' "
      << (x.next_at ? to_micros(*x.next_at) : -1) << ' ' << to_micros(x.created)
      << ' ' << to_micros(x.updated) << ' ' << x.parent << " '" << x.parent_step
      << "' '" << x.submitter << "' '" << x.key << "'";
  return out.str();
}

std::string text(const ticket& x) {
  std::ostringstream out;
  out << x.id << ' ' << to_string(x.kind) << ' ' << to_string(x.reason) << ' '
      << x.run << ' ' << to_string(x.run_id) << " '" << x.step << "' "
      << x.revision << ' ' << x.version << ' ' << to_string(x.state) << " '"
      << x.title << "' '" << x.group << "' '" << x.context << "' "
      << to_micros(x.created);
  for (const auto v : x.options)
    out << ' ' << to_string(v);
  out << " on " << nlohmann::json(x.terms).dump();
  if (x.decided)
    out << " decided " << to_string(x.decided->verb) << ' ' << x.decided->by
        << ' ' << to_micros(x.decided->at) << " '" << x.decided->comment
        << "' '" << x.decided->payload << "'";
  return out.str();
}

std::string text(const verify_report& x) {
  std::ostringstream out;
  for (const auto& d : x.damages)
    out << d.run << ": " << d.what << '\n';
  return out.str();
}

std::vector<run_number> numbers(const std::vector<run_row>& xs) {
  std::vector<run_number> result;
  for (const auto& x : xs)
    result.push_back(x.number);
  return result;
}

std::vector<std::string> ids(const std::vector<ticket>& xs) {
  std::vector<std::string> result;
  for (const auto& x : xs)
    result.push_back(x.id);
  return result;
}

commit_status commit(store& to, const batch& x) {
  const auto* one = &x;
  return to.commit({&one, 1});
}

std::string contents(store& from) {
  std::string result;
  const auto runs = from.list_runs({.limit = 1'000'000});
  result += text(runs);
  for (const auto& run : runs)
    result += text(from.read(run.number, 0));
  from.each_open_run([&](const run_row& x) { result += text(x) + "\n"; });
  result += text(from.list_tickets({.limit = 1'000'000}));
  return result;
}

} // namespace stanchion::test
