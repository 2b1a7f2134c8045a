#include <stanchion/actors/run/operation.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion {

// -- operation ----------------------------------------------------------------

operation::operation(std::unique_ptr<step> what) : what_(std::move(what)) {
  // nop
}

operation::operation(operation&& other) noexcept
  : throws_(other.throws_), what_(std::move(other.what_)) {
  // nop: an operation that has started stays where it is
}

operation::~operation() {
  drop();
}

void operation::start(branch& where, continuation then) {
  then_ = then;
  owner_ = where.owner;
  asked_ = what_.get();
  if (!owner_->ask(where, std::move(what_), *this))
    asked_ = nullptr;
}

std::exception_ptr operation::thrown() const {
  if (!throws_ || !result_ || result_->ok())
    return nullptr;
  return std::make_exception_ptr(step_error{result_->why()});
}

void operation::drop() {
  if (asked_ != nullptr)
    owner_->abandon(*std::exchange(asked_, nullptr));
}

void operation::complete(outcome x) {
  asked_ = nullptr;
  result_.emplace(std::move(x));
  then_();
}

// -- its kinds ----------------------------------------------------------------

value call_operation::take() {
  return result().get();
}

try_call_operation::try_call_operation(std::unique_ptr<step> what)
  : operation(std::move(what)) {
  throws_ = false;
}

outcome try_call_operation::take() {
  return result();
}

sleep_operation::sleep_operation(std::unique_ptr<step> what)
  : operation(std::move(what)) {
  throws_ = false;
}

compensate_operation::compensate_operation(std::unique_ptr<step> what)
  : operation(std::move(what)) {
  // nop
}

void compensate_operation::take() {
  static_cast<void>(result().get());
}

escalate_operation::escalate_operation(std::unique_ptr<step> what)
  : operation(std::move(what)) {
  // nop
}

value escalate_operation::take() {
  return result().get();
}

signal_operation::signal_operation(std::unique_ptr<step> what)
  : operation(std::move(what)) {
  // nop
}

value signal_operation::take() {
  return result().get();
}

lower_operation::lower_operation(std::unique_ptr<step> what)
  : operation(std::move(what)) {
  throws_ = false;
}

renewal_operation::renewal_operation(std::unique_ptr<step> what)
  : operation(std::move(what)) {
  // nop
}

// -- children -----------------------------------------------------------------

namespace {

std::unique_ptr<step> wait_for(step_kind kind, const run_id& id,
                               run_number number) {
  auto s = std::make_unique<step>();
  s->kind = kind;
  s->name = to_string(id);
  s->child = id;
  s->child_number = number;
  return s;
}

} // namespace

spawn_operation::spawn_operation(std::unique_ptr<step> what)
  : operation(std::move(what)) {
  // nop
}

child_run spawn_operation::take() {
  const auto& x = result().get();
  const auto id = parse_uuid(x["run"].as_string());
  return {id.value_or(stanchion::run_id{}),
          static_cast<run_number>(x["number"].as_int())};
}

child_result_operation child_run::result() const {
  return child_result_operation{wait_for(step_kind::child, id_, number_)};
}

settled_operation child_run::settled() const {
  return settled_operation{wait_for(step_kind::settled, id_, number_)};
}

child_result_operation::child_result_operation(std::unique_ptr<step> what)
  : operation(std::move(what)) {
  // nop
}

value child_result_operation::take() {
  return result().get();
}

settled_operation::settled_operation(std::unique_ptr<step> what)
  : operation(std::move(what)) {
  // nop
}

settlement settled_operation::take() {
  return settlement{result().get()};
}

settlement::settlement(value x) : content_(std::move(x)) {
  // nop
}

bool settlement::completed() const {
  return state() == "completed";
}

bool settlement::parked() const {
  return state() == "parked";
}

const std::string& settlement::state() const {
  return content_.get().at("state").get_ref<const std::string&>();
}

value settlement::result() const {
  return content_.get("result", {});
}

std::string settlement::why() const {
  return content_.get("why", "").as_string();
}

} // namespace stanchion
