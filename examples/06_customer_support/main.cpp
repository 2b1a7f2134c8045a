// A shop's mail, answered unattended where the agent is sure and little is at
// stake; people see the rest before it leaves.
//
// Shows:    a confidence below which the agent only proposes; approval of
//           large refunds; a classifier that hangs and a simpler one in its
//           place; a person who approves, edits and rejects over HTTP; mails
//           that give orders to the program, in vain.
// Run:      ./dev example 06_customer_support
//           ./dev example 06_customer_support --no-operator
// Expected: expected.txt; README.md explains it

#include "agents.hpp"
#include "operator.hpp"
#include "report.hpp"
#include "tools.hpp"

#include <stanchion/runtime/api/http_client.hpp>
#include <stanchion/runtime/api/owner_operations.hpp>
#include <stanchion/runtime/api/server.hpp>
#include <stanchion/stanchion.hpp>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace customer_support;
using namespace stanchion;

namespace {

/// Submits each mail once, however often the program is started.
std::vector<run_id> submit_all(runtime& rt, const case_file& x) {
  auto ids = std::vector<run_id>{};
  for (const auto& mail : x.cases)
    ids.push_back(rt.submit({.agent = "support",
                             .input = request_of(mail),
                             .key = mail.id,
                             .submitter = "the mail form"})
                    .id);
  return ids;
}

/// Ann at her desk: the operator API of this program on a port of this machine,
/// and a token that lets her decide.
class desk {
public:
  desk(runtime& rt, const std::filesystem::path& dir)
    : work_(make_owner_operations(rt)),
      server_(work_, dir / "tokens.json", {.listen = "127.0.0.1:0"}),
      http_({.url = server_.url(), .token = token_for("ann")}) {
    // nop
  }

  http_client& http() {
    return http_;
  }

private:
  std::string token_for(const char* who) {
    return work_->create_token({{"name", who}, {"role", "approver"}})
      .at("secret")
      .get<std::string>();
  }

  std::shared_ptr<operations> work_;
  api_server server_;
  http_client http_;
};

/// Lets everything end, or come to where only a person gets it further: `ann`,
/// if there is one.
void work(const std::filesystem::path& dir, const clerk* ann) {
  const auto mails = read_cases(data_file("cases.json"));
  const auto s = std::make_shared<shop>(dir);
  auto rt = runtime{config{.data_dir = dir}};
  add_tools(rt, s);
  add_agent(rt);
  rt.start();
  auto at = std::optional<desk>{};
  if (ann != nullptr)
    at.emplace(rt, dir);
  for (const auto& id : submit_all(rt, mails)) {
    auto row = rt.wait(id);
    while (ann != nullptr && !is_terminal(row.state)) {
      ann->attend(at->http());
      row = rt.wait(id);
    }
  }
  const auto all = look_back(rt, mails);
  print_report(std::cout, all, s->written);
  if (const auto n = open_tickets(all); n != 0)
    std::cout << n << " tickets wait for you. Decide some:\n"
              << "    06_customer_support top\n"
              << "and start this again: what you decided is done then.\n";
  rt.stop();
}

void work_with_ann() {
  auto name
    = (std::filesystem::temp_directory_path() / "support-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::runtime_error{"no directory could be made in " + name};
  const auto dir = std::filesystem::path{name};
  const auto ann = clerk{read_cases(data_file("cases.json"))};
  try {
    work(dir, &ann);
  } catch (...) {
    std::filesystem::remove_all(dir);
    throw;
  }
  std::filesystem::remove_all(dir);
}

} // namespace

int main(int argc, char** argv) {
  const auto word = std::string_view{argc > 1 ? argv[1] : ""};
  if (argc > 2 || (argc == 2 && word != "--no-operator"))
    return command_line(argc, argv, [](runtime& rt) {
      add_tools(rt, std::make_shared<shop>(rt.settings().data_dir));
      add_agent(rt);
    });
  try {
    if (word.empty())
      work_with_ann();
    else
      work(config{}.data_dir, nullptr);
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
