#include "report.hpp"

#include "text.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

namespace license_inventory {

namespace {

constexpr std::size_t name_columns = 46;
constexpr std::size_t count_columns = 8;

/// At most `columns` characters; a longer text ends with "...".
std::string fitted(std::string_view text, std::size_t columns) {
  auto result = one_line(text);
  while (width(result) > columns) {
    const auto excess = width(result) - columns;
    const auto keep = result.size() - std::min(result.size(), excess + 3);
    result = shorten(result, keep + 3 < result.size() ? keep + 3 : keep);
  }
  return result;
}

std::string left(std::string_view text, std::size_t columns) {
  auto result = fitted(text, columns);
  result.append(columns - width(result), ' ');
  return result;
}

std::string right(std::string_view text, std::size_t columns) {
  return std::string(columns - std::min(columns, text.size()), ' ')
         + std::string{text};
}

std::string percent(double share) {
  return std::to_string(std::lround(share * 100)) + "%";
}

/// Breaks a text into lines of at most `columns`, at blanks where possible.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  std::vector<std::string> result;
  std::string rest = one_line(text);
  while (width(rest) > columns) {
    auto line = fitted(rest, columns + 3);
    line.resize(line.size() - 3); // its "..."
    if (const auto blank = line.rfind(' ');
        blank != line.npos && blank > line.size() / 2)
      line.resize(blank);
    rest.erase(0, line.size());
    rest = std::string{trim(rest)};
    result.push_back(std::move(line));
  }
  result.push_back(std::move(rest));
  return result;
}

/// A licence and the packages that carry it, in order.
struct row {
  std::string licence;
  std::vector<std::string> packages;
};

std::vector<row> rows_of(const std::vector<record>& records) {
  std::map<std::string, std::set<std::string>> packages;
  for (const auto& r : records)
    for (const auto& licence : r.licences)
      packages[licence].insert(r.package);
  std::vector<row> result;
  for (auto& [licence, names] : packages)
    result.push_back({licence, {names.begin(), names.end()}});
  std::sort(result.begin(), result.end(), [](const row& a, const row& b) {
    return std::tuple{b.packages.size(), std::string_view{a.licence}}
           < std::tuple{a.packages.size(), std::string_view{b.licence}};
  });
  return result;
}

/// As many of the names as fit.
std::string joined(const std::vector<std::string>& names, std::size_t columns) {
  std::string result;
  for (const auto& name : names) {
    const auto longer = result + (result.empty() ? "" : ", ") + name;
    if (width(longer) > columns)
      break;
    result = longer;
  }
  return result.empty() && !names.empty() ? fitted(names.front(), columns)
                                          : result;
}

bool is_in_doubt(const record& r) {
  return r.confidence < enough_confidence && r.decided_by.empty();
}

class writer {
public:
  writer(const std::vector<record>& records, report_options options)
    : records_{records}, options_{options} {
    options_.width = std::max<std::size_t>(options_.width, 40);
  }

  std::string run() {
    totals();
    licences();
    doubts();
    return std::move(text_);
  }

private:
  void line(std::string_view text) {
    const auto last = text.find_last_not_of(' ');
    text_ += fitted(text.substr(0, last + 1), options_.width);
    text_ += '\n';
  }

  /// A line that begins with blanks.
  void indented(std::size_t blanks, std::string_view text) {
    text_ += std::string(blanks, ' ');
    line(fitted(text, options_.width - blanks));
  }

  void totals() {
    const auto count = [&](auto predicate) {
      return std::to_string(
        std::count_if(records_.begin(), records_.end(), predicate));
    };
    line(
      "documents " + std::to_string(records_.size()) + ": "
      + count([](const record& r) { return r.format == document_format::dep5; })
      + " machine-readable, " + count([](const record& r) {
          return r.format == document_format::free_form;
        })
      + " free-form; " + count(is_in_doubt) + " in doubt, "
      + count([](const record& r) { return !r.decided_by.empty(); })
      + " decided by people");
  }

  void licences() {
    const auto rows = rows_of(records_);
    const auto shown = options_.max_licences == 0
                         ? rows.size()
                         : std::min(rows.size(), options_.max_licences);
    text_ += '\n';
    table_line("licence", "packages", {"for example"});
    for (std::size_t i = 0; i < shown; ++i)
      table_line(rows[i].licence, std::to_string(rows[i].packages.size()),
                 rows[i].packages);
    if (rows.size() > shown)
      line("and " + std::to_string(rows.size() - shown) + " more, each in "
           + std::to_string(rows[shown].packages.size())
           + " packages or fewer");
  }

  void table_line(std::string_view licence, std::string_view packages,
                  const std::vector<std::string>& examples) {
    const auto name = std::min(name_columns, options_.width / 2);
    std::string text
      = left(licence, name) + "  " + right(packages, count_columns);
    const auto used = width(text) + 2;
    if (used + 11 <= options_.width)
      text += "  " + joined(examples, options_.width - used);
    const auto last = text.find_last_not_of(' ');
    text_ += text.substr(0, last + 1) + "\n";
  }

  void doubts() {
    text_ += '\n';
    if (std::none_of(records_.begin(), records_.end(), is_in_doubt)) {
      line("no document in doubt");
      return;
    }
    line("documents in doubt");
    for (const auto& r : records_)
      if (is_in_doubt(r))
        doubt(r);
  }

  void doubt(const record& r) {
    indented(2, r.package + " (" + percent(r.confidence)
                  + "): " + concluded_licence(r));
    const auto shown = std::min(r.doubts.size(), options_.max_reasons);
    for (std::size_t i = 0; i < shown; ++i)
      reason(r.doubts[i]);
    if (r.doubts.size() > shown)
      reason("and " + std::to_string(r.doubts.size() - shown)
             + " more reasons");
  }

  void reason(std::string_view text) {
    bool first = true;
    for (const auto& part : wrapped(text, options_.width - 6)) {
      text_ += first ? "    - " : "      ";
      text_ += part + "\n";
      first = false;
    }
  }

  const std::vector<record>& records_;
  report_options options_;
  std::string text_;
};

} // namespace

std::string report(std::vector<record> records, report_options options) {
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) {
    return std::tie(a.package, a.source) < std::tie(b.package, b.source);
  });
  return writer{records, options}.run();
}

} // namespace license_inventory
