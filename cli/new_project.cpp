#include <stanchion/cli/new_project.hpp>
#include <stanchion/core/error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace stanchion {

namespace {

namespace fs = std::filesystem;

constexpr auto ignored = "/build/\n/stanchion-data/\n";

constexpr auto configuration_text = R"json({
  // What each member means: docs/configuration.md of Stanchion, or
  // `stanchion config schema`. `stanchion config check` says what is wrong.
  "models": {
    "clever": {
      // Answers as written here, so that the project runs without a network.
      // A real one: "provider": "openai", "url": "http://127.0.0.1:11434/v1",
      // "model": "llama3.2"; keys stand in the environment, never here.
      "provider": "scripted",
      "script": [
        {"when": "\"state\":", "say": "Your order 7 is on its way."},
        {"when": "order",
         "call": [{"tool": "orders.lookup", "arguments": {"id": "7"}}]},
        {"say": "I can only tell you about your orders."}
      ]
    }
  },
  "tools": {
    "orders.lookup": {
      "kind": "scripted",
      "description": "Says what has become of an order.",
      "effect": "read_only",
      "input": {
        "type": "object",
        "properties": {"id": {"type": "string"}},
        "required": ["id"],
        "additionalProperties": false
      },
      "answers": [{"give": {"state": "shipped"}}]
    }
  },
  "agents": {
    "support": {
      "model": "clever",
      "instructions": "You answer customers of a shop. Be brief.",
      "tools": ["orders.lookup"],
      "budget": {"deadline": "10min", "steps": 50}
    }
  }
}
)json";

constexpr auto configured_readme = R"md(# An agent without code

    stanchion config check stanchion.json
    stanchion run start support --config stanchion.json --input '"Where is my order 7?"'
    stanchion run list

The first command says that nothing is wrong, the second one prints `Your order 7 is on
its way.` among its steps, the third one lists the run: everything that it did is in
`stanchion-data/`.

    stanchion serve --config stanchion.json

drives runs and answers the operator API until a signal.
)md";

constexpr auto cmake_text = R"cmake(cmake_minimum_required(VERSION 3.25)
project(my_agents LANGUAGES CXX)

find_package(stanchion CONFIG REQUIRED)

add_executable(my_agents main.cpp)
target_link_libraries(my_agents PRIVATE stanchion::stanchion)
)cmake";

constexpr auto main_text = R"cpp(#include <stanchion/stanchion.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;

json lookup_order(const value& arguments, tool_context&) {
  return args("id", arguments["id"], "state", "shipped");
}

task<json> support(agent_context& ctx, value request) {
  auto order
    = co_await ctx.call("orders.lookup", args("id", request["order"]));
  co_return args("text", "Your order " + order["id"].as_string() + " is "
                           + order["state"].as_string() + ".");
}

int main(int argc, char** argv) {
  return command_line(argc, argv, [](runtime& rt) {
    rt.add(tool{"orders.lookup", effect::read_only, lookup_order}
             .input(any())
             .output(any()));
    rt.add(agent{"support", "1", support});
  });
}
)cpp";

constexpr auto cpp_readme = R"md(# Agents in C++

    cmake -B build
    cmake --build build
    build/my_agents run start support --input '{"order": "7"}'

The last command prints `{"text": "Your order 7 is shipped."}`; everything that the run
did is in `stanchion-data/`. The program has all verbs of the command `stanchion`:
`build/my_agents --help`.
)md";

[[noreturn]] void refuse(const fs::path& file, int why) {
  if (why == EEXIST)
    throw error{error_code::usage, file.string()
                                     + " is there already, and nothing is "
                                       "overwritten; name another folder"};
  throw error{error_code::store_io, file.string() + " cannot be written: "
                                      + std::generic_category().message(why)};
}

/// Never over a file that is there, also one that comes meanwhile.
void write_new(const fs::path& file, const std::string& text) {
  const auto fd
    = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0)
    refuse(file, errno);
  const auto written = ::write(fd, text.data(), text.size());
  const auto why = errno;
  if (::close(fd) != 0 || written != static_cast<ssize_t>(text.size()))
    refuse(file, written < 0 ? why : EIO);
}

} // namespace

std::vector<project_file> configured_project() {
  return {{"stanchion.json", configuration_text},
          {"README.md", configured_readme},
          {".gitignore", ignored}};
}

std::vector<project_file> cpp_project() {
  return {{"CMakeLists.txt", cmake_text},
          {"main.cpp", main_text},
          {"README.md", cpp_readme},
          {".gitignore", ignored}};
}

void write_project(const fs::path& folder,
                   const std::vector<project_file>& files) {
  auto failed = std::error_code{};
  fs::create_directories(folder, failed);
  if (failed)
    refuse(folder, failed.value());
  for (const auto& x : files)
    if (fs::exists(fs::symlink_status(folder / x.name, failed)))
      refuse(folder / x.name, EEXIST);
  for (const auto& x : files)
    write_new(folder / x.name, x.text);
}

} // namespace stanchion
