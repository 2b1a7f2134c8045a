#pragma once

#include <stanchion/core/error.hpp>
#include <stanchion/core/store.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the tests of the journal's stores share.
namespace stanchion::test {

/// A new directory that anybody may enter; removed with the object.
class temp_dir {
public:
  temp_dir();
  temp_dir(const temp_dir&) = delete;
  temp_dir& operator=(const temp_dir&) = delete;
  ~temp_dir();

  [[nodiscard]] const std::filesystem::path& path() const {
    return path_;
  }

  /// The journal in it.
  [[nodiscard]] std::filesystem::path database() const {
    return path_ / "stanchion.db";
  }

  /// The names of what is in it, sorted.
  [[nodiscard]] std::vector<std::string> names() const;

private:
  std::filesystem::path path_;
};

/// What a machine's death at this moment would leave of a journal: its files
/// without the memory that connections share.
void copy_files(const temp_dir& from, const temp_dir& to);

[[nodiscard]] std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Record `seq` of `run`; the first one is `started`.
[[nodiscard]] record make_record(run_number run, std::uint32_t seq,
                                 std::string body = "{}");

/// The row of run `number`, its id derived from that.
[[nodiscard]] run_row make_row(run_number number,
                               run_state state = run_state::running);

/// An open ticket of `run`, 0 for none.
[[nodiscard]] ticket make_ticket(std::string id, run_number run = 0);

/// A run's row with its first `count` records.
[[nodiscard]] batch make_run(run_number number, std::uint32_t count = 1);

// What Catch shows of a difference.
[[nodiscard]] std::string text(const record& x);
[[nodiscard]] std::string text(const run_row& x);
[[nodiscard]] std::string text(const ticket& x);
[[nodiscard]] std::string text(const verify_report& x);

template <class T>
std::string text(const std::optional<T>& x) {
  return x ? text(*x) : "none";
}

template <class T>
std::string text(const std::vector<T>& xs) {
  std::string result;
  for (const auto& x : xs)
    result += text(x) + "\n";
  return result;
}

[[nodiscard]] std::vector<run_number> numbers(const std::vector<run_row>& xs);
[[nodiscard]] std::vector<std::string> ids(const std::vector<ticket>& xs);

[[nodiscard]] commit_status commit(store& to, const batch& x);

/// All that can be read of a store, for comparison.
[[nodiscard]] std::string contents(store& from);

/// The code and text of the `error` that `f` throws; no code if it throws none.
struct refusal {
  std::optional<error_code> code;
  std::string text;
};

template <class F>
refusal refused(F f) {
  try {
    f();
    return {};
  } catch (const error& e) {
    return {e.code(), e.what()};
  }
}

} // namespace stanchion::test
