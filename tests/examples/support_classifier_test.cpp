#include "06_customer_support/agents.hpp"
#include "06_customer_support/cases.hpp"
#include "06_customer_support/naive_bayes.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <vector>

using namespace customer_support;

namespace {

using strings = std::vector<std::string>;

const std::vector<labelled_text>& training() {
  static const auto all = read_training(data_file("training.json"));
  return all;
}

const std::vector<support_case>& mails() {
  static const auto all = read_cases(data_file("cases.json")).cases;
  return all;
}

const naive_bayes& trained() {
  static const auto one = naive_bayes{training()};
  return one;
}

double sum_of(const scores& x) {
  return std::accumulate(x.begin(), x.end(), 0.0);
}

/// Of the mails of which it is at least so sure, the share it is right about.
double accuracy(double sureness) {
  auto asked = 0;
  auto right = 0;
  for (const auto& x : mails()) {
    const auto said = trained().classify(x.text);
    if (score_of(said, likeliest(said)) < sureness)
      continue;
    ++asked;
    right += likeliest(said) == x.truth ? 1 : 0;
  }
  REQUIRE(asked > 30);
  return static_cast<double>(right) / asked;
}

} // namespace

TEST_CASE("words are the different ones, in lower case, in whatever script",
          "[examples][support]") {
  auto [text, words] = GENERATE(table<std::string, strings>({
    {"", {}},
    {"  ?! 12 4711 --", {}},
    {"a I 2x", {}},
    {"Don't PANIC, don't", {"dont", "panic"}},
    {"back,money back", {"back", "money"}},
    {"Rückerstattung 90EUR", {"eur", "rückerstattung"}},
  }));
  CHECK(words_of(text) == words);
}

TEST_CASE("the score of a category is its posterior", "[examples][support]") {
  const auto tiny = naive_bayes{
    {{"money back", category::refund}, {"parcel late", category::delivery}}};
  REQUIRE(tiny.vocabulary() == 4);
  // Priors (2, 2, 1, 1, 1, 1) / 8; likelihoods 2/6, 1/6, and 1/4 for the rest.
  const auto x = tiny.classify("MONEY, unheard of");
  CHECK(score_of(x, category::refund) == Approx(1.0 / 3));
  CHECK(score_of(x, category::delivery) == Approx(1.0 / 6));
  CHECK(score_of(x, category::feedback) == Approx(1.0 / 8));
  CHECK(sum_of(x) == Approx(1));
}

TEST_CASE("scores of any mail are probabilities", "[examples][support]") {
  for (const auto& mail : mails()) {
    CAPTURE(mail.id);
    for (const auto& x : {trained().classify(mail.text), by_marks(mail.text)}) {
      CHECK(sum_of(x) == Approx(1));
      CHECK(*std::min_element(x.begin(), x.end()) > 0);
    }
  }
}

TEST_CASE("at least four of five unseen mails are told apart, and nine of ten "
          "of those it is sure of",
          "[examples][support]") {
  auto seen = std::set<std::string>{};
  for (const auto& x : training())
    seen.insert(x.text);
  for (const auto& x : mails())
    CHECK_FALSE(seen.contains(x.text));
  REQUIRE(mails().size() >= 60);
  CHECK(accuracy(0) >= 0.8);
  CHECK(accuracy(least_confidence) >= 0.9);
}

TEST_CASE("of a text without a known word it is sure of nothing",
          "[examples][support]") {
  const auto* text = GENERATE("", "   ", "xyzzy qwrtz plugh", "4711 !!!");
  const auto x = trained().classify(text);
  for (const auto c : categories)
    CHECK(score_of(x, c) == Approx(1.0 / 6)); // as many texts of each
}

TEST_CASE("words that it does not know change nothing", "[examples][support]") {
  const auto* text = "where is my parcel";
  CHECK(trained().classify(text)
        == trained().classify(std::string{text} + " xyzzy qwrtz"));
}

TEST_CASE("a very long text is no more than certain", "[examples][support]") {
  auto text = std::string{};
  for (const auto& x : training())
    if (x.label == category::invoice)
      text += x.text + " ";
  const auto x = trained().classify(text);
  CHECK(likeliest(x) == category::invoice);
  CHECK(score_of(x, category::invoice) <= 1);
  CHECK(sum_of(x) == Approx(1));
}

TEST_CASE("marks count by their share, and a lone one is not certain",
          "[examples][support]") {
  auto [text, best, sure] = GENERATE(table<std::string, category, double>({
    {"", category::refund, 1.0 / 6},
    {"REFUND", category::refund, 7.0 / 12},
    {"invoice, bill, receipt", category::invoice, 19.0 / 24},
    {"the parcel broke, a crack", category::damage, 13.0 / 24},
  }));
  const auto x = by_marks(text);
  CHECK(likeliest(x) == best);
  CHECK(score_of(x, best) == Approx(sure));
}
