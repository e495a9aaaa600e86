// SPDX-License-Identifier: GPL-3.0-or-later
// What goes into a column comes out of it, on both engines alike.
#include <limits>

#include "tests/component/store/store_fixture.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::Status;

class DatabaseValues : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    const std::string blob = is_sqlite() ? "BLOB" : "BYTEA";
    change("CREATE TABLE things (id BIGINT PRIMARY KEY, bytes " + blob +
           ", words TEXT, number BIGINT)");
  }

  void put(std::int64_t id, const Value& bytes, const Value& words, const Value& number) {
    change("INSERT INTO things (id, bytes, words, number) VALUES ($1, $2, $3, $4)",
           {id, bytes, words, number});
  }

  struct Thing {
    bool bytes_are_null, words_are_null, number_is_null;
    std::string bytes, words;
    std::int64_t number;
  };
  Thing get(std::int64_t id) {
    auto transaction = database().begin_read();
    Thing thing{};
    int rows = 0;
    const auto done = (*transaction)
                          ->connection()
                          .query("SELECT bytes, words, number FROM things WHERE id = $1", {id},
                                 [&](const Row& row) -> Status {
                                   ++rows;
                                   thing = {row.is_null(0),           row.is_null(1),
                                            row.is_null(2),           std::string(row.bytes(0)),
                                            std::string(row.text(1)), row.integer(2)};
                                   return {};
                                 });
    EXPECT_TRUE(done);
    EXPECT_EQ(rows, 1);
    return thing;
  }
};
MAILKEEP_BOTH_ENGINES(DatabaseValues);

TEST_P(DatabaseValues, TellsAnEmptyBlobFromNull) {
  put(1, Blob{}, std::string(), std::int64_t{0});
  put(2, {}, {}, {});

  const Thing empty = get(1);
  EXPECT_FALSE(empty.bytes_are_null);
  EXPECT_FALSE(empty.words_are_null);
  EXPECT_FALSE(empty.number_is_null);
  const Thing null = get(2);
  EXPECT_TRUE(null.bytes_are_null);
  EXPECT_TRUE(null.words_are_null);
  EXPECT_TRUE(null.number_is_null);
  EXPECT_EQ(null.bytes, "");
  EXPECT_EQ(null.words, "");
  EXPECT_EQ(null.number, 0);
}

TEST_P(DatabaseValues, StoresAnEmptyBlobInABulkLoad) {
  auto transaction = database().begin_write();
  const std::array<std::string_view, 2> columns = {"id", "bytes"};
  const std::vector<std::vector<Value>> rows = {{std::int64_t{1}, Blob{}}, {std::int64_t{2}, {}}};
  ASSERT_OK((*transaction)->connection().insert_rows("things", columns, rows));
  ASSERT_OK((*transaction)->commit());

  EXPECT_FALSE(get(1).bytes_are_null);
  EXPECT_TRUE(get(2).bytes_are_null);
}

TEST_P(DatabaseValues, KeepsEveryByteOfABlob) {
  std::string all;
  for (int round = 0; round < 3; ++round)
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string text_of_hex = "\\x00ff";  // looks like PostgreSQL's own notation

  put(1, Blob{all}, {}, {});
  put(2, Blob{text_of_hex}, {}, {});
  put(3, Blob{std::string(3'000'000, '\0')}, {}, {});

  EXPECT_EQ(get(1).bytes, all);
  EXPECT_EQ(get(2).bytes, text_of_hex);
  EXPECT_EQ(get(3).bytes, std::string(3'000'000, '\0'));
}

TEST_P(DatabaseValues, FindsABlobByItsBytes) {
  const std::string name("a\0b\xff", 4);
  put(1, Blob{name}, {}, {});
  put(2, Blob{"a"}, {}, {});

  EXPECT_EQ(number_of("SELECT id FROM things WHERE bytes = $1", {Blob{name}}), 1);
  EXPECT_EQ(number_of("SELECT id FROM things WHERE bytes = $1", {Blob{"a"}}), 2);
}

TEST_P(DatabaseValues, KeepsUtf8TextExactly) {
  const std::string words = "Grüße, 東京 🦊 'quoted' \"twice\" \\ % \r\n\t $1";
  put(1, {}, words, {});
  EXPECT_EQ(get(1).words, words);
}

TEST_P(DatabaseValues, RefusesTextWithNulOrBrokenUtf8) {
  for (const std::string& bad :
       {std::string("a\0b", 3), std::string("\xff"), std::string("\xed\xa0\x80")}) {
    auto transaction = database().begin_write();
    ASSERT_FAILS(
        (*transaction)
            ->connection()
            .execute("INSERT INTO things (id, words) VALUES ($1, $2)", {std::int64_t{1}, bad}),
        ErrorKind::Malformed);
  }
  EXPECT_EQ(number_of("SELECT count(*) FROM things"), 0);
}

TEST_P(DatabaseValues, KeepsTheLargestAndSmallestIntegers) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  put(1, {}, {}, kMost);
  put(2, {}, {}, kLeast);

  EXPECT_EQ(get(1).number, kMost);
  EXPECT_EQ(get(2).number, kLeast);
}

TEST_P(DatabaseValues, UsesAParameterTwiceAndInAnyOrder) {
  put(7, {}, std::string("seven"), std::int64_t{7});
  EXPECT_EQ(number_of("SELECT number FROM things WHERE words = $2 AND id = $1 AND number = $1",
                      {std::int64_t{7}, std::string("seven")}),
            7);
}

TEST_P(DatabaseValues, CountsTheRowsThatAStatementChanged) {
  for (std::int64_t id = 1; id <= 5; ++id) put(id, {}, {}, id);

  EXPECT_EQ(change("UPDATE things SET number = 0 WHERE id > $1", {std::int64_t{2}}), 3);
  EXPECT_EQ(change("DELETE FROM things WHERE id = 99"), 0);
}

}  // namespace
}  // namespace mailkeep::store
