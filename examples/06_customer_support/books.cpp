#include "books.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace customer_support {

books::books(std::filesystem::path file) : file_(std::move(file)) {
  auto in = std::ifstream{file_};
  for (auto line = std::string{}; std::getline(in, line);) {
    auto words = std::istringstream{line};
    auto x = entry{};
    if (words >> x.service >> x.of >> x.key >> x.cents
        && keys_.insert(x.key).second)
      entries_.push_back(std::move(x));
  }
}

bool books::add_once(const entry& x) {
  const std::lock_guard guard{mutex_};
  if (keys_.contains(x.key))
    return false;
  // One write: a process that dies leaves a whole line, or none.
  auto out = std::ofstream{file_, std::ios::app};
  out << x.service + " " + x.of + " " + x.key + " " + std::to_string(x.cents)
           + "\n";
  out.close();
  if (!out)
    throw std::runtime_error{"cannot write to " + file_.string()};
  keys_.insert(x.key);
  entries_.push_back(x);
  return true;
}

std::vector<entry> books::entries_of(std::string_view service) const {
  const std::lock_guard guard{mutex_};
  auto result = std::vector<entry>{};
  for (const auto& x : entries_)
    if (x.service == service)
      result.push_back(x);
  return result;
}

} // namespace customer_support
