// The three ways to hand something to a person, one after the other.
//
// Shows:    ask.cpp, review.cpp, stop.cpp: each is a whole program's worth.
// Run:      ./dev example 07_ask_review_stop [ask|review|stop]
// Expected: expected.txt; README.md explains it

#include "hand_off.hpp"

#include <exception>
#include <iostream>
#include <string_view>

int main(int argc, char** argv) {
  const auto word = std::string_view{argc > 1 ? argv[1] : ""};
  if (argc > 2
      || (argc == 2 && word != "ask" && word != "review" && word != "stop")) {
    std::cerr << "usage: 07_ask_review_stop [ask|review|stop]\n";
    return 2;
  }
  try {
    if (word.empty() || word == "ask")
      hand_off::ask();
    if (word.empty() || word == "review")
      hand_off::review();
    if (word.empty() || word == "stop")
      hand_off::stop();
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
