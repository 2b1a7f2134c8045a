#include "support/catch.hpp"

#include <stanchion/core/canonical.hpp>

#include <thread>

using namespace stanchion;

TEST_CASE("SHA-256 gives the published digests", "[core][digest]") {
  auto [text, hex] = GENERATE(table<std::string, std::string>({
    {"", "e3b0c44298fc1c149afbf4c8996fb924"
         "27ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223"
            "b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039"
     "a33ce45964ff2167f6ecedd419db06c1"},
    {std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67"
                                  "f1809a48a497200e046d39ccc7112cd0"},
  }));
  CHECK(to_string(sha256(text)) == hex);
}

TEST_CASE("a checksum is the front of the digest", "[core][digest]") {
  CHECK(checksum64("abc") == 0xba7816bf8f01cfeaULL);
  CHECK(checksum64("abd") != checksum64("abc"));
}

TEST_CASE("threads hash without disturbing each other", "[core][digest]") {
  const std::string text(1000, 'x');
  const auto expected = sha256(text);
  bool same[2] = {true, true};
  const auto hash_often = [&](bool& equal) {
    for (int i = 0; i < 2000; ++i)
      equal = equal && sha256(text) == expected;
  };
  std::thread other{[&] { hash_often(same[0]); }};
  hash_often(same[1]);
  other.join();
  CHECK(same[0]);
  CHECK(same[1]);
}
