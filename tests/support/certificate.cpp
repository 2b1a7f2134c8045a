#include "support/certificate.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace stanchion::test {

namespace {

struct closer {
  void operator()(std::FILE* x) const {
    std::fclose(x);
  }
  void operator()(EVP_PKEY* x) const {
    EVP_PKEY_free(x);
  }
  void operator()(X509* x) const {
    X509_free(x);
  }
};

void require(bool fine) {
  if (!fine)
    throw std::runtime_error{"no certificate could be made"};
}

void extend(X509* to, int what, const char* text) {
  auto context = X509V3_CTX{};
  X509V3_set_ctx(&context, to, to, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, what, text);
  require(extension != nullptr && X509_add_ext(to, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

} // namespace

void write_certificate(const std::filesystem::path& cert,
                       const std::filesystem::path& key) {
  const auto pair = std::unique_ptr<EVP_PKEY, closer>{EVP_EC_gen("P-256")};
  const auto x = std::unique_ptr<X509, closer>{X509_new()};
  require(pair != nullptr && x != nullptr);
  constexpr auto day = 24L * 60 * 60;
  X509_set_version(x.get(), 2); // version 3
  ASN1_INTEGER_set(X509_get_serialNumber(x.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(x.get()), -day);
  X509_gmtime_adj(X509_getm_notAfter(x.get()), day);
  X509_set_pubkey(x.get(), pair.get());
  auto* name = X509_get_subject_name(x.get());
  const auto* host = reinterpret_cast<const unsigned char*>("localhost");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0);
  X509_set_issuer_name(x.get(), name);
  extend(x.get(), NID_basic_constraints, "critical,CA:TRUE");
  extend(x.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  require(X509_sign(x.get(), pair.get(), EVP_sha256()) != 0);
  const auto cert_file
    = std::unique_ptr<std::FILE, closer>{std::fopen(cert.c_str(), "w")};
  const auto key_file
    = std::unique_ptr<std::FILE, closer>{std::fopen(key.c_str(), "w")};
  require(cert_file != nullptr && key_file != nullptr);
  require(PEM_write_X509(cert_file.get(), x.get()) == 1);
  require(PEM_write_PrivateKey(key_file.get(), pair.get(), nullptr, nullptr, 0,
                               nullptr, nullptr)
          == 1);
}

} // namespace stanchion::test
