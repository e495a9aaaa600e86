// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/csv.h"

namespace mailkeep::cli {
namespace {

using common::ErrorKind;
using common::fail;

class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : rest_(text) {}

  common::Result<std::vector<CsvRow>> read() {
    std::vector<CsvRow> rows;
    while (!rest_.empty()) {
      CsvRow row{line_, {}};
      do {
        MAILKEEP_TRY(cell, rest_.starts_with('"') ? quoted() : plain());
        row.cells.push_back(std::move(cell));
      } while (take(","));
      if (!rest_.empty() && !take("\r\n") && !take("\n"))
        return fail(ErrorKind::Usage, "line {}: something stands behind a closing quote", line_);
      ++line_;
      if (row.cells.size() > 1 || !row.cells.front().empty()) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  common::Result<std::string> plain() {
    const std::size_t end = std::min(rest_.find_first_of(",\r\n"), rest_.size());
    std::string cell(rest_.substr(0, end));
    rest_.remove_prefix(end);
    if (cell.find('"') != std::string::npos)
      return fail(ErrorKind::Usage, "line {}: a quote stands within a cell that has none around it",
                  line_);
    return cell;
  }

  common::Result<std::string> quoted() {
    const std::size_t begin = line_;
    std::string cell;
    take("\"");
    for (;;) {
      if (rest_.empty()) return fail(ErrorKind::Usage, "line {}: a quote is not closed", begin);
      if (take("\"\"")) {
        cell.push_back('"');
        continue;
      }
      if (take("\"")) return cell;
      if (rest_.front() == '\n') ++line_;
      cell.push_back(rest_.front());
      rest_.remove_prefix(1);
    }
  }

  std::string_view rest_;
  std::size_t line_ = 1;
};

}  // namespace

common::Result<std::vector<CsvRow>> parse_csv(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // what spreadsheets put in front
  return CsvReader(text).read();
}

}  // namespace mailkeep::cli
