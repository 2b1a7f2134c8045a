#include <stanchion/core/defaults.hpp>
#include <stanchion/runtime/configuration/parts.hpp>
#include <stanchion/runtime/configuration/policies.hpp>
#include <stanchion/runtime/configuration/script.hpp>
#include <stanchion/runtime/model.hpp>

#include <nlohmann/json.hpp>

#include <limits>
#include <utility>

namespace stanchion::configuring {

namespace {

void read(object_reader& x, model_price& to) {
  const auto amount = natural(0, 1'000'000'000'000);
  x.field({"input", "For a million tokens of what is asked, in millionths of "
                    "the unit of money."},
          to.input, amount);
  x.field({"output", "The same for answers."}, to.output, amount);
  x.field({"cached", "The same for what the provider had kept."}, to.cached,
          amount);
}

void read(object_reader& x, model_settings& to) {
  x.require({"url", "What comes before /chat/completions or /messages."},
            to.url, name());
  x.require({"model", "The provider's name for it."}, to.model, name());
  x.field({"key", "Where its key is."}, to.key, credential());
  auto headers = std::vector<std::pair<std::string, std::string>>{};
  x.field({"headers", "Headers beside those that the provider needs."}, headers,
          texts());
  for (auto& [name, text] : headers)
    to.headers.emplace_back(std::move(name), std::move(text));
  x.field({"max_tokens", "Tokens of an answer where nobody says."},
          to.max_tokens, whole(1U));
  x.field({"old_max_tokens", "For servers that know no "
                             "max_completion_tokens."},
          to.old_max_tokens, flag());
  x.field({"streamed", "Asks for answers bit by bit."}, to.streamed, flag());
  x.field(
    {"safe_to_repeat", "An answer that broke off may be asked for again."},
    to.safe_to_repeat, flag());
  x.section({"price", "What it costs."},
            [&](object_reader& in) { read(in, to.price); });
  x.field({"ca", "Whom to believe beside whom the system believes (PEM)."},
          to.ca, path());
  x.field({"insecure_non_loopback", "Lets words and keys go to other machines "
                                    "without TLS."},
          to.insecure_non_loopback, flag());
}

using model_maker = std::function<tool(const std::string& name)>;

object_reader::alternative
over_http(model_maker& make, const char* provider, const char* about,
          tool (*made)(std::string, const model_settings&)) {
  return {provider, about, [&make, made](object_reader& x) {
            auto settings = model_settings{};
            read(x, settings);
            make = [made, settings](const std::string& name) {
              return made(name, settings);
            };
          }};
}

object_reader::alternative scripted(model_maker& make) {
  return {"scripted", "Answers as it is written down: for tests and demos.",
          [&make](object_reader& x) {
            auto lines = std::vector<script_line>{};
            x.list({"script", "Its answers; the first that fits what was said "
                              "last counts."},
                   [&](object_reader& in) {
                     auto line = script_line{};
                     read(in, line);
                     lines.push_back(std::move(line));
                   });
            make = [lines](const std::string& name) {
              return scripted_model(name, play(lines));
            };
          }};
}

} // namespace

void read_model(const std::string& name, object_reader& x, parts& to) {
  auto policies = tool_policies{.timeout = defaults::model_timeout};
  auto about = std::string{};
  x.field({"description", "What it is for, for people."}, about, text());
  read(x, policies);
  auto make = model_maker{};
  x.variant({"provider", "Who answers."},
            {over_http(make, "openai",
                       "Speaks OpenAI's chat/completions, as Ollama, "
                       "llama.cpp, vLLM and others do.",
                       openai_model),
             over_http(make, "anthropic", "Speaks Anthropic's messages.",
                       anthropic_model),
             scripted(make)});
  auto made = tool_part{};
  made.name = name;
  made.where = place_of(x);
  made.model = true;
  made.tools = needed_by(policies, x);
  made.make = [name, about, policies, make] {
    auto done = make(name);
    done.description(about);
    apply(policies, done);
    done.validate();
    return done;
  };
  to.tools.push_back(std::move(made));
}

} // namespace stanchion::configuring
