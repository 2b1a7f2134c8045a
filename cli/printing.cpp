#include <stanchion/cli/printing.hpp>
#include <stanchion/runtime/api/problem.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <ostream>

namespace stanchion {

namespace {

/// Characters, not bytes; close enough for what is printed.
std::size_t width(std::string_view text) {
  auto n = std::size_t{0};
  auto escaped = false;
  for (const auto c : text) {
    const auto byte = static_cast<unsigned char>(c);
    escaped = escaped || c == '\x1b';
    n += !escaped && (byte & 0xC0U) != 0x80U ? 1 : 0;
    escaped = escaped && c != 'm';
  }
  return n;
}

void print_row(std::ostream& to, const std::vector<std::string>& cells,
               const std::vector<std::size_t>& widths) {
  auto line = std::string{};
  for (auto i = std::size_t{0}; i < cells.size(); ++i) {
    line += cells[i];
    if (i + 1 < cells.size())
      line.append(widths[i] - width(cells[i]) + 2, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  to << line << '\n';
}

/// What is worth a word about a record's body.
std::string gist(const std::string& kind, const json& body) {
  if (!body.is_object())
    return {};
  if (kind == "intent")
    return one_line(text_of(body, "kind") + " " + text_of(body, "name") + " "
                    + text_of(body, "arguments"));
  if (kind == "attempt")
    return text_of(body, "n");
  if (const auto failed = body.find("failure"); failed != body.end())
    return one_line(text_of(*failed, "kind") + ": "
                    + text_of(*failed, "message"));
  for (const auto* member :
       {"value", "result", "reason", "ticket", "until", "message", "input"})
    if (body.contains(member))
      return one_line(text_of(body, member));
  return {};
}

} // namespace

void print(std::ostream& to, const text_table& x) {
  auto widths = std::vector<std::size_t>(x.heads.size());
  const auto widen = [&widths](const std::vector<std::string>& cells) {
    for (auto i = std::size_t{0}; i < cells.size(); ++i)
      widths[i] = std::max(widths[i], width(cells[i]));
  };
  widen(x.heads);
  for (const auto& row : x.rows)
    widen(row);
  print_row(to, x.heads, widths);
  for (const auto& row : x.rows)
    print_row(to, row, widths);
}

std::string compact(const json& x) {
  return x.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string pretty(const json& x) {
  constexpr auto fits = std::size_t{78};
  auto line = compact(x);
  return line.size() <= fits
           ? line
           : x.dump(2, ' ', false, json::error_handler_t::replace);
}

std::string text_of(const json& x, const char* member) {
  const auto found = x.find(member);
  if (found == x.end())
    return {};
  return found->is_string() ? found->get<std::string>() : compact(*found);
}

std::string short_time(const json& x, const char* member, instant now) {
  const auto at = parse_rfc3339(text_of(x, member));
  if (!at)
    return {};
  const auto full = to_rfc3339(*at);
  constexpr auto day = std::size_t{10};
  constexpr auto time = std::size_t{8};
  return full.substr(0, day) == to_rfc3339(now).substr(0, day)
           ? full.substr(day + 1, time)
           : full.substr(0, day) + " " + full.substr(day + 1, time);
}

std::string colored(const terminal& to, std::string_view color,
                    std::string_view text) {
  if (!to.colors)
    return std::string{text};
  const auto code = color == "green"    ? "32"
                    : color == "red"    ? "31"
                    : color == "yellow" ? "33"
                                        : "0";
  return "\x1b[" + std::string{code} + "m" + std::string{text} + "\x1b[0m";
}

bool print_document(const command_context& x, const json& doc) {
  switch (x.words.format) {
  case output_format::table:
    return false;
  case output_format::json:
    x.io.out << doc.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
    break;
  case output_format::jsonl:
    x.io.out << compact(doc) << '\n';
    break;
  case output_format::ids:
    x.io.out << text_of(doc, "id") << '\n';
    break;
  }
  return true;
}

bool print_list(const command_context& x, const json& wrapped,
                const char* member) {
  if (x.words.format == output_format::json)
    return print_document(x, wrapped);
  if (x.words.format == output_format::table)
    return false;
  for (const auto& doc : wrapped.at(member))
    print_document(x, doc);
  return true;
}

std::string record_line(const json& record) {
  constexpr auto time = std::size_t{12}; // with milliseconds
  const auto at = text_of(record, "at");
  const auto kind = text_of(record, "kind");
  auto line = at.size() > 11 + time ? at.substr(11, time) : at;
  const auto step = text_of(record, "step");
  line += step.empty() ? "  run  " : "  step " + one_line(step) + "  ";
  line += kind;
  const auto body = record.find("body");
  const auto about = body == record.end() ? "" : gist(kind, *body);
  return about.empty() ? line : line + "  " + about;
}

std::string program_name(const std::string& program) {
  return std::filesystem::path{program}.filename().string();
}

void print_error(const terminal& io, output_format format,
                 const std::string& program, error_code code,
                 std::string_view detail) {
  if (format == output_format::json || format == output_format::jsonl)
    io.err << compact(problem_document(code, detail)) << '\n';
  else
    io.err << program_name(program) << ": " << to_string(code) << ": "
           << plain_text(detail) << '\n';
}

} // namespace stanchion
