#include "ledger.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

namespace payments {

namespace {

class descriptor {
public:
  explicit descriptor(const std::filesystem::path& file)
    : fd_(
        ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd_ < 0)
      throw std::system_error{errno, std::generic_category(), file.string()};
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    ::close(fd_); // which ends a lock, too
  }

  [[nodiscard]] int get() const {
    return fd_;
  }

private:
  int fd_;
};

struct entry {
  std::string service;
  int order = 0;
  std::string key;
};

template <class F>
void each_entry(const std::filesystem::path& file, F&& f) {
  auto in = std::ifstream{file};
  for (auto line = std::string{}; std::getline(in, line);) {
    auto words = std::istringstream{line};
    auto x = entry{};
    if (words >> x.service >> x.order >> x.key)
      f(x);
  }
}

} // namespace

void ledger::add(const std::string& service, int order,
                 const std::string& key) const {
  const auto line = service + " " + std::to_string(order) + " " + key + "\n";
  const auto file = descriptor{file_};
  // One write: a process that dies leaves a whole line, or none.
  if (::write(file.get(), line.data(), line.size())
      != static_cast<ssize_t>(line.size()))
    throw std::system_error{errno, std::generic_category(), file_.string()};
}

bool ledger::add_once(const std::string& service, int order,
                      const std::string& key) const {
  const auto lock = descriptor{file_.string() + ".lock"};
  if (::flock(lock.get(), LOCK_EX) != 0)
    throw std::system_error{errno, std::generic_category(), file_.string()};
  if (has(service, key))
    return false;
  add(service, order, key);
  return true;
}

bool ledger::has(const std::string& service, const std::string& key) const {
  auto found = false;
  each_entry(file_, [&](const entry& x) {
    found = found || (x.service == service && x.key == key);
  });
  return found;
}

std::map<int, int> ledger::orders(const std::string& service) const {
  auto all = std::map<int, int>{};
  each_entry(file_, [&](const entry& x) {
    if (x.service == service)
      ++all[x.order];
  });
  return all;
}

int ledger::size() const {
  auto n = 0;
  each_entry(file_, [&n](const entry&) { ++n; });
  return n;
}

} // namespace payments
