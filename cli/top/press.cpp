#include <stanchion/actors/desk/decision.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/ticket_text.hpp>
#include <stanchion/cli/top/cells.hpp>
#include <stanchion/cli/top/view.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::top {

namespace {

pressed only(view v) {
  return {std::move(v), {}};
}

pressed say(view v, std::string text) {
  v.said = std::move(text);
  v.said_badly = true;
  return only(std::move(v));
}

// -- what a person types ------------------------------------------------------

std::u32string from_utf8(std::string_view text) {
  auto to = std::u32string{};
  while (!text.empty()) {
    const auto c = first_character(text);
    to += c.code;
    text.remove_prefix(c.bytes);
  }
  return to;
}

std::string to_utf8(const std::u32string& text) {
  auto to = std::string{};
  for (const auto c : text)
    append_utf8(to, c);
  return to;
}

/// The question that is asked now, with what is offered as its answer.
void open_question(draft& x) {
  x.typed = from_utf8(x.questions[x.at].offer);
  x.cursor = x.typed.size();
  x.problem.clear();
}

draft ask(order of, std::vector<question> questions) {
  auto to = draft{.order = std::move(of), .questions = std::move(questions)};
  open_question(to);
  return to;
}

/// What is wrong with an answer; empty for nothing. Puts it into the request.
std::string take_answer(draft& x) {
  const auto& asked = x.questions[x.at];
  const auto text = to_utf8(x.typed);
  if (text.empty())
    return asked.needed ? "it is needed" : "";
  const auto known = std::find(asked.words.begin(), asked.words.end(), text);
  if (asked.wants == answer_kind::word && known == asked.words.end())
    return "type " + asked.words.front() + ", or Escape to leave it";
  if (asked.wants == answer_kind::choice && known == asked.words.end())
    return "it is none of them";
  if (asked.key.empty())
    return {};
  if (asked.wants != answer_kind::json_text) {
    x.order.request[asked.key] = text;
    return {};
  }
  try {
    x.order.request[asked.key] = parse_json(text).get();
    return {};
  } catch (const error& e) {
    return std::string{detail_of(e)};
  }
}

void edit_line(draft& x, key k) {
  const auto at
    = x.typed.begin() + static_cast<std::u32string::difference_type>(x.cursor);
  switch (k.name) {
  case key_name::character:
    x.typed.insert(at, k.code);
    ++x.cursor;
    break;
  case key_name::backspace:
    if (x.cursor != 0)
      x.typed.erase(--x.cursor, 1);
    break;
  case key_name::remove:
    if (x.cursor != x.typed.size())
      x.typed.erase(at);
    break;
  case key_name::left:
    x.cursor -= x.cursor == 0 ? 0 : 1;
    break;
  case key_name::right:
    x.cursor += x.cursor == x.typed.size() ? 0 : 1;
    break;
  case key_name::home:
    x.cursor = 0;
    break;
  case key_name::end:
    x.cursor = x.typed.size();
    break;
  default:
    break;
  }
}

// -- orders that take questions -----------------------------------------------

question reason(bool needed) {
  return {.text = needed ? "why" : "why (may be empty)",
          .key = "reason",
          .needed = needed};
}

question confirm(std::string text) {
  return {.text = std::move(text), .key = {}, .wants = answer_kind::yes};
}

/// What stands in the line already when a payload is asked for.
std::string offered(const view& v, const json& ticket,
                    const std::string& said) {
  if (v.refused && v.refused->id == text_of(ticket, "id")
      && v.refused->request.value("verb", "") == said
      && v.refused->request.contains("payload"))
    return compact(v.refused->request.at("payload"));
  const auto arguments = arguments_of(ticket);
  return said == "edit" && !arguments.is_null() ? compact(arguments) : "";
}

question payload_question(const view& v, const json& ticket,
                          const std::string& said, payload_kind wants) {
  const auto* what = wants == payload_kind::object   ? "the arguments, as JSON"
                     : wants == payload_kind::person ? "whose it is, \"ann\""
                     : wants == payload_kind::extension
                       ? "by how much, such as {\"seconds\": 600}"
                       : "the value, as JSON";
  return {.text = said + ": " + what,
          .key = "payload",
          .wants = answer_kind::json_text,
          .needed = wants != payload_kind::extension,
          .offer = offered(v, ticket, said)};
}

/// About the version that is looked at.
draft decision(const view& v, const json& ticket, const std::string& said) {
  auto to = order{.what = order_kind::decide, .id = text_of(ticket, "id")};
  to.request = {{"verb", said}, {"version", ticket.value("version", 1U)}};
  auto questions = std::vector<question>{};
  const auto wants = payload_of(parse_verb(said).value_or(verb::abort));
  if (wants != payload_kind::none)
    questions.push_back(payload_question(v, ticket, said, wants));
  questions.push_back(
    {.text = said + ": a comment (may be empty)", .key = "comment"});
  questions.push_back(confirm(said + " " + to.id + ", version "
                              + text_of(ticket, "version") + "?"));
  return ask(std::move(to), std::move(questions));
}

draft choice_of_verb(const json& ticket) {
  auto asked = question{.text = "one of " + options_text(ticket) + ", reassign",
                        .key = "verb",
                        .wants = answer_kind::choice,
                        .words = {"reassign"},
                        .needed = true};
  for (const auto& option : ticket.value("options", json::array()))
    asked.words.push_back(option.get<std::string>());
  auto to = ask({.what = order_kind::decide, .id = text_of(ticket, "id")},
                {std::move(asked)});
  to.ticket = ticket;
  return to;
}

draft stop_everything() {
  return ask({.what = order_kind::stop_all},
             {{.text = "stop everything: why", .key = "reason", .needed = true},
              {.text = "nothing will leave any more; type stop",
               .key = {},
               .wants = answer_kind::word,
               .words = {"stop"},
               .needed = true}});
}

draft lift_stop() {
  return ask(
    {.what = order_kind::stop_all, .request = {{"lift", true}}},
    {{.text = "let everything go on: why", .key = "reason", .needed = true},
     confirm("let everything go on?")});
}

draft breaker(const std::string& tool, const char* state) {
  return ask({.what = order_kind::set_breaker,
              .id = tool,
              .request = {{"state", state}}},
             {reason(true),
              confirm(std::string{"breaker of "} + tool + ": " + state + "?")});
}

draft mode_of(const std::string& agent) {
  return ask({.what = order_kind::set_mode, .id = agent},
             {{.text = "mode of " + agent + ": autonomous, advisory, stopped",
               .key = "mode",
               .wants = answer_kind::choice,
               .words = {"autonomous", "advisory", "stopped"},
               .needed = true},
              reason(true),
              confirm("set the mode of " + agent + "?")});
}

draft cancellation(const std::string& run) {
  return ask({.what = order_kind::cancel_run, .id = run},
             {reason(false), confirm("cancel run " + run + "?")});
}

// -- keys while something is typed --------------------------------------------

pressed give_up(view v) {
  v.draft.reset();
  v.said = "nothing was done";
  v.said_badly = false;
  return only(std::move(v));
}

pressed go_on(view v) {
  auto& x = *v.draft;
  if (!x.ticket.is_null()) {
    v.draft = decision(v, x.ticket, x.order.request.value("verb", ""));
    return only(std::move(v));
  }
  if (++x.at < x.questions.size()) {
    open_question(x);
    return only(std::move(v));
  }
  auto done = std::move(x.order);
  v.draft.reset();
  v.said = "asked; waiting for the answer";
  v.said_badly = false;
  return {std::move(v), std::move(done)};
}

pressed press_in_draft(view v, key k) {
  auto& x = *v.draft;
  if (k.name == key_name::escape)
    return give_up(std::move(v));
  if (x.questions[x.at].wants == answer_kind::yes)
    return k.name == key_name::character && (k.code == U'y' || k.code == U'Y')
             ? go_on(std::move(v))
             : give_up(std::move(v));
  if (k.name != key_name::enter) {
    edit_line(x, k);
    return only(std::move(v));
  }
  x.problem = take_answer(x);
  return x.problem.empty() ? go_on(std::move(v)) : only(std::move(v));
}

// -- keys in lists and details ------------------------------------------------

const row* selected_row(const view& v) {
  const auto& in = v.here();
  if (in.rows.empty())
    return nullptr;
  return &in.rows[row_of(in, v.selected[static_cast<std::size_t>(v.at)])];
}

/// Opens the ticket, as it is known. False when there is none.
bool open_ticket(view& v, const std::string& id) {
  const auto* ticket = find_ticket(v.shown->from, id);
  if (ticket == nullptr)
    return false;
  v.detail = detail{.kind = subject_kind::ticket,
                    .id = id,
                    .ticket = *ticket,
                    .text = ticket_text(*ticket)};
  v.said.clear();
  return true;
}

/// The ticket that keys decide: it is opened, so that nobody decides what they
/// do not see.
const json* decided_ticket(view& v) {
  if (!v.detail) {
    const auto* row = selected_row(v);
    if (row == nullptr || row->kind != subject_kind::ticket
        || !open_ticket(v, row->id))
      return nullptr;
  }
  return v.detail->kind == subject_kind::ticket ? &v.detail->ticket : nullptr;
}

pressed decide(view v, char32_t c) {
  const auto* ticket = decided_ticket(v);
  if (ticket == nullptr)
    return only(std::move(v));
  if (c == U'd') {
    v.draft = choice_of_verb(*ticket);
    return only(std::move(v));
  }
  const auto said = verb_of(*ticket, c);
  if (said.empty())
    return say(std::move(v), "this ticket takes " + options_text(*ticket)
                               + "; d chooses one of them");
  v.draft = decision(v, *ticket, said);
  return only(std::move(v));
}

/// By the ticket of the run that takes it.
pressed retry_run(view v, const std::string& run) {
  for (const auto& t : v.shown->from.tickets) {
    const auto said = text_of(t, "run") == run ? verb_of(t, U'r') : "";
    if (said.empty() || !open_ticket(v, text_of(t, "id")))
      continue;
    v.draft = decision(v, v.detail->ticket, said);
    return only(std::move(v));
  }
  return say(std::move(v), "no open ticket of this run takes retry");
}

pressed press_run(view v, const std::string& run, char32_t c) {
  if (c == U'r')
    return retry_run(std::move(v), run);
  if (c == U'c')
    v.draft = cancellation(run);
  return only(std::move(v));
}

pressed press_row(view v, const row& x, char32_t c) {
  if (x.kind == subject_kind::run)
    return press_run(std::move(v), x.id, c);
  if (x.kind == subject_kind::tool && (c == U'i' || c == U'c'))
    v.draft = breaker(x.id, c == U'i' ? "isolated" : "closed");
  if (x.kind == subject_kind::agent && c == U'm')
    v.draft = mode_of(x.id);
  return only(std::move(v));
}

pressed show(view v) {
  const auto* x = selected_row(v);
  if (v.detail || x == nullptr)
    return only(std::move(v));
  if (x->kind == subject_kind::run) {
    auto wanted = order{.what = order_kind::show_run, .id = x->id};
    v.said = "asked; waiting for the answer";
    v.said_badly = false;
    return {std::move(v), std::move(wanted)};
  }
  if (x->kind == subject_kind::ticket)
    open_ticket(v, x->id);
  return only(std::move(v));
}

pressed press_letter(view v, char32_t c) {
  if (c == U'q')
    return {std::move(v), {.what = order_kind::quit}};
  if (c == U'R')
    return {std::move(v), {.what = order_kind::refresh}};
  if (c == U'?')
    v.help = true;
  else if (c == U'S')
    v.draft = stop_everything();
  else if (c == U'L')
    v.draft = lift_stop();
  else if (c >= U'1' && c < U'1' + pane_count) {
    v.at = static_cast<pane>(c - U'1');
    v.detail.reset();
  } else if (v.detail && v.detail->kind == subject_kind::run) {
    const auto run = v.detail->id; // which a ticket may take the place of
    return press_run(std::move(v), run, c);
  } else if (v.detail || v.at == pane::tickets)
    return std::u32string_view{U"ynearuxd"}.find(c) != std::u32string::npos
             ? decide(std::move(v), c)
             : only(std::move(v));
  else if (const auto* x = selected_row(v))
    return press_row(v, *x, c);
  return only(std::move(v));
}

/// How far a key moves, down being positive; 0 for none that moves.
std::ptrdiff_t step_of(const view& v, key k) {
  const auto page = static_cast<std::ptrdiff_t>(
    std::max(body_height(v.height), std::size_t{2}) - 1);
  constexpr auto all = std::ptrdiff_t{1'000'000};
  switch (k.name) {
  case key_name::up:
    return -1;
  case key_name::down:
    return 1;
  case key_name::page_up:
    return -page;
  case key_name::page_down:
    return page;
  case key_name::home:
    return -all;
  case key_name::end:
    return all;
  default:
    return k.code == U'j' ? 1 : k.code == U'k' ? -1 : 0;
  }
}

std::size_t moved(std::size_t from, std::ptrdiff_t by, std::size_t last) {
  const auto to = static_cast<std::ptrdiff_t>(from) + by;
  return static_cast<std::size_t>(
    std::clamp(to, std::ptrdiff_t{0}, static_cast<std::ptrdiff_t>(last)));
}

view move(view v, std::ptrdiff_t by) {
  if (v.detail) {
    const auto lines = wrapped(v.detail->text, v.width).size();
    const auto room = body_height(v.height);
    v.detail->top = moved(v.detail->top, by, lines > room ? lines - room : 0);
    return v;
  }
  const auto& in = v.here();
  if (in.rows.empty())
    return v;
  auto& id = v.selected[static_cast<std::size_t>(v.at)];
  id = in.rows[moved(row_of(in, id), by, in.rows.size() - 1)].id;
  return v;
}

} // namespace

