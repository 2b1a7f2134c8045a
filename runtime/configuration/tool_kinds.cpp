#include <stanchion/runtime/configuration/script.hpp>
#include <stanchion/runtime/configuration/tool_kinds.hpp>

#include <utility>

namespace stanchion::configuring {

namespace {

tool_maker read_scripted(object_reader& x) {
  auto answers = std::vector<script_result>{};
  x.list({"answers", "Its answers; the first that fits the arguments counts."},
         [&](object_reader& in) {
           auto one = script_result{};
           read(in, one);
           answers.push_back(std::move(one));
         });
  return [answers = std::move(answers)](const tool_declaration& of) {
    return tool{of.name, of.effect_class, play(answers)};
  };
}

} // namespace

const std::vector<tool_kind>& tool_kinds() {
  static const auto all = std::vector<tool_kind>{
    {"scripted", "Answers as it is written down: for tests and demos.",
     read_scripted},
  };
  return all;
}

} // namespace stanchion::configuring
