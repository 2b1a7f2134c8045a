#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

struct sqlite3;
struct sqlite3_stmt;

/// A thin layer over SQLite's C interface; private to the journal.
namespace stanchion::sqlite {

/// What kind of trouble SQLite reported.
enum class trouble {
  busy,      ///< somebody else held a lock for too long
  full,      ///< no space
  io,        ///< the system refused to read or write
  damaged,   ///< the file is not what SQLite wrote
  read_only, ///< no permission to write
  conflict,  ///< a uniqueness rule
  other,     ///< a wrong statement, or a schema that lost a part
};

/// Thrown by everything in here.
class problem : public std::runtime_error {
public:
  problem(trouble kind, const std::string& text)
    : std::runtime_error{text}, kind_{kind} {
    // nop
  }

  [[nodiscard]] trouble kind() const {
    return kind_;
  }

private:
  trouble kind_;
};

/// The same for trouble that the operating system reported to us.
[[nodiscard]] problem system_problem(const std::system_error& why);

/// Bytes that are no text.
struct bytes {
  std::string_view data;
};

/// A statement on its way through its rows. Goes back to its connection when
/// destroyed, which must be before the connection is.
class rows {
public:
  /// Gives `values` to the statement's question marks. Texts and bytes must
  /// outlive the object.
  template <class... Ts>
  explicit rows(sqlite3_stmt* statement, const Ts&... values)
    : statement_{statement} {
    give(values...);
  }
  rows(const rows&) = delete;
  rows& operator=(const rows&) = delete;
  ~rows();

  /// Gives values to the next question marks.
  template <class... Ts>
  void give(const Ts&... values) {
    (bind(++given_, values), ...);
  }

  /// Moves to the next row, at first to the first one. False at the end.
  bool next();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
  /// Text or bytes; valid until the next `next`.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] bool null(int column) const;

private:
  void bind(int index, std::int64_t x);
  void bind(int index, std::string_view x);
  void bind(int index, bytes x);
  void bind(int index, std::nullopt_t);

  template <class T>
  void bind(int index, const std::optional<T>& x) {
    if (x)
      bind(index, *x);
    else
      bind(index, std::nullopt);
  }

  sqlite3_stmt* statement_;
  int given_ = 0;
};

/// What a connection may do.
enum class access {
  write,  ///< read and write; makes the file if there is none
  read,   ///< read, next to a writer
  frozen, ///< read a file that nobody can write, without locks
};

/// One open database.
///
/// Threads: one at a time.
class connection {
public:
  connection(const std::filesystem::path& path, access how,
             std::chrono::milliseconds busy);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  [[nodiscard]] access how() const {
    return how_;
  }

  /// Runs statements that take no values and give none.
  void script(const std::string& sql);

  /// Starts a statement with `values` for its question marks; it is compiled
  /// once per connection. Texts and bytes must outlive the result.
  template <class... Ts>
  [[nodiscard]] rows query(std::string_view sql, const Ts&... values) {
    return rows{prepared(sql), values...};
  }

  /// Runs a statement to its end.
  template <class... Ts>
  void run(std::string_view sql, const Ts&... values) {
    auto xs = query(sql, values...);
    while (xs.next()) {
      // nop
    }
  }

  /// The first column of the first row; 0 without one.
  [[nodiscard]] std::int64_t integer(std::string_view sql);

  /// How many rows the last statement changed.
  [[nodiscard]] std::int64_t changes() const;

  /// Undoes an open transaction, if there is one. Returns false when that
  /// failed.
  bool roll_back() noexcept;

  /// Frames in the write-ahead log as of the last commit.
  [[nodiscard]] std::size_t log_frames() const {
    return log_frames_;
  }

  /// Moves the log's content into the database and syncs it. With `wait`,
  /// waits for readers and empties the log. True when all of it moved.
  bool checkpoint(bool wait);

  /// Copies the whole database into a new file.
  void copy_to(const std::filesystem::path& path);

private:
  void check(int code) const;
  [[nodiscard]] sqlite3_stmt* prepared(std::string_view sql);
  void configure();

  sqlite3* db_ = nullptr;
  std::filesystem::path path_;
  access how_;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
  std::size_t log_frames_ = 0;
};

} // namespace stanchion::sqlite
