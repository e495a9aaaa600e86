// SPDX-License-Identifier: GPL-3.0-or-later
// A small server over the api room for tests that talk to it over real sockets: it echoes, streams,
// blocks and fails on request. Prints its port, and ends when standard input does.
//
//   http_probe [name=value]...   limits and options, such as threads=2 header_time=300
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <iostream>
#include <map>
#include <string>
#include <thread>

#include "api/conditional.h"
#include "api/fields.h"
#include "api/health.h"
#include "api/json.h"
#include "api/router.h"
#include "api/server.h"

namespace {

using namespace mailkeep;
using namespace std::chrono_literals;
using api::Answer;
using api::Method;
using api::Request;
using Options = std::map<std::string, std::string>;

std::uint64_t number(const std::string& text, std::uint64_t otherwise) {
  std::uint64_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::uint64_t number_in(const Options& options, const std::string& name, std::uint64_t otherwise) {
  const auto found = options.find(name);
  return found == options.end() ? otherwise : number(found->second, otherwise);
}

std::string text_in(const Options& options, const std::string& name) {
  const auto found = options.find(name);
  return found == options.end() ? "" : found->second;
}

Answer echo(const Request& request) {
  api::JsonWriter json;
  json.begin_object()
      .field("method", api::name_of(request.method))
      .field("path", request.path)
      .field("parameters", request.parameters)
      .field("body_size", request.body.size())
      .field("body", request.body.substr(0, 1000))
      .field("peer", request.peer)
      .field("is_tls", request.is_tls)
      .key("query")
      .begin_object();
  for (const auto& [key, value] : request.query) json.field(key, value);
  json.end_object().end_object();
  return api::json_response(json.take());
}

Answer check_fields(const Request& request) {
  MAILKEEP_TRY(body, api::parse_body(request));
  api::Fields fields(body);
  const auto name = fields.required_string("name", 100);
  const auto port = fields.optional_integer("port", 1, 65535);
  MAILKEEP_CHECKED(fields.finish());
  return api::json_response(
      api::JsonWriter().begin_object().field("name", name).field("port", port).end_object().take());
}

// Bytes that tell their own place, so that a range can be checked.
common::Status write_pattern(std::uint64_t offset, std::uint64_t size, const api::Sink& sink) {
  std::string piece;
  for (std::uint64_t at = offset; at < offset + size; ++at) {
    piece += static_cast<char>('a' + at % 26);
    if (piece.size() == 16384 || at + 1 == offset + size) {
      MAILKEEP_CHECKED(sink(piece));
      piece.clear();
    }
  }
  return {};
}

Answer pattern(const Request& request) {
  api::ImmutableBytes bytes;
  bytes.size = number(request.parameters[0], 0);
  bytes.digest = common::Sha256::of(request.parameters[0]);
  bytes.content_type = "message/rfc822";
  bytes.disposition = api::content_disposition("attachment", "mail.eml");
  return api::immutable_bytes(request, bytes, write_pattern);
}

Answer broken_stream(const Request&) {
  api::Response response;
  response.stream_size = 1'000'000;
  response.stream = [](const api::Sink& sink) -> common::Status {
    MAILKEEP_CHECKED(sink(std::string(400'000, 'x')));
    return common::fail(common::ErrorKind::Corrupt, "the second half is damaged");
  };
  return response;
}

Answer wait_a_while(const Request& request) {
  const auto until = std::chrono::steady_clock::now() +
                     std::chrono::milliseconds(number(request.parameters[0], 0));
  while (std::chrono::steady_clock::now() < until && !request.stop.stop_requested()) {
    std::this_thread::sleep_for(5ms);
  }
  return api::text_response(request.stop.stop_requested() ? "stopped\n" : "waited\n");
}

Answer evil_header(const Request&) {
  api::Response response = api::text_response("x");
  api::add_header(response, "X-Evil", "a\r\nSet-Cookie: b=c");
  return response;
}

Answer throwing(const Request&) { throw std::runtime_error("a library slipped"); }

std::shared_ptr<const api::Router> make_router() {
  auto router = std::make_shared<api::Router>();
  api::add_health(*router);
  api::add_problem_pages(*router);
  router->add(Method::Get, "/echo", echo);
  router->add(Method::Get, "/echo/{one}", echo);
  router->add(Method::Post, "/echo", echo);
  router->add(Method::Post, "/large", echo, {std::uint64_t{32} << 20U});
  router->add(Method::Post, "/fields", check_fields);
  router->add(Method::Get, "/pattern/{size}", pattern);
  router->add(Method::Get, "/broken", broken_stream);
  router->add(Method::Get, "/wait/{milliseconds}", wait_a_while);
  router->add(Method::Get, "/evil-header", evil_header);
  router->add(Method::Get, "/throw", throwing);
  router->add(Method::Get, "/huge", [](const Request&) -> Answer {
    return api::text_response(std::string(std::size_t{64} << 20U, 'x'));
  });
  return router;
}

api::ServerOptions server_options(const Options& given) {
  api::ServerOptions options;
  if (given.contains("address")) options.address = text_in(given, "address");
  options.allow_remote_plain = given.contains("insecure-listen");
  options.certificate_file = text_in(given, "certificate");
  options.key_file = text_in(given, "key");
  options.max_threads = static_cast<unsigned>(number_in(given, "threads", options.max_threads));
  if (given.contains("host")) options.allowed_hosts.push_back(text_in(given, "host"));
  api::Limits& limits = options.limits;
  const auto milliseconds = [&](const char* name, std::chrono::milliseconds otherwise) {
    return std::chrono::milliseconds(
        number_in(given, name, static_cast<std::uint64_t>(otherwise.count())));
  };
  limits.header_time = milliseconds("header_time", limits.header_time);
  limits.idle_time = milliseconds("idle_time", limits.idle_time);
  limits.body_time = milliseconds("body_time", limits.body_time);
  limits.window = milliseconds("window", limits.window);
  limits.connections = number_in(given, "connections", limits.connections);
  limits.queue = number_in(given, "queue", limits.queue);
  limits.body_memory = number_in(given, "body_memory", limits.body_memory);
  limits.answer_memory = number_in(given, "answer_memory", limits.answer_memory);
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  Options given;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto equals = std::min(word.find('='), word.size());
    given[word.substr(0, equals)] = word.substr(std::min(equals + 1, word.size()));
  }
  auto server = api::HttpServer::start(server_options(given), api::make_application(make_router()));
  if (!server) {
    std::cerr << server.error().text << '\n';
    return 78;
  }
  std::cout << (*server)->port() << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
  }
  const bool was_quiet = (*server)->stop(
      common::Deadline::in(std::chrono::milliseconds(number_in(given, "patience", 0))));
  std::cout << (was_quiet ? "quiet" : "cut") << std::endl;
  return 0;
}
