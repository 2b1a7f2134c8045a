#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/tool_job.hpp>
#include <stanchion/fabric/detail/host.hpp>
#include <stanchion/fabric/foreign_worker.hpp>

#include <caf/atom.hpp>
#include <caf/behavior.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>

#include <stdexcept>
#include <utility>

namespace stanchion::fabric {

namespace {

outcome outcome_of(const std::string& answer) try {
  return parse_json(answer);
} catch (const error& e) {
  return failure{.kind = failure_kind::malformed_output, .message = e.what()};
}

failure failure_of(const caf::error& e) {
  if (e.category() == caf::atom("stanchion")
      && e.context().match_elements<std::uint8_t, std::string>())
    return {.kind = static_cast<failure_kind>(e.code()),
            .effect
            = static_cast<side_effect>(e.context().get_as<std::uint8_t>(0)),
            .message = e.context().get_as<std::string>(1)};
  if (e == caf::sec::unexpected_response)
    return {.kind = failure_kind::malformed_output,
            .message = "the actor's answer is no std::string"};
  if (e == caf::sec::unexpected_message)
    return {.effect = side_effect::none,
            .message = "the actor takes no (std::string, std::string)"};
  // An actor that throws answers like this, too, before it ends.
  return {.kind = failure_kind::crashed, .message = text_of(e)};
}

class foreign_worker final : public actor {
public:
  explicit foreign_worker(foreign_worker_options options)
    : options_(std::move(options)) {
    // nop
  }
  ~foreign_worker() override {
    if (options_.owned && worker_)
      caf::anon_send_exit(to_handle(worker_), caf::exit_reason::user_shutdown);
  }

  [[nodiscard]] std::string name() const override {
    return options_.name;
  }

protected:
  void start() override {
    worker_ = options_.worker();
    if (!worker_)
      throw std::runtime_error{"there is no actor to do the work"};
    monitor(worker_);
  }

  void receive(envelope& e) override {
    const auto* job = e.body.as<tool_job>();
    if (job == nullptr)
      return;
    auto to = std::make_shared<promise>(e.take_promise());
    if (job->reconcile)
      return to->deliver(tool_answer{failure{.message = "has no reconcile"}});
    ask(*job, std::move(to));
  }

  void on_down(const down& d) override {
    throw std::runtime_error{
      "the actor ended: "
      + (d.text.empty() ? std::string{to_string(d.kind)} : d.text)};
  }

private:
  void ask(const tool_job& job, std::shared_ptr<promise> to) {
    auto& self = host::of(*this);
    const auto id = self.new_request_id(caf::message_priority::normal);
    // No execution unit of ours: the worker may live in another system, whose
    // threads it runs on.
    worker_.block()->enqueue(
      self.ctrl(), id,
      caf::make_message(canonical(job.arguments), std::string{job.key}),
      nullptr);
    self.add_multiplexed_response_handler(
      id.response_id(), caf::behavior{
                          [to](const std::string& answer) {
                            to->deliver(tool_answer{outcome_of(answer)});
                          },
                          [to](const caf::error& e) {
                            // Its end is told by `on_down`.
                            if (e != caf::sec::request_receiver_down)
                              to->deliver(tool_answer{failure_of(e)});
                          },
                        });
  }

  foreign_worker_options options_;
  actor_ref worker_;
};

} // namespace

std::unique_ptr<actor> make_foreign_worker(foreign_worker_options options) {
  return std::make_unique<foreign_worker>(std::move(options));
}

} // namespace stanchion::fabric
