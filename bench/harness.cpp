#include "bench/harness.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace stanchion::bench {

namespace {

namespace fs = std::filesystem;

constexpr auto limit = std::chrono::minutes{15};

/// A directory that goes with the object.
class scratch {
public:
  explicit scratch(const fs::path& below) {
    auto name = (below / "bench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw std::system_error{errno, std::generic_category(), name};
    path = name;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    auto ignored = std::error_code{};
    fs::remove_all(path, ignored);
  }

  fs::path path;
};

struct result {
  const bench::row* of = nullptr;
  figures medians;
  std::vector<double> product;
  std::vector<double> floor;
  std::string trouble; ///< empty if there was none
};

double measure_once(const measure& x, const options& opts,
                    const fs::path& base) {
  const auto own = scratch{opts.dir};
  if (!base.empty())
    fs::copy(base, own.path, fs::copy_options::recursive);
  const auto size = scale{opts.quick, own.path};
  return isolated([&] { return x(size); }, limit);
}

result measure_row(const bench::row& r, const options& opts, double probe) {
  auto x = result{.of = &r};
  x.medians.probe = probe;
  try {
    const auto base = scratch{opts.dir};
    if (r.prepare)
      static_cast<void>(isolated(
        [&] {
          r.prepare({opts.quick, base.path});
          return 0.0;
        },
        limit));
    const auto from = r.prepare ? base.path : fs::path{};
    const auto rounds = opts.quick || opts.profile ? 1 : r.rounds;
    const auto with_floor = r.floor && !opts.profile;
    for (auto i = 0; i < rounds; ++i) {
      x.product.push_back(measure_once(r.product, opts, from));
      if (with_floor)
        x.floor.push_back(measure_once(r.floor, opts, from));
    }
    x.medians.product = quantile(x.product, 0.5);
    if (with_floor)
      x.medians.floor = quantile(x.floor, 0.5);
  } catch (const std::exception& e) {
    x.trouble = e.what();
  }
  return x;
}

std::string number(double x) {
  auto text = std::array<char, 64>{};
  const auto digits = std::abs(x) >= 100 ? 0 : std::abs(x) >= 1 ? 1 : 3;
  std::snprintf(text.data(), text.size(), "%.*f", digits, x);
  auto s = std::string{text.data()};
  const auto point = s.find('.');
  auto i = point == std::string::npos ? s.size() : point;
  const auto first = std::size_t{x < 0 ? 1U : 0U};
  for (; i > first + 3; i -= 3)
    s.insert(i - 3, ",");
  return s;
}

bool met(const result& x) {
  return x.trouble.empty() && x.of->met(x.medians);
}

void print_heading() {
  std::printf("| %-52s | %12s | %12s | %7s | %-28s | %-4s |\n", "row",
              "product", "floor", "ratio", "target", "met");
  std::printf("|---|---|---|---|---|---|\n");
  std::fflush(stdout);
}

void print(const result& x) {
  const auto& r = *x.of;
  const auto title = r.title + ", " + r.unit;
  if (!x.trouble.empty()) {
    std::printf("| %-52s | could not be measured: %s |\n", title.c_str(),
                x.trouble.c_str());
  } else {
    const auto floor = x.medians.floor ? number(*x.medians.floor) : "";
    const auto ratio = x.medians.floor ? number(x.medians.ratio()) : "";
    std::printf("| %-52s | %12s | %12s | %7s | %-28s | %-4s |\n", title.c_str(),
                number(x.medians.product).c_str(), floor.c_str(), ratio.c_str(),
                r.target.c_str(), met(x) ? "yes" : "no");
  }
  std::fflush(stdout);
}

nlohmann::json to_json(const result& x) {
  const auto& r = *x.of;
  auto j = nlohmann::json{{"name", r.name},       {"title", r.title},
                          {"unit", r.unit},       {"target", r.target},
                          {"product", x.product}, {"floor", x.floor}};
  if (!x.trouble.empty()) {
    j["trouble"] = x.trouble;
    return j;
  }
  j["product_median"] = x.medians.product;
  if (x.medians.floor) {
    j["floor_median"] = *x.medians.floor;
    j["ratio"] = x.medians.ratio();
  }
  j["met"] = met(x);
  return j;
}

/// Reads until the other end is closed. False when that took too long.
bool read_all(int fd, std::string& to, std::chrono::seconds longest) {
  const auto until = clock::now() + longest;
  for (auto buffer = std::array<char, 4096>{};;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      until - clock::now());
    auto poller = pollfd{fd, POLLIN, 0};
    if (left.count() <= 0)
      return false;
    if (poll(&poller, 1, static_cast<int>(left.count())) <= 0)
      continue;
    const auto n = read(fd, buffer.data(), buffer.size());
    if (n <= 0)
      return true;
    to.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

[[noreturn]] void answer(int fd, const std::function<double()>& body) {
  auto text = std::string{};
  try {
    text = "=" + nlohmann::json(body()).dump();
  } catch (const std::exception& e) {
    text = e.what();
  } catch (...) {
    text = "an unknown exception";
  }
  static_cast<void>(!write(fd, text.data(), text.size()));
  // Threads that hang must not keep the process.
  _exit(0);
}

} // namespace

double isolated(const std::function<double()>& body,
                std::chrono::seconds longest) {
  auto ends = std::array<int, 2>{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::system_error{errno, std::generic_category(), "pipe"};
  std::fflush(nullptr);
  const auto child = fork();
  if (child < 0)
    throw std::system_error{errno, std::generic_category(), "fork"};
  if (child == 0) {
    close(ends[0]);
    answer(ends[1], body);
  }
  close(ends[1]);
  auto text = std::string{};
  const auto in_time = read_all(ends[0], text, longest);
  close(ends[0]);
  if (!in_time)
    kill(child, SIGKILL);
  auto status = 0;
  waitpid(child, &status, 0);
  if (!in_time)
    throw std::runtime_error{"it hangs"};
  if (WIFSIGNALED(status))
    throw std::runtime_error{"it died of signal "
                             + std::to_string(WTERMSIG(status))};
  if (text.empty() || text.front() != '=')
    throw std::runtime_error{text.empty() ? "it said nothing" : text};
  return std::stod(text.substr(1));
}

int run(const std::vector<row>& rows, const options& x) {
  const auto chosen = [&](const row& r) {
    return x.rows.empty()
           || std::find(x.rows.begin(), x.rows.end(), r.name) != x.rows.end();
  };
  const auto probe = probe_disk(x.dir, x.quick);
  std::printf("%u cores; %s fdatasync/s of 4 KiB%s\n\n",
              std::thread::hardware_concurrency(), number(probe).c_str(),
              x.quick ? "; quick: sizes are too small to judge by" : "");
  print_heading();
  auto troubles = 0;
  auto document = nlohmann::json{{"cores", std::thread::hardware_concurrency()},
                                 {"fdatasync_per_second", probe},
                                 {"quick", x.quick},
                                 {"rows", nlohmann::json::array()}};
  for (const auto& r : rows) {
    if (!chosen(r))
      continue;
    const auto measured = measure_row(r, x, probe_disk(x.dir, x.quick));
    print(measured);
    troubles += measured.trouble.empty() ? 0 : 1;
    document["rows"].push_back(to_json(measured));
  }
  if (!x.json.empty())
    std::ofstream{x.json} << document.dump(2) << '\n';
  return troubles;
}

double seconds_since(clock::time_point begin) {
  return std::chrono::duration<double>(clock::now() - begin).count();
}

double quantile(std::vector<double> xs, double part) {
  if (xs.empty())
    return 0;
  std::sort(xs.begin(), xs.end());
  const auto last = static_cast<double>(xs.size() - 1);
  return xs[static_cast<std::size_t>(std::lround(last * part))];
}

double probe_disk(const fs::path& dir, bool quick) {
  const auto own = scratch{dir};
  const auto path = (own.path / "probe").string();
  const auto fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    throw std::system_error{errno, std::generic_category(), path};
  constexpr auto pages = 256;
  auto page = std::array<char, 4096>{};
  for (auto i = 0; i < pages; ++i)
    static_cast<void>(!write(fd, page.data(), page.size()));
  fsync(fd);
  const auto most = quick ? 50 : 2'000;
  constexpr auto longest = 1.0; // second: some disks do a hundred
  const auto begin = clock::now();
  auto count = 0;
  for (; count < most && seconds_since(begin) < longest; ++count) {
    const auto i = count;
    page.fill(static_cast<char>(i));
    static_cast<void>(!pwrite(fd, page.data(), page.size(),
                              off_t{i % pages} * off_t{sizeof(page)}));
    fdatasync(fd);
  }
  const auto rate = count / seconds_since(begin);
  close(fd);
  return rate;
}

double resident_bytes() {
  auto in = std::ifstream{"/proc/self/statm"};
  auto total = 0.0;
  auto resident = 0.0;
  in >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

} // namespace stanchion::bench
