#include <stanchion/actors/run/engine.hpp>
#include <stanchion/actors/run/history.hpp>
#include <stanchion/actors/run/operation.hpp>
#include <stanchion/actors/run/standing.hpp>
#include <stanchion/actors/run/stuck_watch.hpp>
#include <stanchion/actors/run/task.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/random.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace stanchion {

namespace {

/// FNV-1a: the same on every platform, unlike std::hash.
std::uint64_t stable_hash(std::string_view text) {
  auto h = std::uint64_t{0xcbf29ce484222325ULL};
  for (const auto c : text)
    h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}

std::string describe(step_kind kind, std::string_view name,
                     std::string_view arguments) {
  auto text = std::string{to_string(kind)};
  if (!name.empty())
    text.append(" ").append(name);
  if (!arguments.empty())
    text.append(" ").append(arguments);
  return text;
}

std::string describe(const step& s) {
  return describe(s.kind, s.name, s.arguments_text);
}

std::string describe(const recorded_step& s) {
  return describe(s.kind, s.name, s.requested_text);
}

} // namespace

void continuation::operator()() const {
  if (scope != nullptr)
    scope->done(index);
  else if (resume)
    where->owner->schedule(resume, *where);
}

/// The agent's coroutine, and the ear that hears it end.
struct engine::root final : listener {
  root(engine& owner, task<json> x) : owner_(&owner), program(std::move(x)) {
    // nop
  }
  void done(std::size_t) override {
    owner_->ended_ = true;
  }

  engine* owner_;
  task<json> program;
};

engine::engine(engine_host& host, const stanchion::run_id& run, instant started)
  : host_(host), run_(run), now_(started) {
  trunk_.owner = this;
  current_ = &trunk_;
}

engine::~engine() {
  freeze();
}

void engine::watch(std::unique_ptr<stuck_record> x) {
  stuck_ = std::move(x);
}

/// While one lives, the program's frames may be on the stack.
class engine::at_work {
public:
  explicit at_work(engine& x) : engine_(&x) {
    ++engine_->depth_;
  }
  at_work(const at_work&) = delete;
  at_work& operator=(const at_work&) = delete;
  ~at_work() {
    if (--engine_->depth_ == 0)
      engine_->leaving_.reset();
  }

private:
  engine* engine_;
};

void engine::start(task<json> program, history past) {
  const auto busy = at_work{*this};
  past_ = std::make_unique<history>(std::move(past));
  patches_ = past_->patches;
  if (!past_->limits.empty())
    account_ = std::make_unique<account>(
      account{{}, past_->started, std::move(past_->limits)});
  stand(past_->first);
  undelivered_ = past_->deliveries.size();
  unrequested_ = past_->steps.size();
  replaying_ = true;
  root_ = std::make_unique<root>(*this, std::move(program));
  root_->program.start(trunk_, continuation{{}, nullptr, root_.get(), 0});
  pump();
  replay();
}

void engine::replay() {
  for (const auto& x : past_->deliveries) {
    if (diverged_)
      break;
    now_ = x.at;
    stand(x.as_of);
    --undelivered_;
    hand_over(x.path, x.content);
    pump();
  }
  for (const auto& [path, x] : past_->steps)
    if (!x.requested)
      diverge(path, describe(x), "nothing");
  replaying_ = false;
  const auto goes_on = !past_->cancel_requested;
  past_.reset();
  if (diverged_)
    return;
  if (!goes_on)
    freeze();
  go_live();
}

void engine::go_live() {
  const auto anew = std::exchange(fresh_, {});
  auto left_open = std::vector<step*>{};
  for (const auto& [path, s] : open_)
    if (std::find(anew.begin(), anew.end(), s.get()) == anew.end())
      left_open.push_back(s.get());
  for (auto* s : left_open) {
    if (frozen() && !s->attempts.open)
      continue; // a person must act first
    if (s->abandoned && !s->known_abandoned)
      host_.abandoned(*s); // its journal is of a version that did not say so
    host_.resume(*s);
  }
  for (auto* s : anew)
    host_.begin(*s);
}

void engine::deliver(const step_path& path, const outcome& x, instant now) {
  if (frozen())
    return settle(path);
  const auto busy = at_work{*this};
  now_ = now;
  hand_over(path, x);
  pump();
}

void engine::deliver(const step_path& path, const outcome& x, instant now,
                     const standing& as_of) {
  if (!frozen())
    stand(as_of);
  deliver(path, x, now);
}

void engine::stand(const standing& x) {
  if (account_ == nullptr && x.mode == mode::autonomous)
    return; // as most do
  if (account_ == nullptr)
    account_ = std::make_unique<account>();
  account_->now = x;
}

