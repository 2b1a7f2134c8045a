#include "support/post_receiver.hpp"

#include "support/catch.hpp"
#include "support/eventually.hpp"

#include <httplib.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace stanchion::test {

struct post_receiver::impl {
  void take(const httplib::Request& from, httplib::Response& to) {
    auto x
      = received_post{.path = from.target, .headers = {}, .body = from.body};
    for (const auto* name : {"webhook-id", "webhook-timestamp",
                             "webhook-signature", "Content-Type"})
      if (from.has_header(name))
        x.headers[name] = from.get_header_value(name);
    auto lock = std::unique_lock{mutex};
    posts.push_back(std::move(x));
    over.wait(lock, [this] { return !hangs || ending; });
    auto answer = post_answer{};
    if (!answers.empty()) {
      answer = answers.front();
      answers.pop_front();
    }
    to.status = answer.status;
    if (!answer.retry_after.empty())
      to.set_header("Retry-After", answer.retry_after);
    to.set_content("the receiver's own words", "text/plain");
  }

  mutable std::mutex mutex;
  std::condition_variable over;
  std::vector<received_post> posts; // guarded by mutex
  std::deque<post_answer> answers;  // guarded by mutex
  bool hangs = false;               // guarded by mutex
  bool ending = false;              // guarded by mutex
  std::unique_ptr<httplib::Server> http;
  std::string scheme = "http://";
  int port = 0;
  std::thread thread;
};

post_receiver::post_receiver(const std::filesystem::path& cert,
                             const std::filesystem::path& key)
  : impl_(std::make_unique<impl>()) {
  auto& x = *impl_;
  if (cert.empty()) {
    x.http = std::make_unique<httplib::Server>();
  } else {
    x.http = std::make_unique<httplib::SSLServer>(cert.c_str(), key.c_str());
    x.scheme = "https://";
  }
  x.http->Post(".*", [&x](const httplib::Request& from, httplib::Response& to) {
    x.take(from, to);
  });
  x.port = x.http->bind_to_any_port("127.0.0.1");
  x.thread = std::thread{[&x] { x.http->listen_after_bind(); }};
  while (!x.http->is_running())
    std::this_thread::yield();
}

post_receiver::~post_receiver() {
  {
    const std::lock_guard guard{impl_->mutex};
    impl_->ending = true;
  }
  impl_->over.notify_all();
  impl_->http->stop();
  impl_->thread.join();
}

std::string post_receiver::url(const std::string& path) const {
  return impl_->scheme + "127.0.0.1:" + std::to_string(impl_->port) + path;
}

void post_receiver::will_answer(std::deque<post_answer> xs) {
  const std::lock_guard guard{impl_->mutex};
  impl_->answers = std::move(xs);
}

void post_receiver::hang() {
  const std::lock_guard guard{impl_->mutex};
  impl_->hangs = true;
}

std::vector<received_post> post_receiver::all() const {
  const std::lock_guard guard{impl_->mutex};
  return impl_->posts;
}

std::vector<received_post> post_receiver::wait_for(std::size_t count) const {
  REQUIRE(eventually([&] { return all().size() >= count; }));
  return all();
}

} // namespace stanchion::test
