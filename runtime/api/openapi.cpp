#include <stanchion/core/version.hpp>
#include <stanchion/runtime/api/openapi.hpp>
#include <stanchion/runtime/api/routes.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace stanchion {

namespace {

using nlohmann::json;

json text(std::string_view about) {
  return {{"type", "string"}, {"description", about}};
}

json count(std::string_view about) {
  return {{"type", "integer"}, {"minimum", 1}, {"description", about}};
}

/// What each parameter and member is; they mean the same wherever they stand.
const json& meanings() {
  static const auto all = json{
    {"state", text("Names of states, separated by commas; of a breaker: "
                   "isolated or closed.")},
    {"kind", text("The kind of the tickets.")},
    {"agent", text("The name of an agent.")},
    {"tool", text("The name of a tool.")},
    {"assignee", text("Whose the tickets are.")},
    {"cursor", text("`next_cursor` of the page before.")},
    {"limit", count("Most entries of a page, up to 1000.")},
    {"from",
     {{"type", "integer"},
      {"minimum", 0},
      {"description", "The first record to send."}}},
    {"until",
     {{"type", "string"},
      {"enum", {"settled", "ended"}},
      {"description", "How far the run is followed."}}},
    {"run", text("A run, by its id or the first 8 characters of it.")},
    {"after", text("The id of the last event that was heard.")},
    {"subject", text("What was changed.")},
    {"input", {{"description", "What the agent is given: any JSON."}}},
    {"budget",
     {{"type", "object"},
      {"description", "What the run may use up at most."},
      {"properties",
       {{"seconds", count("Time.")},
        {"steps", count("Steps.")},
        {"attempts", count("Attempts of calls.")},
        {"tokens", count("Tokens of models.")},
        {"cost", count("Millionths of money.")}}},
      {"additionalProperties", false}}},
    {"key", text("An idempotency key, as the header Idempotency-Key.")},
    {"submitter", text("Who asks; the token's name unless an admin says "
                       "otherwise.")},
    {"by", text("Who says so; the token's name unless an admin says "
                "otherwise.")},
    {"reason", text("Why.")},
    {"comment", text("Why.")},
    {"verb", text("One of the ticket's options.")},
    {"version", count("The version of the ticket that was looked at.")},
    {"payload", {{"description", "What the verb needs: any JSON."}}},
    {"mode",
     {{"type", "string"},
      {"enum", {"autonomous", "advisory", "stopped"}},
      {"description", "What the agent may do unattended."}}},
    {"lift",
     {{"type", "boolean"}, {"description", "True to let all go on again."}}},
    {"id", text("What tells this signal from others of its sender.")},
    {"content", {{"description", "What the signal says: any JSON."}}},
    {"name", text("What it is called; of a token, who uses it, too.")},
    {"role",
     {{"type", "string"},
      {"enum", {"viewer", "operator", "approver", "admin"}},
      {"description", "What it allows."}}},
    {"decides_as",
     {{"type", "array"},
      {"items", {{"type", "string"}}},
      {"description", "Roles that tickets may ask for."}}},
    {"at", text("The first step that is done anew. Without it: the one that a "
                "failed run failed of or that no longer fits the journal, else "
                "behind the last.")},
    {"agent_version", text("The version of the agent; that of the run unless "
                           "another one is named.")},
    {"dry_run",
     {{"type", "boolean"},
      {"description", "True to be told what would be, and change nothing."}}},
    {"older_than_s", count("Seconds for which a run must have been over.")},
    {"expires_in_s", count("Seconds until it expires.")},
  };
  return all;
}

json problem_reference() {
  return {{"$ref", "#/components/responses/Problem"}};
}

json header_parameter(const char* name) {
  return {{"$ref", std::string{"#/components/parameters/"} + name}};
}

json parameters_of(const api_route& route) {
  auto list = json::array();
  for (auto part : split(route.path, '/'))
    if (part.starts_with('{')) {
      part = part.substr(1, part.size() - 2);
      list.push_back({{"name", part},
                      {"in", "path"},
                      {"required", true},
                      {"schema", {{"type", "string"}}}});
    }
  for (const auto name : names_in(route.query))
    list.push_back({{"name", name},
                    {"in", "query"},
                    {"schema", meanings().at(std::string{name})}});
  if (route.id == "startRun" || route.id == "forkRun")
    list.push_back(header_parameter("IdempotencyKey"));
  if (route.id == "decideTicket")
    list.push_back(header_parameter("IfMatch"));
  if (route.id == "getRun" || route.id == "getTicket")
    list.push_back(header_parameter("IfNoneMatch"));
  if (route.id == "streamEvents")
    list.push_back(header_parameter("LastEventID"));
  return list;
}

json body_of(const api_route& route) {
  auto schema = json{{"type", "object"},
                     {"properties", json::object()},
                     {"additionalProperties", false}};
  for (const auto word : split(route.members, ',')) {
    const auto needed = word.ends_with('!');
    const auto name = std::string{word.substr(0, word.size() - needed)};
    schema["properties"][name] = meanings().at(name);
    if (needed)
      schema["required"].push_back(name);
  }
  return {{"required", schema.contains("required")},
          {"content", {{"application/json", {{"schema", schema}}}}}};
}

json operation_of(const api_route& route) {
  const auto streams = route.type != "application/json";
  auto to = json{{"operationId", route.id}, {"summary", route.about}};
  if (auto list = parameters_of(route); !list.empty())
    to["parameters"] = std::move(list);
  if (!route.members.empty())
    to["requestBody"] = body_of(route);
  to["responses"][std::to_string(route.status)]
    = {{"description", "Done."},
       {"content",
        {{std::string{route.type},
          {{"schema", {{"type", streams ? "string" : "object"}}}}}}}};
  to["responses"]["default"] = problem_reference();
  if (route.needs == access::anybody)
    to["security"] = json::array();
  else
    to["x-role"] = route.needs == access::viewer          ? "viewer"
                   : route.needs == access::operator_role ? "operator"
                   : route.needs == access::approver      ? "approver"
                                                          : "admin";
  return to;
}

json header(const char* name, const char* about) {
  return {{"name", name},
          {"in", "header"},
          {"schema", {{"type", "string"}}},
          {"description", about}};
}

json components() {
  auto problem
    = json{{"type", "object"},
           {"required", {"type", "title", "status", "code", "detail"}}};
  for (const auto* member : {"type", "title", "code", "detail", "request_id"})
    problem["properties"][member] = {{"type", "string"}};
  problem["properties"]["status"] = {{"type", "integer"}};
  auto to = json::object();
  to["schemas"]["Problem"] = problem;
  to["responses"]["Problem"]
    = {{"description", "What is wrong, as RFC 9457 has it; `code` is stable."},
       {"content",
        {{"application/problem+json",
          {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}};
  to["parameters"]["IdempotencyKey"] = header(
    "Idempotency-Key", "The same key and agent, the same run or fork.");
  to["parameters"]["IfMatch"]
    = header("If-Match", "The ETag of the ticket that was looked at.");
  to["parameters"]["IfNoneMatch"]
    = header("If-None-Match", "An ETag: 304 while it is the same.");
  to["parameters"]["LastEventID"]
    = header("Last-Event-ID", "The id of the last event that was heard.");
  to["securitySchemes"]["token"] = {{"type", "http"}, {"scheme", "bearer"}};
  return to;
}

} // namespace

json openapi_document() {
  auto doc = json{
    {"openapi", "3.1.0"},
    {"info",
     {{"title", "Stanchion operator API"},
      {"summary", "See, decide and mend what agents do."},
      {"version", version()},
      {"license", {{"name", "BSD 3-Clause"}, {"identifier", "BSD-3-Clause"}}}}},
    {"security", json::array({{{"token", json::array()}}})},
    {"components", components()}};
  for (const auto& route : api_routes())
    doc["paths"][std::string{route.path}][lower_case(route.method)]
      = operation_of(route);
  return doc;
}

} // namespace stanchion
