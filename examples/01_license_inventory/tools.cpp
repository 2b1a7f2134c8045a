#include "tools.hpp"

#include "document.hpp"
#include "extract.hpp"
#include "text.hpp"

#include <stanchion/core/failure.hpp>
#include <stanchion/core/schema.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace license_inventory {

using namespace stanchion;

namespace {

// -- paths as JSON: any bytes a file system allows, in valid UTF-8 ------------

json to_json_path(const document_ref& ref) {
  const auto& bytes = ref.path.native();
  return {{"package", ref.package},
          {"path", as_utf8(bytes)},
          {"latin1", !is_valid_utf8(bytes)}};
}

/// The inverse of `latin1_to_utf8`.
std::string utf8_to_latin1(std::string_view text) {
  auto bytes = std::string{};
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next
      = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    const auto wide = c >= 0xC0U;
    bytes += static_cast<char>(wide ? (c << 6U) | (next & 0x3FU) : c);
    i += wide ? 1 : 0;
  }
  return bytes;
}

document_ref ref_from(const value& x) {
  const auto& path = x["path"].as_string();
  return {.package = x["package"].as_string(),
          .path = x["latin1"].as_bool() ? utf8_to_latin1(path) : path};
}

// -- schemas ------------------------------------------------------------------

const json text_schema = {{"type", "string"}};

json object_schema(json properties) {
  auto required = json::array();
  for (const auto& x : properties.items())
    required.push_back(x.key());
  return {{"type", "object"},
          {"required", std::move(required)},
          {"properties", std::move(properties)}};
}

json place_schema() {
  return object_schema({{"package", text_schema},
                        {"path", text_schema},
                        {"latin1", {{"type", "boolean"}}}});
}

json document_schema() {
  return object_schema(
    {{"package", text_schema},
     {"source", text_schema},
     {"text", text_schema},
     {"latin1", {{"type", "boolean"}}},
     {"notes", {{"type", "array"}, {"items", text_schema}}}});
}

// -- faults as failures -------------------------------------------------------

[[noreturn]] void fail(failure_kind kind, const std::exception& e) {
  throw tool_error{kind, side_effect::none, e.what()};
}

failure_kind kind_of(document_fault x) {
  switch (x) {
  case document_fault::not_found:
    return failure_kind::not_found;
  case document_fault::not_readable:
    return failure_kind::permission_denied;
  default:
    return failure_kind::invalid_input;
  }
}

/// After any of them the write has not taken effect.
failure_kind kind_of(inventory_fault x) {
  switch (x) {
  case inventory_fault::busy:
    return failure_kind::overloaded;
  case inventory_fault::storage:
    return failure_kind::http_5xx; // may pass, as a server's trouble may
  case inventory_fault::key_reused:
    return failure_kind::conflict;
  default:
    return failure_kind::permission_denied;
  }
}

// -- the functions ------------------------------------------------------------

json list_documents(const value& args, tool_context&) {
  try {
    auto documents = json::array();
    for (const auto& x : find_documents(args["root"].as_string()))
      documents.push_back(to_json_path(x));
    return {{"documents", std::move(documents)}};
  } catch (const document_error& e) {
    fail(kind_of(e.fault()), e);
  }
}

json read(const value& args, tool_context&) {
  try {
    auto x = read_document(ref_from(args));
    return {{"package", std::move(x.package)},
            {"source", std::move(x.source)},
            {"text", std::move(x.text)},
            {"latin1", x.encoding == text_encoding::latin1},
            {"notes", std::move(x.notes)}};
  } catch (const document_error& e) {
    fail(kind_of(e.fault()), e);
  }
}

json extract_record(const value& args, tool_context&) {
  const auto latin1 = args["latin1"].as_bool();
  return extract(
    {.package = args["package"].as_string(),
     .source = args["source"].as_string(),
     .text = args["text"].as_string(),
     .encoding = latin1 ? text_encoding::latin1 : text_encoding::utf8,
     .notes = args["notes"].get().get<std::vector<std::string>>()});
}

/// The schema of its arguments is all there is to it.
json validate_record(const value&, tool_context&) {
  return json::object();
}

json write(const tool_settings& settings, const value& args,
           const tool_context& ctx) {
  try {
    auto receipt = settings.store->write(ctx.key, args.get().get<record>());
    if (settings.after_write)
      settings.after_write();
    return receipt;
  } catch (const inventory_error& e) {
    fail(kind_of(e.fault()), e);
  }
}

// -- policies -----------------------------------------------------------------

/// Retries and restarts come quickly and are many: what fails here heals at
/// once. A tool that speaks to a busy service keeps the defaults.
tool& hardened(tool& x, const tool_settings& settings) {
  const auto quick = backoff_options{.first = 20ms, .cap = 500ms};
  return x.timeout(settings.timeout)
    .retry({.max_attempts = 12, .backoff = quick})
    .breaker({.consecutive_failures = 12,
              .failure_rate = 0,
              .open_for = 100ms,
              .open_cap = 5s,
              .probe_lease = 3s})
    .restarts(250, 60s)
    .restart_backoff({.first = 5ms, .cap = 200ms});
}

} // namespace

void add_tools(runtime& rt, const tool_settings& settings) {
  const auto record_document = schema{record_schema()};
  rt.add(
    tool{"documents.list", effect::read_only, list_documents}
      .input(schema{object_schema({{"root", text_schema}})})
      .output(schema{object_schema(
        {{"documents", {{"type", "array"}, {"items", place_schema()}}}})}));
  auto reader = tool{"documents.read", effect::read_only,
                     with_faults(read, settings.faults)}
                  .input(schema{place_schema()})
                  .output(schema{document_schema()});
  rt.add(hardened(reader, settings));
  auto extractor = tool{"licences.extract", effect::read_only,
                        with_faults(extract_record, settings.faults)}
                     .input(schema{document_schema()})
                     .output(any());
  rt.add(hardened(extractor, settings));
  rt.add(tool{"record.validate", effect::read_only, validate_record}
           .input(record_document)
           .output(any())
           .run_inline());
  const auto writes = [settings](const value& args, tool_context& ctx) {
    return write(settings, args, ctx);
  };
  auto writer = tool{"inventory.write", effect::idempotent,
                     with_faults(writes, settings.faults)}
                  .input(record_document)
                  .output(any());
  rt.add(hardened(writer, settings));
}

} // namespace license_inventory
