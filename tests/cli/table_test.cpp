#include "cli/table.h"

#include "gtest/gtest.h"

namespace bpftwin::cli {
namespace {

TEST(table, aligns_columns_and_ends_lines_at_their_text) {
    Table table;
    table.add({"a", "long cell", "x"});
    table.add({"bbb", "c"});
    table.add({"d", "", ""});
    EXPECT_EQ(table.text("  "), "  a    long cell  x\n  bbb  c\n  d\n");
    EXPECT_EQ(Table().text(), "");
}

TEST(table, aligns_numbers_to_the_right) {
    Table table(1);
    table.add({"name", "ns"});
    table.add({"a", "1234"});
    EXPECT_EQ(table.text(), "name    ns\na     1234\n");
}

}  // namespace
}  // namespace bpftwin::cli
