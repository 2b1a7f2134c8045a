#include "dep5_paragraphs.hpp"

#include "text.hpp"

#include <algorithm>

namespace license_inventory {

namespace {

bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && is_ascii_letter(name.front())
         && std::all_of(name.begin(), name.end(), [](char c) {
              return is_ascii_letter(c) || is_digit(c) || c == '-' || c == '_';
            });
}

/// The field name as the format spells it, for the misspellings people make.
std::string canonical(std::string_view name) {
  auto folded = lower(name);
  if (folded == "licence" || folded == "licenses" || folded == "licences")
    return "license";
  if (folded == "file")
    return "files";
  if (folded == "copyrights")
    return "copyright";
  return folded == "format-specification" ? "format" : folded;
}

/// A continuation line: without its leading blank, and " ." means empty.
std::string_view continuation(std::string_view line) {
  line.remove_prefix(1);
  return trim(line) == "." ? std::string_view{} : line;
}

bool is_repeatable(std::string_view name) {
  return name != "files" && name != "license" && name != "copyright"
         && name != "format";
}

/// Cuts a text into paragraphs of fields.
class paragraph_reader {
public:
  paragraph_reader(std::string_view text, std::vector<dep5_problem>& problems)
    : problems_{problems} {
    for (const auto line : lines(text)) {
      ++line_;
      take(line);
    }
    close();
  }

  std::vector<paragraph> result;

private:
  void take(std::string_view line) {
    if (line.starts_with('#'))
      return;
    if (trim(line).empty())
      close();
    else if (line.front() == ' ' || line.front() == '\t')
      continue_field(line);
    else
      start_field(line);
  }

  void continue_field(std::string_view line) {
    auto* target
      = current_.fields.empty() ? last_field() : &current_.fields.back();
    if (target == nullptr) {
      report("text outside any field");
      return;
    }
    if (current_.fields.empty())
      report("a blank line inside the field " + target->name);
    target->value += '\n';
    target->value += continuation(line);
  }

  void start_field(std::string_view line) {
    auto [name, value] = split_field(line);
    if (name.empty()) {
      report("neither a field nor a continuation: "
             + shorten(one_line(line), 60));
      return;
    }
    const auto written = trim(line.substr(0, line.find(':')));
    if (name != lower(written) && name != "format")
      report("field " + std::string{written} + " read as " + name);
    if (!is_repeatable(name) && current_.find(name) != nullptr) {
      report("no blank line before a second field " + name);
      close();
    }
    current_.fields.push_back({std::move(name), std::string{value}, line_});
  }

  void close() {
    if (!current_.fields.empty())
      result.push_back(std::exchange(current_, {}));
  }

  field* last_field() {
    return result.empty() ? nullptr : &result.back().fields.back();
  }

  void report(std::string what) {
    constexpr std::size_t max_problems = 1000; // a binary has one each line
    if (problems_.size() < max_problems)
      problems_.push_back({line_, std::move(what)});
  }

  std::vector<dep5_problem>& problems_;
  paragraph current_;
  std::size_t line_ = 0;
};

} // namespace

const field* paragraph::find(std::string_view name) const {
  const auto at = std::find_if(fields.begin(), fields.end(),
                               [&](const auto& f) { return f.name == name; });
  return at == fields.end() ? nullptr : &*at;
}

std::pair<std::string, std::string_view> split_field(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == line.npos || line.starts_with(' '))
    return {};
  const auto name = trim(line.substr(0, colon));
  if (!is_field_name(name))
    return {};
  return {canonical(name), trim(line.substr(colon + 1))};
}

std::vector<paragraph> read_paragraphs(std::string_view text,
                                       std::vector<dep5_problem>& problems) {
  return std::move(paragraph_reader{text, problems}.result);
}

} // namespace license_inventory
