// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Certificates for tests, made on the spot: a small authority of its own, and server identities
// that are right or wrong in one respect.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace mailkeep::test {

struct TestIdentity {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
};

struct IdentityWish {
  const char* names = "DNS:localhost,IP:127.0.0.1";
  long from_seconds = -3600;
  long until_seconds = 3600;
  const TestIdentity* issuer = nullptr;  // nullptr: self-signed
  bool is_authority = false;
};

inline void add_extension(X509* certificate, int nid, const char* value) {
  X509_EXTENSION* extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
  ::X509_add_ext(certificate, extension, -1);
  ::X509_EXTENSION_free(extension);
}

inline TestIdentity make_identity(const IdentityWish& wish) {
  TestIdentity made{{::EVP_EC_gen("P-256"), ::EVP_PKEY_free}, {::X509_new(), ::X509_free}};
  X509* certificate = made.certificate.get();
  ::X509_set_version(certificate, 2);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(certificate), std::rand() + 1L);
  ::X509_gmtime_adj(::X509_getm_notBefore(certificate), wish.from_seconds);
  ::X509_gmtime_adj(::X509_getm_notAfter(certificate), wish.until_seconds);
  ::X509_set_pubkey(certificate, made.key.get());
  const char* common_name = wish.is_authority ? "test authority" : "localhost";
  ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(common_name), -1, -1, 0);
  const TestIdentity& issuer = wish.issuer != nullptr ? *wish.issuer : made;
  ::X509_set_issuer_name(certificate, ::X509_get_subject_name(issuer.certificate.get()));
  add_extension(certificate, NID_basic_constraints,
                wish.is_authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (!wish.is_authority && *wish.names != '\0') {
    add_extension(certificate, NID_subject_alt_name, wish.names);
  }
  ::X509_sign(certificate, issuer.key.get(), ::EVP_sha256());
  return made;
}

// A PEM file that is gone with the object.
class PemFile {
 public:
  explicit PemFile(const TestIdentity& identity) {
    char name[] = "/tmp/mailkeep-test-ca-XXXXXX";
    std::FILE* file = ::fdopen(::mkstemp(name), "w");
    ::PEM_write_X509(file, identity.certificate.get());
    std::fclose(file);
    path_ = name;
  }
  ~PemFile() { ::unlink(path_.c_str()); }
  PemFile(const PemFile&) = delete;
  PemFile& operator=(const PemFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::shared_ptr<SSL_CTX> server_context(const TestIdentity& identity) {
  std::shared_ptr<SSL_CTX> context(::SSL_CTX_new(::TLS_server_method()), ::SSL_CTX_free);
  ::SSL_CTX_use_certificate(context.get(), identity.certificate.get());
  ::SSL_CTX_use_PrivateKey(context.get(), identity.key.get());
  return context;
}

}  // namespace mailkeep::test
