#include <stanchion/runtime/configuration/parts.hpp>
#include <stanchion/runtime/configuration/policies.hpp>
#include <stanchion/runtime/configuration/tool_kinds.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion::configuring {

namespace {

void read(object_reader& x, tool_declaration& to) {
  x.field({"description", "What it is for: models choose by it."},
          to.description, prose());
  x.require({"effect", "What a call may change, and what may be repeated."},
            to.effect_class,
            one_of({effect::read_only, effect::idempotent, effect::once}));
  x.require({"input", "What arguments must look like."}, to.input,
            json_schema());
  x.field({"output", "What results must look like."}, to.output, json_schema());
}

schema schema_of(const value& x) {
  return x.is_object() ? schema{x.get()} : any();
}

} // namespace

void read_tool(const std::string& name, object_reader& x, parts& to) {
  auto declared = tool_declaration{.name = name};
  auto policies = tool_policies{};
  read(x, declared);
  read(x, policies);
  auto make = tool_maker{};
  auto kinds = std::vector<object_reader::alternative>{};
  for (const auto& kind : tool_kinds())
    kinds.push_back({kind.name, kind.about, [&make, &kind](object_reader& in) {
                       make = kind.read(in);
                     }});
  x.variant({"kind", "What it does its work with."}, kinds);
  auto made = tool_part{};
  made.name = name;
  made.where = place_of(x);
  made.tools = needed_by(policies, x);
  made.make = [declared, policies, make] {
    auto done = make(declared);
    done.description(declared.description)
      .input(schema_of(declared.input))
      .output(schema_of(declared.output));
    apply(policies, done);
    done.validate();
    return done;
  };
  to.tools.push_back(std::move(made));
}

} // namespace stanchion::configuring
