// A service with an HTTP server of its own, which runs its orders in a runtime.
//
// Shows:    a runtime in a program that has its own main, server and signals;
//           runs that handlers start under the customer's key; the operator API
//           beside the program's own routes; an orderly end; kill -9.
// Run:      ./dev example 08_embed_in_service [--port N] [--data-dir DIR]
// Expected: README.md, step by step

#include "orders.hpp"
#include "service.hpp"

#include <stanchion/stanchion.hpp>

#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr auto usage
  = "usage: 08_embed_in_service [--port N] [--data-dir DIR] "
    "[--provider-takes MS]\n"
    "       08_embed_in_service COMMAND ...   as stanchion COMMAND\n";

/// Nothing for words that are none of the service's.
std::optional<shop::service_options>
read_words(const std::vector<std::string>& words) try {
  auto to = shop::service_options{};
  for (auto i = std::size_t{0}; i < words.size(); i += 2) {
    if (words[i] == "--port")
      to.port = std::stoi(words.at(i + 1));
    else if (words[i] == "--data-dir")
      to.dir = words.at(i + 1);
    else if (words[i] == "--provider-takes")
      to.provider_takes = std::chrono::milliseconds{std::stoi(words.at(i + 1))};
    else
      return std::nullopt;
  }
  return to;
} catch (const std::logic_error&) {
  return std::nullopt; // a word is missing, or no number
}

sigset_t ends() {
  auto signals = sigset_t{};
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

/// For operators: tokens, tickets, `top`.
int operate(int argc, char** argv) {
  return stanchion::command_line(argc, argv, [](stanchion::runtime& rt) {
    const auto dir = rt.settings().data_dir;
    shop::add_orders(rt, std::make_shared<shop::provider>(
                           dir / "provider.txt", stanchion::duration{}));
  });
}

} // namespace

int main(int argc, char** argv) {
  if (argc > 1 && argv[1][0] != '-')
    return operate(argc, argv);
  const auto options = read_words({argv + 1, argv + argc});
  if (!options) {
    std::cerr << usage;
    return 2;
  }
  // Before any thread exists, so that all of them leave the signals to us.
  const auto signals = ends();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  try {
    const auto shop = shop::service{*options};
    std::cout << "orders are taken at http://127.0.0.1:" << shop.port()
              << "/orders" << std::endl;
    auto which = 0;
    sigwait(&signals, &which);
    std::cout << "closing" << std::endl;
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
