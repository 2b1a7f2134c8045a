#include <stanchion/core/json_text.hpp>
#include <stanchion/runtime/testing/detail/workers.hpp>

#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

namespace stanchion::detail {

namespace {

constexpr auto most_workers = std::size_t{256};

/// What the processes share.
struct shared_state {
  std::atomic<std::uint64_t> next;
  std::atomic<std::uint64_t> at[most_workers]; // NOLINT(*-avoid-c-arrays)
};

[[noreturn]] void refuse(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

class shared_memory {
public:
  explicit shared_memory(std::uint64_t first)
    : place_(::mmap(nullptr, sizeof(shared_state), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (place_ == MAP_FAILED)
      refuse("mmap");
    state_ = new (place_) shared_state{};
    state_->next = first;
  }
  shared_memory(const shared_memory&) = delete;
  shared_memory& operator=(const shared_memory&) = delete;
  ~shared_memory() {
    ::munmap(place_, sizeof(shared_state));
  }
  [[nodiscard]] shared_state& state() const {
    return *state_;
  }

private:
  void* place_;
  shared_state* state_ = nullptr;
};

class shared_numbers final : public numbers {
public:
  shared_numbers(shared_state& s, std::size_t worker, std::uint64_t last)
    : state_(s), worker_(worker), last_(last) {
    // nop
  }
  [[nodiscard]] std::uint64_t next() override {
    const auto x = state_.next++;
    state_.at[worker_] = x;
    return x <= last_ ? x : 0;
  }

private:
  shared_state& state_;
  std::size_t worker_;
  std::uint64_t last_;
};

void write_all(int to, const std::string& text) {
  auto done = std::size_t{0};
  while (done < text.size()) {
    const auto n = ::write(to, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return;
    done += static_cast<std::size_t>(n);
  }
}

std::string read_all(int from) {
  auto text = std::string{};
  auto part = std::string(std::size_t{1} << 16U, '\0');
  for (;;) {
    const auto n = ::read(from, part.data(), part.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return text;
    text.append(part, 0, static_cast<std::size_t>(n));
  }
}

/// Never returns: what the parent has begun is not to be ended twice.
[[noreturn]] void be_worker(int to, numbers& share,
                            const std::function<json(numbers&)>& work) {
  auto doc = json{};
  try {
    doc = {{"counted", work(share)}};
  } catch (const std::exception& e) {
    doc = {{"threw", e.what()}};
  }
  write_all(to, json_text(doc));
  ::close(to);
  std::_Exit(0);
}

struct worker {
  ::pid_t pid = 0;
  int from = -1;
};

worker start(shared_state& s, std::size_t i, std::uint64_t last,
             const std::function<json(numbers&)>& work) {
  int ends[2]; // NOLINT(*-avoid-c-arrays)
  if (::pipe(ends) != 0)
    refuse("pipe");
  const auto pid = ::fork();
  if (pid < 0)
    refuse("fork");
  if (pid == 0) {
    ::close(ends[0]);
    auto share = shared_numbers{s, i, last};
    be_worker(ends[1], share, work);
  }
  ::close(ends[1]);
  return {pid, ends[0]};
}

worker_end finish(const worker& w, const std::atomic<std::uint64_t>& at) {
  const auto text = read_all(w.from);
  ::close(w.from);
  auto status = 0;
  while (::waitpid(w.pid, &status, 0) < 0 && errno == EINTR) {
    // nop
  }
  auto doc = json::parse(text, nullptr, false);
  if (doc.is_object() && doc.contains("counted"))
    return {std::make_shared<const json>(std::move(doc["counted"])), 0, 0};
  if (doc.is_object() && doc.contains("threw"))
    throw std::runtime_error{doc["threw"].get<std::string>()};
  return {nullptr, at, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

} // namespace

std::vector<worker_end>
in_processes(std::size_t count, std::uint64_t first, std::uint64_t last,
             const std::function<json(numbers&)>& work) {
  const auto memory = shared_memory{first};
  std::fflush(nullptr); // or each of them would print it again
  auto workers = std::vector<worker>{};
  for (auto i = std::size_t{0}; i < std::min(count, most_workers); ++i)
    workers.push_back(start(memory.state(), i, last, work));
  auto ends = std::vector<worker_end>{};
  for (auto i = std::size_t{0}; i < workers.size(); ++i)
    ends.push_back(finish(workers[i], memory.state().at[i]));
  return ends;
}

} // namespace stanchion::detail
