// docs/design.md and the README.md of folders say what is where; they must not name what is not
// there, nor leave out a folder.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "tests/layering/tree.h"

namespace bpftwin::layering {
namespace {

const std::filesystem::path root = SOURCE_ROOT;

/// Everything between backquotes.
std::set<std::string> quoted_words(const std::filesystem::path& document) {
    std::ifstream in(document);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    static const std::regex quoted("`([^`\n]+)`");
    std::set<std::string> words;
    for (std::sregex_iterator match(text.begin(), text.end(), quoted), end; match != end; ++match)
        words.insert((*match)[1]);
    return words;
}

/// @return how many paths the document names.
unsigned expect_paths_to_exist(const std::string& document) {
    unsigned paths = 0;
    for (const std::string& word : quoted_words(root / document)) {
        if (!word.contains('/')) continue;
        ++paths;
        EXPECT_TRUE(std::filesystem::exists(root / word)) << document << ": " << word;
    }
    return paths;
}

TEST(design_document, every_path_it_names_exists) {
    EXPECT_GT(expect_paths_to_exist("docs/design.md"), 10u);
}

TEST(design_document, every_path_that_a_folders_page_names_exists) {
    for (const char* folder :
         {"btf", "cli", "helpers", "jit", "kernel-backend", "loader", "tests", "verifier", "vm"})
        EXPECT_GT(expect_paths_to_exist(std::string(folder) + "/README.md"), 3u) << folder;
}

TEST(design_document, names_the_folder_of_every_library) {
    const std::set<std::string> words = quoted_words(root / "docs/design.md");
    for (const auto& [name, library] : read_libraries(LIBRARIES_FILE, root))
        EXPECT_TRUE(words.contains(library.folder)) << library.folder;
}

}  // namespace
}  // namespace bpftwin::layering
