#include <stanchion/core/error.hpp>
#include <stanchion/runtime/detail/require.hpp>
#include <stanchion/runtime/mcp_server.hpp>

#include <algorithm>

namespace stanchion {

mcp_server::mcp_server(std::string name, mcp_stdio_options how)
  : name_(std::move(name)), how_(std::move(how)) {
  if (name_.empty() || name_.find_first_of(". /") != std::string::npos)
    throw error{error_code::invalid_spec,
                "mcp server \"" + name_
                  + "\": a name is a word without dots, for its tools are "
                    "named <server>.<tool>"};
  if (how_.process.argv.empty() || how_.process.argv.front().empty())
    throw error{error_code::invalid_spec,
                "mcp server " + name_
                  + ": argv: names no program; put its name first"};
}

bool mcp_server::uses(std::string_view tool) const {
  return !only_ || std::ranges::find(*only_, tool) != only_->end();
}

tool mcp_server::make_tool(const mcp_tool& x, tool_worker worker,
                           std::vector<std::string>& ignored) const {
  auto kind = trusted_ ? stanchion::effect_of(x.hints) : effect::once;
  if (const auto known = effects_.find(x.name); known != effects_.end())
    kind = known->second;
  auto made = tool{full_name(x.name), kind, std::move(worker)};
  auto input = schema_of(x.input);
  auto output = x.output ? schema_of(*x.output) : mcp_schema{};
  for (auto& pointer : input.ignored)
    ignored.push_back("inputSchema" + pointer);
  for (auto& pointer : output.ignored)
    ignored.push_back("outputSchema" + pointer);
  made.input(std::move(input.use)).output(std::move(output.use));
  made.description(x.description.empty() ? x.title : x.description);
  if (shape_)
    shape_(made);
  return made;
}

std::shared_ptr<mcp_client>
mcp_server::connect(const std::shared_ptr<poll_loop>& loop,
                    mcp_client_listener to) const {
  return std::make_shared<mcp_client>(
    loop,
    mcp_client_options{
      .session = session_,
      .connect =
        [how = how_](poll_loop& on, mcp_transport_listener hears) {
          return make_stdio_transport(how, on, std::move(hears));
        }},
    std::move(to));
}

} // namespace stanchion
