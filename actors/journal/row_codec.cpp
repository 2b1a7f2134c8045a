#include <stanchion/actors/journal/row_codec.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

namespace stanchion::sqlite {

namespace {

/// Records that one statement writes.
constexpr auto record_group = std::size_t{8};

std::string_view view(const uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

std::string_view view(const digest& x) {
  return {reinterpret_cast<const char*>(x.bytes.data()), x.bytes.size()};
}

uuid as_uuid(std::string_view bytes) {
  uuid id;
  if (bytes.size() == id.bytes.size())
    std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
  return id;
}

std::optional<std::int64_t> micros(const std::optional<instant>& at) {
  return at ? std::optional{to_micros(*at)} : std::nullopt;
}

template <class Enum>
std::int64_t number(Enum x) {
  return static_cast<std::int64_t>(x);
}

/// A number that is no `Enum` fails its row's checksum, or is of a newer
/// program, which `format_of` has refused.
template <class Enum>
Enum as(std::int64_t x) {
  return static_cast<Enum>(x);
}

std::string pack(const std::vector<verb>& xs) {
  std::string result;
  for (const auto x : xs)
    result.push_back(static_cast<char>(x));
  return result;
}

std::vector<verb> unpack(std::string_view bytes) {
  std::vector<verb> result;
  for (const auto c : bytes)
    result.push_back(as<verb>(static_cast<unsigned char>(c)));
  return result;
}

std::optional<std::string_view> optional_text(const rows& from, int column) {
  return from.null(column) ? std::nullopt : std::optional{from.text(column)};
}

std::int64_t sum_of(const run_row& x) {
  row_sum sum{'u'};
  sum << number(x.number) << view(x.id) << x.agent << x.version
      << number(x.state) << x.waiting_for << micros(x.next_at)
      << to_micros(x.created) << to_micros(x.updated) << number(x.parent)
      << x.parent_step << x.submitter << x.key;
  return sum.value();
}

/// Empty for no terms.
std::string text_of(const ticket_terms& x) {
  return x == ticket_terms{} ? std::string{} : json(x).dump();
}

std::int64_t sum_of(std::int64_t num, const ticket& x, std::string_view terms) {
  row_sum sum{'t'};
  sum << num << x.id << number(x.kind) << number(x.reason) << number(x.run)
      << view(x.run_id) << x.step << number(x.revision) << number(x.version)
      << number(x.state) << x.title << x.group << x.context << pack(x.options)
      << to_micros(x.created);
  if (x.decided)
    sum << number(x.decided->verb) << x.decided->by << to_micros(x.decided->at)
        << x.decided->comment << x.decided->payload;
  if (!terms.empty())
    sum << terms;
  return sum.value();
}

std::int64_t sum_of(const audit_entry& x) {
  row_sum sum{'a'};
  sum << number(x.number) << to_micros(x.at) << x.by << x.act << x.subject
      << x.reason << x.before << x.after;
  return sum.value();
}

std::int64_t sum_of(const fact& x) {
  row_sum sum{'f'};
  sum << x.key << x.text;
  return sum.value();
}

/// By how much the sum of a table's checksums grows; 0 is that of no row.
std::uint64_t growth(std::int64_t before, std::int64_t after) {
  return static_cast<std::uint64_t>(after) - static_cast<std::uint64_t>(before);
}

/// The checksum of the row that `sql` finds; 0 for none.
template <class... Values>
std::int64_t stored_sum(connection& db, std::string_view sql,
                        const Values&... values) {
  auto row = db.query(sql, values...);
  return row.next() ? row.integer(0) : 0;
}

} // namespace

// -- row_sum -----------------------------------------------------------------

row_sum::row_sum(char table)
  : buffer_{[]() -> std::string& {
      thread_local std::string buffer;
      return buffer;
    }()} {
  buffer_.assign(1, table);
}

row_sum& row_sum::operator<<(std::int64_t x) {
  auto bits = static_cast<std::uint64_t>(x);
  std::array<char, 9> coded{'i'};
  for (std::size_t i = 1; i < coded.size(); ++i, bits >>= 8U)
    coded[i] = static_cast<char>(bits & 0xffU);
  buffer_.append(coded.data(), coded.size());
  return *this;
}

row_sum& row_sum::operator<<(std::string_view x) {
  *this << static_cast<std::int64_t>(x.size());
  buffer_.append(x);
  return *this;
}

row_sum& row_sum::operator<<(std::nullopt_t) {
  buffer_.push_back('n');
  return *this;
}

std::int64_t row_sum::value() const {
  return static_cast<std::int64_t>(checksum64(buffer_));
}

// -- records -----------------------------------------------------------------

namespace {

/// A record on its way into its row.
struct written_record {
  std::int64_t pos;
  const record* content;
  std::optional<digest> blob; // of a body that is stored once by its hash
  std::int64_t sum;
};

written_record prepare(std::int64_t pos, const record& x) {
  auto result = written_record{pos, &x, std::nullopt, 0};
  row_sum sum{'r'};
  sum << pos << number(x.run) << number(x.seq) << number(x.kind)
      << to_micros(x.at) << x.step;
  if (x.body.size() <= defaults::blob_threshold)
    sum << x.body << std::nullopt;
  else
    sum << std::string_view{} << view(result.blob.emplace(sha256(x.body)));
  result.sum = sum.value();
  return result;
}

void give(rows& to, const written_record& x) {
  const auto& r = *x.content;
  const auto body = x.blob ? std::string_view{} : std::string_view{r.body};
  to.give(x.pos, number(r.run), number(r.seq), number(r.kind), to_micros(r.at),
          r.step, body);
  if (x.blob)
    to.give(bytes{view(*x.blob)});
  else
    to.give(std::nullopt);
  to.give(x.sum);
}

/// An execution costs more than a row: most go in groups.
void insert(connection& db, std::span<const written_record> xs) {
  static const auto one = std::string{"(?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  static const auto single = "INSERT INTO records VALUES" + one;
  static const auto grouped = [] {
    auto sql = single;
    for (auto i = std::size_t{1}; i < record_group; ++i)
      sql += ", " + one;
    return sql;
  }();
  auto statement = db.query(xs.size() == 1 ? single : grouped);
  for (const auto& x : xs)
    give(statement, x);
  while (statement.next()) {
    // nop
  }
}

} // namespace

std::int64_t append(connection& db, std::int64_t pos,
                    std::span<const record* const> xs) {
  std::vector<written_record> all;
  all.reserve(xs.size());
  for (const auto* x : xs) {
    all.push_back(prepare(pos++, *x));
    if (const auto& blob = all.back().blob)
      db.run("INSERT INTO blobs(hash, bytes) VALUES(?, ?) "
             "ON CONFLICT DO NOTHING",
             bytes{view(*blob)}, bytes{x->body});
  }
  auto left = std::span<const written_record>{all};
  while (!left.empty()) {
    const auto n = left.size() < record_group ? 1 : record_group;
    insert(db, left.first(n));
    left = left.subspan(n);
  }
  return all.back().sum;
}

checked<record_row> read_record(const rows& from) {
  checked<record_row> result;
  auto& row = result.row;
  auto& content = row.content;
  row.pos = from.integer(0);
  row.blob = from.text(7);
  result.sum = from.integer(8);
  content.run = static_cast<run_number>(from.integer(1));
  content.seq = static_cast<std::uint32_t>(from.integer(2));
  content.kind = as<record_kind>(from.integer(3));
  content.at = from_micros(from.integer(4));
  content.step = from.text(5);
  content.body = from.text(6);
  row_sum sum{'r'};
  sum << row.pos << from.integer(1) << from.integer(2) << from.integer(3)
      << from.integer(4) << content.step << content.body
      << optional_text(from, 7);
  result.sound = sum.value() == result.sum;
  if (!from.null(7)) {
    content.body = from.text(9);
    result.sound = result.sound && view(sha256(content.body)) == row.blob;
  }
  return result;
}

// -- runs --------------------------------------------------------------------

std::uint64_t put(connection& db, const run_row& x, bool fresh) {
  const auto sum = sum_of(x);
  auto before = std::int64_t{0};
  if (!fresh) {
    before
      = stored_sum(db, "SELECT sum FROM runs WHERE num = ?", number(x.number));
    // The common case leaves what names the run, and its indexes, alone.
    db.run("UPDATE runs SET state = ?, waiting_for = ?, next_at = ?, "
           "updated = ?, version = ?, sum = ? WHERE num = ? AND id = ? "
           "AND agent = ? AND created = ? AND parent = ? AND parent_step = ? "
           "AND submitter = ? AND key = ?",
           number(x.state), x.waiting_for, micros(x.next_at),
           to_micros(x.updated), x.version, sum, number(x.number),
           bytes{view(x.id)}, x.agent, to_micros(x.created), number(x.parent),
           x.parent_step, x.submitter, x.key);
    if (db.changes() == 1)
      return growth(before, sum);
    db.run("DELETE FROM runs WHERE num = ?", number(x.number));
  }
  db.run("INSERT INTO runs VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
         number(x.number), bytes{view(x.id)}, x.agent, x.version,
         number(x.state), x.waiting_for, micros(x.next_at),
         to_micros(x.created), to_micros(x.updated), number(x.parent),
         x.parent_step, x.submitter, x.key, sum);
  return growth(before, sum);
}

checked<run_row> read_run(const rows& from) {
  run_row x;
  x.number = static_cast<run_number>(from.integer(0));
  x.id = as_uuid(from.text(1));
  x.agent = from.text(2);
  x.version = from.text(3);
  x.state = as<run_state>(from.integer(4));
  x.waiting_for = from.text(5);
  if (const auto at = from.optional_integer(6))
    x.next_at = from_micros(*at);
  x.created = from_micros(from.integer(7));
  x.updated = from_micros(from.integer(8));
  x.parent = static_cast<run_number>(from.integer(9));
  x.parent_step = from.text(10);
  x.submitter = from.text(11);
  x.key = from.text(12);
  const auto sum = from.integer(13);
  const auto sound = sum_of(x) == sum;
  return {std::move(x), sound, sum};
}

// -- tickets -----------------------------------------------------------------

namespace {

/// Where a ticket's row stands.
struct ticket_place {
  std::int64_t num = 0;
  std::int64_t sum = 0; // of the row that is there; 0 for none
};

ticket_place place_of(connection& db, const std::string& id) {
  auto known = db.query("SELECT num, sum FROM tickets WHERE id = ?", id);
  if (known.next())
    return {known.integer(0), known.integer(1)};
  return {db.integer("SELECT coalesce(max(num), 0) + 1 FROM tickets"), 0};
}

/// What the row of a ticket has beside the ticket.
struct ticket_extras {
  std::int64_t num;
  std::string options;
  std::string terms;
  ticket_subject about;
  std::int64_t sum;
};

template <class Member>
auto decided(const ticket& x, Member member) {
  return x.decided ? std::optional{member(*x.decided)} : std::nullopt;
}

/// What changes in the life of most tickets. What they are found by stays, and
/// with it their indexes. False if there is more to it.
bool update(connection& db, const ticket& x, const ticket_extras& with) {
  db.run(
    "UPDATE tickets SET revision = ?, version = ?, state = ?, title = ?, "
    "group_key = ?, context = ?, options = ?, decided_verb = ?, "
    "decided_by = ?, decided_at = ?, decided_comment = ?, "
    "decided_payload = ?, sum = ?, terms = ? WHERE num = ? AND id = ? "
    "AND kind = ? AND reason = ? AND run = ? AND run_id = ? AND step = ? "
    "AND created = ? AND agent = ? AND tool = ? AND assignee = ?",
    number(x.revision), number(x.version), number(x.state), x.title, x.group,
    x.context, bytes{with.options},
    decided(x, [](const decision& d) { return number(d.verb); }),
    decided(x, [](const decision& d) { return std::string_view{d.by}; }),
    decided(x, [](const decision& d) { return to_micros(d.at); }),
    decided(x, [](const decision& d) { return std::string_view{d.comment}; }),
    decided(x, [](const decision& d) { return std::string_view{d.payload}; }),
    with.sum, with.terms, with.num, x.id, number(x.kind), number(x.reason),
    number(x.run), bytes{view(x.run_id)}, x.step, to_micros(x.created),
    with.about.agent, with.about.tool, x.terms.assignee);
  return db.changes() == 1;
}

void replace(connection& db, const ticket& x, const ticket_extras& with) {
  db.run(
    "INSERT OR REPLACE INTO tickets VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    with.num, x.id, number(x.kind), number(x.reason), number(x.run),
    bytes{view(x.run_id)}, x.step, number(x.revision), number(x.version),
    number(x.state), x.title, x.group, x.context, bytes{with.options},
    to_micros(x.created),
    decided(x, [](const decision& d) { return number(d.verb); }),
    decided(x, [](const decision& d) { return std::string_view{d.by}; }),
    decided(x, [](const decision& d) { return to_micros(d.at); }),
    decided(x, [](const decision& d) { return std::string_view{d.comment}; }),
    decided(x, [](const decision& d) { return std::string_view{d.payload}; }),
    with.sum, with.terms, with.about.agent, with.about.tool, x.terms.assignee);
}

} // namespace

std::uint64_t put(connection& db, const ticket& x) {
  const auto [num, before] = place_of(db, x.id);
  auto with = ticket_extras{.num = num,
                            .options = pack(x.options),
                            .terms = text_of(x.terms),
                            .about = subject_of_context(x.context),
                            .sum = 0};
  with.sum = sum_of(with.num, x, with.terms);
  if (before == 0 || !update(db, x, with))
    replace(db, x, with);
  return growth(before, with.sum);
}

checked<ticket> read_ticket(const rows& from) {
  ticket x;
  x.number = static_cast<std::uint64_t>(from.integer(0));
  x.id = from.text(1);
  x.kind = as<ticket_kind>(from.integer(2));
  x.reason = as<park_reason>(from.integer(3));
  x.run = static_cast<run_number>(from.integer(4));
  x.run_id = as_uuid(from.text(5));
  x.step = from.text(6);
  x.revision = static_cast<std::uint32_t>(from.integer(7));
  x.version = static_cast<std::uint32_t>(from.integer(8));
  x.state = as<ticket_state>(from.integer(9));
  x.title = from.text(10);
  x.group = from.text(11);
  x.context = from.text(12);
  x.options = unpack(from.text(13));
  x.created = from_micros(from.integer(14));
  if (!from.null(15))
    x.decided
      = decision{as<verb>(from.integer(15)), std::string{from.text(16)},
                 from_micros(from.integer(17)), std::string{from.text(18)},
                 std::string{from.text(19)}};
  const auto terms = from.text(21);
  const auto sum = from.integer(20);
  auto sound = sum_of(from.integer(0), x, terms) == sum;
  try {
    if (!terms.empty())
      x.terms = ticket_terms_from_json(parse_json(terms).get());
  } catch (const error&) {
    sound = false;
  }
  return {std::move(x), sound, sum};
}

// -- facts -------------------------------------------------------------------

std::uint64_t put(connection& db, const fact& x) {
  const auto before
    = stored_sum(db, "SELECT sum FROM facts WHERE key = ?", x.key);
  if (x.text.empty()) {
    db.run("DELETE FROM facts WHERE key = ?", x.key);
    return growth(before, 0);
  }
  const auto sum = sum_of(x);
  db.run("INSERT OR REPLACE INTO facts VALUES(?, ?, ?)", x.key, x.text, sum);
  return growth(before, sum);
}

checked<fact> read_fact(const rows& from) {
  fact x{std::string{from.text(0)}, std::string{from.text(1)}};
  const auto sum = from.integer(2);
  const auto sound = sum_of(x) == sum;
  return {std::move(x), sound, sum};
}

// -- audit -------------------------------------------------------------------

std::uint64_t put(connection& db, const audit_entry& given) {
  auto x = given;
  x.number = static_cast<std::uint64_t>(
    db.integer("SELECT coalesce(max(num), 0) + 1 FROM audits"));
  const auto sum = sum_of(x);
  db.run("INSERT INTO audits VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
         number(x.number), to_micros(x.at), x.by, x.act, x.subject, x.reason,
         x.before, x.after, sum);
  return growth(0, sum);
}

checked<audit_entry> read_audit(const rows& from) {
  auto x = audit_entry{.number = static_cast<std::uint64_t>(from.integer(0)),
                       .at = from_micros(from.integer(1)),
                       .by = std::string{from.text(2)},
                       .act = std::string{from.text(3)},
                       .subject = std::string{from.text(4)},
                       .reason = std::string{from.text(5)},
                       .before = std::string{from.text(6)},
                       .after = std::string{from.text(7)}};
  const auto sum = from.integer(8);
  const auto sound = sum_of(x) == sum;
  return {std::move(x), sound, sum};
}

} // namespace stanchion::sqlite
