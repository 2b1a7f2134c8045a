#include "tools.hpp"

#include <stanchion/actors/run/operation.hpp>
#include <stanchion/stanchion.hpp>

#include <string>
#include <utility>

namespace customer_support {

using namespace stanchion;

namespace {

/// Much more than it takes, also on a busy machine.
constexpr auto classify_timeout = 2s;
/// Which texts it hangs at.
constexpr auto hang_seed = std::uint64_t{19};

schema schema_of(const char* text) {
  return schema{json::parse(text)};
}

const auto text_schema = schema_of(R"({
  "type": "object", "additionalProperties": false, "required": ["text"],
  "properties": {"text": {"type": "string"}}})");

const auto verdict_schema = schema_of(R"({
  "type": "object", "required": ["category", "confidence", "scores"],
  "properties": {
    "category": {"enum": ["refund", "delivery", "damage", "invoice", "account",
                          "feedback"]},
    "confidence": {"type": "number", "minimum": 0, "maximum": 1},
    "scores": {"type": "object"}}})");

const auto order_schema = schema_of(R"({
  "type": "object", "additionalProperties": false, "required": ["order"],
  "properties": {"order": {"type": "string", "pattern": "^K-[0-9]{4}$"}}})");

const auto refund_schema = schema_of(R"({
  "type": "object", "additionalProperties": false,
  "required": ["case", "order", "cents", "paid", "bought"],
  "properties": {
    "case": {"type": "string", "pattern": "^M-[0-9]{2}$"},
    "order": {"type": "string", "pattern": "^K-[0-9]{4}$"},
    "cents": {"type": "integer", "minimum": 1},
    "paid": {"type": "integer"},
    "bought": {"type": "string"}}})");

const auto reply_schema = schema_of(R"({
  "type": "object", "additionalProperties": false,
  "required": ["case", "category", "letter"],
  "properties": {
    "case": {"type": "string", "pattern": "^M-[0-9]{2}$"},
    "category": {"enum": ["refund", "delivery", "damage", "invoice", "account",
                          "feedback"]},
    "letter": {"type": "string", "minLength": 1, "maxLength": 600}}})");

// -- classifying --------------------------------------------------------------

json verdict_of(const scores& x) {
  const auto best = likeliest(x);
  auto all = json::object();
  for (const auto c : categories)
    all[std::string{to_string(c)}] = score_of(x, c);
  return args("category", to_string(best), "confidence", score_of(x, best),
              "scores", all);
}

/// Stands for a model on another machine, which hangs at times.
task<json> classify(tool_context& call, value x, std::shared_ptr<shop> s) {
  const auto text = x["text"].as_string();
  if (hangs_at(text))
    co_await call.sleep_for(10 * classify_timeout);
  co_return verdict_of(s->classifier.classify(text));
}

json classify_by_marks(const value& x, tool_context&) {
  return verdict_of(by_marks(x["text"].as_string()));
}

void add_classifiers(runtime& rt, const std::shared_ptr<shop>& s) {
  rt.add(tool{"classify", effect::read_only,
              [s](tool_context& call, value x) {
                return classify(call, std::move(x), s);
              }}
           .input(text_schema)
           .output(verdict_schema)
           .timeout(classify_timeout)
           .retry({.max_attempts = 1})
           // By default it opens after five in a row, and spares the rest the
           // wait; here each of those that hang is to be seen.
           .breaker({.consecutive_failures = 100, .failure_rate = 0})
           .fallback(instead("classify.marks")));
  rt.add(tool{"classify.marks", effect::read_only, classify_by_marks}
           .input(text_schema)
           .output(verdict_schema)
           .run_inline());
}

// -- orders, money and letters ------------------------------------------------

json look_up(const shop& s, const value& x) {
  const auto found = s.orders.find(x["order"].as_string());
  if (found == s.orders.end())
    throw tool_error{failure_kind::not_found, side_effect::none,
                     "there is no order " + x["order"].as_string()};
  return args("paid", found->second.paid, "bought", found->second.bought);
}

/// Honours keys: the same one again is the same refund.
json pay(shop& s, const value& x, const tool_context& call) {
  s.written.add_once({.service = "refunds",
                      .of = x["case"].as_string(),
                      .key = call.key,
                      .cents = x["cents"].as_int()});
  return args("cents", x["cents"]);
}

json send(shop& s, const value& x, const tool_context& call) {
  s.written.add_once(
    {.service = "replies", .of = x["case"].as_string(), .key = call.key});
  return args("category", x["category"]);
}

bool is_large(const value& refund) {
  return refund["cents"] > refund_limit;
}

bool is_more_than_paid(const value& refund) {
  return refund["cents"] > refund["paid"];
}

void add_shop(runtime& rt, const std::shared_ptr<shop>& s) {
  rt.add(tool{"orders.look_up", effect::read_only,
              [s](const value& x, tool_context&) { return look_up(*s, x); }}
           .input(order_schema)
           .output(any())
           .run_inline());
  rt.add(tool{"refunds.pay", effect::idempotent,
              [s](const value& x, tool_context& c) { return pay(*s, x, c); }}
           .input(refund_schema)
           .output(any())
           .approve_if(is_large)
           .approve_if(is_more_than_paid));
  rt.add(tool{"replies.send", effect::idempotent,
              [s](const value& x, tool_context& c) { return send(*s, x, c); }}
           .input(reply_schema)
           .output(any()));
}

} // namespace

shop::shop(const std::filesystem::path& dir)
  : orders(read_cases(data_file("cases.json")).orders),
    classifier(read_training(data_file("training.json"))),
    written(dir / "books") {
  // nop
}

bool hangs_at(std::string_view text) {
  auto hash = std::uint64_t{14'695'981'039'346'656'037U} ^ hang_seed; // FNV-1a
  for (const auto c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  return (hash ^ (hash >> 32U)) % 9 == 0;
}

void add_tools(runtime& rt, const std::shared_ptr<shop>& s) {
  add_classifiers(rt, s);
  add_shop(rt, s);
}

} // namespace customer_support
