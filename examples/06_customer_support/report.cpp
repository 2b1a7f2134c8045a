#include "report.hpp"

#include "agents.hpp"

#include <stanchion/stanchion.hpp>

#include <algorithm>
#include <iomanip>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <string_view>

namespace customer_support {

using namespace stanchion;

namespace {

constexpr auto by_marks_source = "fallback:classify.marks";

/// A line of the table.
struct line {
  int mails = 0;
  int alone = 0;    // mails that nobody was asked about
  int unsure = 0;   // tickets: the agent proposed
  int by_rule = 0;  // tickets: the amount
  int approved = 0; // tickets; as the next ones
  int edited = 0;
  int rejected = 0;
  int open = 0;
  int fallback = 0; // mails that the simpler classifier has read

  line& operator+=(const line& x) {
    mails += x.mails;
    alone += x.alone;
    unsure += x.unsure;
    by_rule += x.by_rule;
    approved += x.approved;
    edited += x.edited;
    rejected += x.rejected;
    open += x.open;
    fallback += x.fallback;
    return *this;
  }
};

line line_of(const case_history& x) {
  auto result = line{.mails = 1};
  result.alone = x.tickets.empty() && !x.result.is_null() ? 1 : 0;
  result.fallback
    = !x.result.is_null() && x.result["source"] == by_marks_source ? 1 : 0;
  for (const auto& t : x.tickets) {
    ++(t.reason == park_reason::low_confidence ? result.unsure
                                               : result.by_rule);
    if (!t.decided)
      ++result.open;
    else if (t.decided->verb == verb::approve)
      ++result.approved;
    else if (t.decided->verb == verb::edit)
      ++result.edited;
    else
      ++result.rejected;
  }
  return result;
}

void print(std::ostream& out, std::string_view name, const line& x) {
  out << std::left << std::setw(9) << name << std::right;
  for (const auto n : {x.mails, x.alone, x.unsure, x.by_rule, x.approved,
                       x.edited, x.rejected, x.open, x.fallback})
    out << std::setw(9) << n;
  out << '\n';
}

void print_table(std::ostream& out, const std::vector<case_history>& all) {
  auto lines = std::map<category, line>{};
  auto sum = line{};
  for (const auto& x : all) {
    lines[x.mail.truth] += line_of(x);
    sum += line_of(x);
  }
  out << std::left << std::setw(9) << "" << std::right;
  for (const auto* head : {"mails", "alone", "unsure", "by rule", "approved",
                           "edited", "rejected", "open", "fallback"})
    out << std::setw(9) << head;
  out << '\n';
  for (const auto& [of, x] : lines)
    print(out, to_string(of), x);
  print(out, "together", sum);
}

// -- classifiers --------------------------------------------------------------

void print_accuracy(std::ostream& out, const std::vector<case_history>& all,
                    std::string_view name, bool fallback) {
  auto mails = 0;
  auto right = 0;
  auto sure = 0;
  auto sure_and_right = 0;
  for (const auto& x : all) {
    if (x.result.is_null()
        || (x.result["source"] == by_marks_source) != fallback)
      continue;
    const auto is_right = x.result["category"] == to_string(x.mail.truth);
    const auto is_sure = x.result["confidence"] >= least_confidence;
    ++mails;
    right += is_right ? 1 : 0;
    sure += is_sure ? 1 : 0;
    sure_and_right += is_right && is_sure ? 1 : 0;
  }
  out << "    " << name << ": " << right << " of " << mails
      << "; where it was sure, " << sure_and_right << " of " << sure << '\n';
}

// -- people and money ---------------------------------------------------------

/// What was asked about: the tool that the ticket would have called.
std::string tool_of(const ticket& t) {
  return value{json::parse(t.context)}["failing_step"]["name"].as_string();
}

void print_changes(std::ostream& out, const std::vector<case_history>& all) {
  for (const auto& x : all)
    for (const auto& t : x.tickets)
      if (t.decided && t.decided->verb != verb::approve)
        out << "    " << x.mail.id << "  " << std::left << std::setw(13)
            << tool_of(t) << std::setw(7) << to_string(t.decided->verb)
            << std::right << t.decided->comment << '\n';
}

struct payments {
  std::map<std::string, int> times; // by case
  std::int64_t cents = 0;

  [[nodiscard]] long once() const {
    return std::count_if(times.begin(), times.end(),
                         [](const auto& x) { return x.second == 1; });
  }
  [[nodiscard]] long more_often() const {
    return static_cast<long>(times.size()) - once();
  }
};

payments payments_in(const books& written, std::string_view service) {
  auto all = payments{};
  for (const auto& x : written.entries_of(service)) {
    ++all.times[x.of];
    all.cents += x.cents;
  }
  return all;
}

void print_books(std::ostream& out, const std::vector<case_history>& all,
                 const books& written) {
  const auto refunds = payments_in(written, "refunds");
  const auto letters = payments_in(written, "replies");
  auto unasked = 0;
  for (const auto& x : all)
    unasked += x.mail.cents == 0 && refunds.times.contains(x.mail.id) ? 1 : 0;
  out << "    refunds: " << refunds.once() << " once, " << refunds.more_often()
      << " more often, " << as_money(refunds.cents) << " EUR in all, "
      << unasked << " that no form had asked for\n"
      << "    letters: " << letters.once() << " once, " << letters.more_often()
      << " more often\n";
}

} // namespace

std::vector<case_history> look_back(runtime& rt, const case_file& x) {
  auto all = std::vector<case_history>{};
  for (const auto& mail : x.cases) {
    const auto row = rt.journal().find_run("support", mail.id);
    auto h = case_history{.mail = mail, .result = {}, .tickets = {}};
    h.tickets = rt.journal().list_tickets({.run = row->number});
    if (row->state == run_state::completed)
      h.result = rt.result(row->id).get();
    all.push_back(std::move(h));
  }
  return all;
}

std::size_t open_tickets(const std::vector<case_history>& all) {
  auto n = std::size_t{0};
  for (const auto& x : all)
    n += static_cast<std::size_t>(line_of(x).open);
  return n;
}

void print_report(std::ostream& out, const std::vector<case_history>& all,
                  const books& written) {
  print_table(out, all);
  out << "right about the category:\n";
  print_accuracy(out, all, "naive Bayes", false);
  print_accuracy(out, all, "marks", true);
  out << "what people changed:\n";
  print_changes(out, all);
  out << "what left the shop:\n";
  print_books(out, all, written);
}

} // namespace customer_support
