#include <stanchion/actors/model/chat_exchange.hpp>
#include <stanchion/actors/model/model_actor.hpp>
#include <stanchion/actors/tool/tool_work.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/schema.hpp>
#include <stanchion/core/tool_job.hpp>
#include <stanchion/fabric/gate.hpp>
#include <stanchion/fabric/system.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <stop_token>
#include <utility>

namespace stanchion {

namespace {

using fabric::completion;
using fabric::envelope;
using fabric::message;
using fabric::promise;

/// What the loop's thread needs of one question. Owns all it touches, for it
/// may outlive its actor, but not the loop: that must not end on its own
/// thread.
struct asking {
  std::string name;
  std::shared_ptr<event_sink> events;
  delta_listener on_delta;
  const clock* time;
  tool_job job;
  chat_exchange exchange;

  [[nodiscard]] instant now() const {
    return (time != nullptr ? *time : system_clock()).now();
  }

  void say(const std::vector<chat_delta>& all) const {
    if (all.empty())
      return;
    const auto [run, step] = place_of(job.key);
    if (on_delta)
      for (const auto& x : all)
        on_delta(run, x);
    if (events == nullptr || !events->wants(event_kind::model_delta))
      return;
    auto fields = json{{"text", ""}, {"attempt", job.attempt}};
    auto& text = fields["text"].get_ref<std::string&>();
    for (const auto& x : all) {
      text += x.text;
      if (!x.tool.empty())
        fields["tool"] = x.tool;
    }
    events->publish(event{.kind = event_kind::model_delta,
                          .severity = severity::debug,
                          .at = now(),
                          .run = run,
                          .step = step,
                          .subject = name,
                          .fields = json_text(fields),
                          .trace = job.trace});
  }
};

failure refused(const std::string& why) {
  return {.kind = failure_kind::bad_arguments,
          .effect = side_effect::not_started,
          .message = why};
}

class model_actor final : public fabric::actor {
public:
  explicit model_actor(std::shared_ptr<const model_options> options)
    : options_(std::move(options)) {
    // nop
  }
  model_actor(const model_actor&) = delete;
  model_actor& operator=(const model_actor&) = delete;
  /// Nobody waits any more.
  ~model_actor() override {
    for (const auto& [id, x] : open_)
      options_->http->cancel(x.transfer);
  }

  std::string name() const override {
    return options_->name;
  }

protected:
  void receive(envelope& e) override {
    if (const auto* job = e.body.as<tool_job>())
      begin(*job, e);
  }

private:
  using stopper = std::stop_callback<std::function<void()>>;

  struct question {
    promise to;
    std::optional<value> output; // the schema that was asked for
    http_loop::transfer_id transfer = 0;
    std::unique_ptr<stopper> on_stop = nullptr;
  };

  void begin(const tool_job& job, envelope& e) {
    try {
      ask(job, e);
    } catch (const error& wrong) {
      e.take_promise().deliver(tool_answer{refused(wrong.what())});
    }
  }

  void ask(const tool_job& job, envelope& e) {
    auto asked = chat_request_from_json(job.arguments.get());
    if (asked.output) // before anything is paid for: it may be no schema
      static_cast<void>(compiled(asked.output->get()));
    auto what = options_->format->request(options_->endpoint, asked,
                                          options_->streamed);
    what.ca = options_->ca;
    // The guard's own time comes first: it knows what a timeout means.
    what.timeout = std::max(job.deadline - now(), duration{0}) + 1s;
    what.headers.emplace_back("traceparent", traceparent_of(job));
    auto output = asked.output;
    auto x = std::make_shared<asking>(asking{
      options_->name, options_->events, options_->on_delta, options_->time, job,
      chat_exchange{*options_->format, options_->endpoint, std::move(asked),
                    options_->price, options_->safe_to_repeat}});
    const auto id = expect([this](completion& c) { on_end(c); });
    const auto transfer
      = options_->http->start(std::move(what), listener(x, id));
    open_.emplace(id, question{e.take_promise(), std::move(output), transfer});
    open_.at(id).on_stop = std::make_unique<stopper>(
      job.stop, [http = options_->http, transfer] { http->cancel(transfer); });
  }

  transfer_listener listener(const std::shared_ptr<asking>& x,
                             std::uint64_t id) {
    return {.on_head =
              [x](int status, const http_headers& headers) {
                x->exchange.on_head(status, headers, x->now());
              },
            .on_data = options_->streamed
                         ? [x](std::string_view bytes) {
                             if (x->job.alive != nullptr)
                               x->job.alive->beat(x->now());
                             x->say(x->exchange.on_data(bytes));
                           }
                         : std::function<void(std::string_view)>{},
            .on_done = [x, id, gate = sys().gate(),
                        me = self().id()](transfer_result r) mutable {
              gate.set(me, id, message::of(x->exchange.finish(std::move(r), x->now())));
            }};
  }

  void on_end(completion& c) {
    auto done = std::move(open_.extract(c.id).mapped());
    auto& end = *c.body.edit<chat_end>();
    done.on_stop.reset();
    done.to.deliver(tool_answer{answer_of(end.result, done.output), end.spent,
                                end.closed_until});
  }

  outcome answer_of(const chat_result& x, const std::optional<value>& schema) {
    if (const auto* why = std::get_if<failure>(&x))
      return *why;
    const auto& reply = std::get<chat_reply>(x);
    if (schema && reply.tool_calls.empty())
      if (auto why = misfit(reply, schema->get()))
        return *why;
    return checked(value{json(reply)});
  }

  /// Why the answer is not what was asked for.
  std::optional<failure> misfit(const chat_reply& x, const json& wanted) {
    auto why = failure{.kind = failure_kind::schema_violation,
                       .effect = side_effect::none};
    if (!x.output) {
      why.kind = failure_kind::malformed_output;
      why.message = "the model's answer is no JSON";
      return why;
    }
    const auto wrong = compiled(wanted).check(x.output->get());
    if (!wrong)
      return std::nullopt;
    why.message = "the model's answer does not fit the schema that was asked "
                  "for: "
                  + *wrong;
    return why;
  }

  const schema& compiled(const json& document) {
    auto text = document.dump();
    const auto found = schemas_.find(text);
    if (found != schemas_.end())
      return found->second;
    if (schemas_.size() >= most_schemas)
      schemas_.clear();
    return schemas_.emplace(std::move(text), schema{document}).first->second;
  }

  static constexpr std::size_t most_schemas = 64;

  std::shared_ptr<const model_options> options_;
  std::map<std::string, schema> schemas_;
  std::map<std::uint64_t, question> open_;
};

} // namespace

std::unique_ptr<fabric::actor>
make_model_actor(std::shared_ptr<const model_options> options) {
  return std::make_unique<model_actor>(std::move(options));
}

} // namespace stanchion
