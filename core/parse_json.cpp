#include <stanchion/core/canonical.hpp>
#include <stanchion/core/detail/json_text.hpp>
#include <stanchion/core/detail/utf8.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/json_refusal.hpp>

#include <nlohmann/json.hpp>

#include <iterator>
#include <utility>
#include <vector>

namespace stanchion {

namespace {

/// Reads a text and tells, through the cursor that its copies share, how far.
struct text_iterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  reference operator*() const {
    return **cursor;
  }
  text_iterator& operator++() {
    ++*cursor;
    return *this;
  }
  bool operator==(const text_iterator& other) const {
    return *cursor == *other.cursor;
  }
  bool operator!=(const text_iterator& other) const {
    return *cursor != *other.cursor;
  }

  const char** cursor;
};

/// Builds a document from the parser's events and refuses what the parser
/// would let through. The parser itself does not recurse.
class document_builder {
public:
  document_builder(std::string_view text, std::size_t depth)
    : begin_(text.data()), cursor_(text.data()), depth_(depth) {
    // nop
  }

  // -- events of nlohmann's parser; false is never returned, refusals throw ---

  bool null() {
    return put(nullptr);
  }
  bool boolean(bool x) {
    return put(x);
  }
  bool number_integer(json::number_integer_t x) {
    return put(x);
  }
  bool number_unsigned(json::number_unsigned_t x) {
    return put(x);
  }
  bool number_float(double x, const std::string& text) {
    if (text.find_first_not_of("-0123456789") == std::string::npos)
      refuse("an integer beyond 64 bits", "send it as a string");
    return put(x);
  }
  bool string(std::string& x) {
    return put(std::move(x));
  }
  bool binary(json::binary_t&) {
    refuse("binary data", "send it as a string");
  }
  bool start_object(std::size_t) {
    return open(json::value_t::object);
  }
  bool end_object() {
    return close();
  }
  bool start_array(std::size_t) {
    return open(json::value_t::array);
  }
  bool end_array() {
    return close();
  }
  bool key(std::string& x) {
    auto& members = *open_.back()->get_ptr<json::object_t*>();
    const auto before = members.size();
    // Keys mostly come sorted, as canonical bytes do.
    const auto at = members.emplace_hint(members.end(), std::move(x), nullptr);
    if (members.size() == before)
      refuse("the key \"" + detail::clip(at->first, 60) + "\" a second time",
             "keep one of them");
    member_ = &at->second;
    return true;
  }
  bool parse_error(std::size_t, const std::string&,
                   const json::exception& what) {
    constexpr int number_overflow = 406;
    if (what.id == number_overflow)
      refuse("a number beyond the range of a double", "send it as a string");
    refuse(detail::syntax_complaint(what.what()), "correct the text there");
  }

  // -- use --------------------------------------------------------------------

  const char** cursor() {
    return &cursor_;
  }
  json take() {
    return std::move(root_);
  }

private:
  [[noreturn]] void refuse(const std::string& what, std::string_view advice) {
    throw json_refusal{static_cast<std::size_t>(cursor_ - begin_),
                       what + "; " + std::string{advice}};
  }

  bool put(json x) {
    place(std::move(x));
    return true;
  }

  json* place(json&& x) {
    if (open_.empty()) {
      root_ = std::move(x);
      return &root_;
    }
    if (auto* elements = open_.back()->get_ptr<json::array_t*>()) {
      elements->push_back(std::move(x));
      return &elements->back();
    }
    *member_ = std::move(x);
    return member_;
  }

  bool open(json::value_t type) {
    if (open_.size() >= depth_)
      refuse("nesting deeper than " + std::to_string(depth_) + " levels",
             "flatten the document");
    open_.push_back(place(json(type)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  const char* begin_;
  const char* cursor_;
  std::size_t depth_;
  json root_;
  std::vector<json*> open_; // from the root inwards
  json* member_ = nullptr;  // where the value of the last key goes
};

} // namespace

value parse_json(std::string_view text, const json_limits& limits) {
  if (text.size() > limits.bytes)
    throw error{error_code::input_too_large,
                "JSON of " + std::to_string(text.size()) + " bytes, where "
                  + std::to_string(limits.bytes)
                  + " are allowed; send less, or raise the limit"};
  document_builder builder{text, limits.depth};
  const char* end = text.data() + text.size();
  json::sax_parse(text_iterator{builder.cursor()}, text_iterator{&end},
                  &builder);
  return value{builder.take()};
}

} // namespace stanchion
