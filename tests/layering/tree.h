// The source tree as the layering test sees it: which file belongs to which layer and what it
// includes.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace bpftwin::layering {

/// One #include line.
struct Include {
    std::string path;
    bool quoted = false;
    unsigned line = 0;
};

struct SourceFile {
    std::string path;   ///< From the root: "isa/decode.cpp".
    std::string layer;  ///< A library's name without prefix, "api", or a folder such as "cli".
    std::vector<Include> includes;
};

/// What CMake says of one library: paths from the root, links without the "bpftwin::" prefix.
struct Library {
    std::string name;
    std::string folder;
    std::vector<std::string> sources;
    std::vector<std::string> links;
};

/// Libraries by name, from the file that tests/layering/CMakeLists.txt has written.
std::map<std::string, Library> read_libraries(const std::filesystem::path& file,
                                              const std::filesystem::path& root);

/// Every C and C++ file below `root` except build folders. In a folder of several libraries a file
/// is of the one whose sources name it or, for a header, the .cpp of its name; otherwise of the
/// lowest, which may include least: a header of an upper one is listed among its sources.
std::vector<SourceFile> read_tree(const std::filesystem::path& root,
                                  const std::map<std::string, Library>& libraries);

/// The includes of one file's text.
std::vector<Include> includes_of(const std::string& text);

}  // namespace bpftwin::layering