std::string verb_of(const json& ticket, char32_t key) {
  auto wanted = std::vector<std::string>{};
  switch (key) {
  case U'y':
    wanted = {"approve", "accept", "happened"};
    break;
  case U'n':
    wanted = {"reject", "did_not_happen"};
    break;
  case U'e':
    wanted = {"edit"};
    break;
  case U'a':
    wanted = {"answer"};
    break;
  case U'r':
    wanted = {"retry", "resume", "restart"};
    break;
  case U'u':
    wanted = {"undo"};
    break;
  case U'x':
    wanted = {"abort"};
    break;
  default:
    break;
  }
  const auto options = ticket.value("options", json::array());
  for (const auto& word : wanted)
    if (std::find(options.begin(), options.end(), json(word)) != options.end())
      return word;
  return {};
}

pressed press(view v, key k) {
  if (v.draft)
    return press_in_draft(std::move(v), k);
  if (v.help) {
    v.help = false;
    return only(std::move(v));
  }
  if (const auto by = step_of(v, k); by != 0)
    return only(move(std::move(v), by));
  switch (k.name) {
  case key_name::character:
    return press_letter(std::move(v), k.code);
  case key_name::enter:
  case key_name::right:
    return show(std::move(v));
  case key_name::escape:
  case key_name::left:
  case key_name::backspace:
    v.detail.reset();
    return only(std::move(v));
  case key_name::tab:
  case key_name::back_tab: {
    const auto by = k.name == key_name::tab ? 1U : pane_count - 1;
    v.at
      = static_cast<pane>((static_cast<std::size_t>(v.at) + by) % pane_count);
    v.detail.reset();
    return only(std::move(v));
  }
  default:
    return only(std::move(v));
  }
}

} // namespace stanchion::top