void engine::hand_over(step_path path, const outcome& x) {
  auto node = open_.extract(path);
  if (node.empty()) {
    if (replaying_)
      diverge(path, describe(past_->steps[path]), "nothing");
    return;
  }
  last_delivered_ = std::move(path);
  const auto& s = *node.mapped();
  if (replaying_ && stuck_ && s.waiter != nullptr)
    stuck_->replay(s, x);
  if (s.waiter != nullptr)
    s.waiter->complete(x);
}

void engine::pump() {
  while (!ready_.empty() && !diverged_) {
    const auto next = ready_.front();
    ready_.erase(ready_.begin());
    within(*next.where, [&] { next.handle.resume(); });
  }
}

void engine::freeze() {
  dying_ = true;
  ready_.clear();
  fresh_.clear();
  leaving_ = std::move(root_);
  if (depth_ == 0)
    leaving_.reset();
}

step& engine::add_own(std::unique_ptr<step> s) {
  auto path = s->path;
  return *open_.insert_or_assign(std::move(path), std::move(s)).first->second;
}

void engine::settle(const step_path& path) {
  open_.erase(path);
}

std::exception_ptr engine::thrown() const {
  return root_ ? root_->program.thrown() : nullptr;
}

json engine::take_result() {
  return root_->program.take();
}

step* engine::find(const step_path& path) const {
  const auto found = open_.find(path);
  return found == open_.end() ? nullptr : found->second.get();
}

// -- what operations use ------------------------------------------------------

bool engine::ask(branch& where, std::unique_ptr<step> s, operation& waiter) {
  s->path = where.next_path();
  s->raced = where.raced;
  s->waiter = &waiter;
  if (diverged_)
    return false;
  auto& asked = *open_.emplace(s->path, std::move(s)).first->second;
  if (!replaying_)
    host_.begin(asked);
  else if (past_->steps.contains(asked.path))
    check_recorded(asked);
  else if (undelivered_ > 0)
    diverge(asked.path, "nothing", describe(asked));
  else
    fresh_.push_back(&asked);
  return true;
}

void engine::check_recorded(step& s) {
  auto& r = past_->steps[s.path];
  r.requested = true;
  --unrequested_;
  const auto same_arguments
    = r.requested_text == s.arguments_text || s.kind == step_kind::timer;
  if (r.kind != s.kind || r.name != s.name) {
    diverge(s.path, describe(r), describe(s));
    return;
  }
  if (!same_arguments) {
    if (!r.has_outcome || r.tool_effect != effect::read_only) {
      diverge(s.path, describe(r), describe(s));
      return;
    }
    host_.drifted(s);
  }
  r.restore(s);
  if (r.arguments_text != r.requested_text) { // a person's edit
    s.arguments = parse_json(r.arguments_text);
    s.arguments_text = r.arguments_text;
  }
}

void engine::abandon(step& s) {
  s.abandoned = true;
  s.waiter = nullptr;
  if (dying_)
    return;
  if (std::erase(fresh_, &s) != 0)
    open_.erase(step_path{s.path});
  else if (!replaying_)
    host_.abandoned(s);
}

void engine::schedule(std::coroutine_handle<> h, branch& where) {
  ready_.push_back({h, &where});
}

value engine::side_value(std::string_view name,
                         const std::function<value()>& fn) {
  auto path = current_->next_path();
  if (past_) {
    const auto found = past_->side_values.find(path);
    if (found != past_->side_values.end()) {
      const auto& [recorded, x] = found->second;
      if (recorded != name)
        diverge(path, "side_value " + recorded,
                "side_value " + std::string{name});
      return x;
    }
  }
  auto x = fn();
  host_.record_side_value(path, name, x);
  return x;
}

bool engine::patched(std::string_view id) {
  if (const auto found = patches_.find(id); found != patches_.end())
    return found->second;
  // Whoever passed here before wrote what the journal still holds.
  const auto old_code = replaying();
  patches_.emplace(id, !old_code);
  if (!old_code)
    host_.record_patch(id, true);
  return !old_code;
}

std::uint64_t engine::draw() {
  auto& where = *current_;
  const auto run = stable_hash(
    {reinterpret_cast<const char*>(run_.bytes.data()), run_.bytes.size()});
  return mix64(mix64(run ^ stable_hash(where.prefix)) + ++where.drawn);
}

void engine::diverge(step_path path, std::string recorded,
                     std::string requested) {
  if (!diverged_)
    diverged_ = std::make_unique<divergence>(
      divergence{std::move(path), std::move(recorded), std::move(requested)});
}

} // namespace stanchion
