#include "dep5.hpp"

#include "dep5_paragraphs.hpp"
#include "holders.hpp"
#include "text.hpp"

#include <algorithm>
#include <utility>

namespace license_inventory {

namespace {

/// A `License:` value: the short name's line and the text below it.
struct licence_value {
  std::string name;
  std::string text;
};

bool continues(std::string_view name) {
  const auto folded = lower(name);
  return folded.ends_with(" or") || folded.ends_with(" and")
         || folded.ends_with(" with") || folded.ends_with(',');
}

licence_value split_licence(std::string_view value) {
  auto end = std::min(value.find('\n'), value.size());
  std::string name{trim(value.substr(0, end))};
  while (continues(name) && end < value.size()) { // a folded expression
    const auto next = std::min(value.find('\n', end + 1), value.size());
    const auto line = trim(value.substr(end + 1, next - end - 1));
    if (line.empty())
      break;
    name += ' ';
    name += line;
    end = next;
  }
  return {std::move(name), std::string{trim(value.substr(end))}};
}

std::vector<std::string> patterns(std::string_view value) {
  std::vector<std::string> result;
  while (!(value = trim(value)).empty()) {
    const auto end = std::min(value.find_first_of(" \t\r\n"), value.size());
    auto word = value.substr(0, end);
    value.remove_prefix(end);
    while (word.ends_with(','))
      word.remove_suffix(1);
    if (!word.empty())
      result.emplace_back(word);
  }
  return result;
}

/// Turns paragraphs into what they mean.
class interpreter {
public:
  explicit interpreter(dep5_document& into) : into_{into} {
    // nop
  }

  void run(const std::vector<paragraph>& paragraphs) {
    const paragraph* previous = nullptr;
    for (const auto& p : paragraphs) {
      take(p);
      adopt(p, previous);
      previous = &p;
    }
    if (into_.format.empty())
      problem(1, "no Format field", false);
    if (into_.files.empty() && header_ != nullptr
        && header_->find("license") != nullptr) {
      problem(1, "no Files paragraph; the header's licence is taken for all",
              false);
      take_files(*header_, {"*"}, 1);
    }
    if (into_.files.empty())
      problem(1, "no Files paragraph", true);
  }

private:
  void take(const paragraph& p) {
    if (const auto* format = p.find("format")) {
      into_.format = format->value;
      if (const auto* name = p.find("upstream-name"))
        into_.upstream_name = one_line(name->value);
      header_ = &p;
      if (p.find("files") == nullptr)
        return;
    }
    if (const auto* files = p.find("files"))
      take_files(p, patterns(files->value), files->line);
    else if (const auto* licence = p.find("license"))
      take_licence(*licence);
    else if (const auto* copyright = p.find("copyright"))
      problem(copyright->line, "a Copyright field without Files", false);
  }

  void take_files(const paragraph& p, std::vector<std::string> files,
                  std::size_t line) {
    dep5_files result;
    result.files = std::move(files);
    result.line = line;
    if (result.files.empty())
      problem(line, "an empty Files field", false);
    const auto* copyright = p.find("copyright");
    if (copyright != nullptr)
      result.holders = holders_in(copyright->value);
    else
      problem(line, "no Copyright field", false);
    if (const auto* licence = p.find("license")) {
      take_expression(*licence, result);
    } else {
      problem(line, "no License field", false);
      if (copyright != nullptr)
        result.licence_text = copyright->value;
    }
    into_.files.push_back(std::move(result));
  }

  void take_expression(const field& licence, dep5_files& into) {
    auto [name, text] = split_licence(licence.value);
    into.licence_text = std::move(text);
    if (name.empty()) {
      problem(licence.line, "no short name in the License field", false);
      return;
    }
    auto parsed = parse_expression(name);
    for (auto& what : parsed.problems)
      problem(licence.line, std::move(what), false);
    into.licence = std::move(parsed.expression);
  }

  /// Gives the licence of a paragraph to the Files paragraph right before it
  /// that has none.
  void adopt(const paragraph& p, const paragraph* previous) {
    const auto* licence = p.find("license");
    const bool orphan = previous != nullptr && previous->find("files")
                        && !previous->find("license") && licence
                        && !p.find("files") && !p.find("format");
    if (!orphan || holds_terms(into_.files.back().licence_text))
      return;
    take_expression(*licence, into_.files.back());
    into_.files.back().adopted = true;
  }

  void take_licence(const field& licence) {
    auto [name, text] = split_licence(licence.value);
    if (name.empty())
      problem(licence.line, "no short name in the License field", false);
    else
      into_.licences.push_back(
        {std::move(name), std::move(text), licence.line});
  }

  void problem(std::size_t line, std::string what, bool loses_information) {
    into_.problems.push_back({line, std::move(what), loses_information});
  }

  dep5_document& into_;
  const paragraph* header_ = nullptr;
};

/// The name as used for comparing: folded, blanks made one.
std::string key_of(std::string_view name) {
  return lower(one_line(name));
}

} // namespace

std::string_view dep5_document::text_of(std::string_view name) const {
  const auto wanted = key_of(name);
  for (const auto& licence : licences)
    if (!licence.text.empty() && key_of(licence.name) == wanted)
      return licence.text;
  for (const auto& paragraph : files)
    if (!paragraph.licence_text.empty()
        && key_of(debian_name(paragraph.licence)) == wanted)
      return paragraph.licence_text;
  return {};
}

bool looks_like_dep5(std::string_view text) {
  bool files = false;
  bool licence = false;
  for (const auto line : lines(text)) {
    const auto [field_name, value] = split_field(line);
    const auto folded = lower(value);
    if (field_name == "format"
        && (folded.find("copyright-format") != folded.npos
            || folded.find("dep5") != folded.npos))
      return true;
    files = files || (field_name == "files" && value == "*");
    licence = licence || field_name == "license";
  }
  return files && licence;
}

dep5_document parse_dep5(std::string_view text) {
  dep5_document result;
  const auto paragraphs = read_paragraphs(text, result.problems);
  interpreter{result}.run(paragraphs);
  return result;
}

} // namespace license_inventory
