// Reads the tree from disk and CMake's facts from the file they were generated to.
#include "tests/layering/tree.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <ranges>
#include <regex>
#include <sstream>

namespace bpftwin::layering {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
    return parts;
}

std::string content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

bool is_source(const fs::path& path) {
    static constexpr std::array<std::string_view, 4> endings = {".c", ".h", ".cpp", ".def"};
    return std::ranges::find(endings, path.extension().string()) != endings.end();
}

bool is_skipped_folder(const fs::path& path) {
    const std::string name = path.filename().string();
    return name == "build" || name.starts_with(".");
}

/// Links of ours, without prefix; CMake writes "::@(...)" around foreign scopes.
std::vector<std::string> own_links(const std::string& field) {
    static constexpr std::string_view prefix = "bpftwin::";
    std::vector<std::string> links;
    for (const std::string& link : split(field, ';'))
        if (link.starts_with(prefix)) links.push_back(link.substr(prefix.size()));
    return links;
}

Library library_of(const std::string& line, const fs::path& root) {
    const std::vector<std::string> fields = split(line, '|');
    Library library;
    library.name = fields.at(0).substr(std::string_view("bpftwin_").size());
    library.folder = fs::path(fields.at(1)).lexically_relative(root).string();
    for (const std::string& source : split(fields.at(2), ';'))
        library.sources.push_back(library.folder + "/" + source);
    if (fields.size() > 3) library.links = own_links(fields[3]);
    return library;
}

std::string without_extension(const std::string& path) {
    return fs::path(path).replace_extension().string();
}

bool belongs(const std::string& path, const Library& library) {
    return std::ranges::any_of(library.sources, [&](const std::string& source) {
        return source == path ||
               (source.ends_with(".cpp") && without_extension(source) == without_extension(path));
    });
}

bool links_one_of(const Library& library, const std::vector<const Library*>& others) {
    return std::ranges::any_of(others, [&](const Library* other) {
        return std::ranges::find(library.links, other->name) != library.links.end();
    });
}

std::string layer_of(const std::string& path, const std::map<std::string, Library>& libraries) {
    if (path.starts_with("include/")) return "api";
    std::vector<const Library*> here;
    for (const auto& [name, library] : libraries)
        if (path.starts_with(library.folder + "/")) here.push_back(&library);
    if (here.empty()) return path.substr(0, path.find('/'));
    auto owner =
        std::ranges::find_if(here, [&](const Library* library) { return belongs(path, *library); });
    if (owner == here.end())
        owner = std::ranges::find_if(
            here, [&](const Library* library) { return !links_one_of(*library, here); });
    return (*owner)->name;
}

}  // namespace

std::vector<Include> includes_of(const std::string& text) {
    static const std::regex directive(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
    std::vector<Include> includes;
    std::istringstream in(text);
    unsigned number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        std::smatch match;
        if (std::regex_search(line, match, directive))
            includes.push_back({match[2], match[1] == "\"", number});
    }
    return includes;
}

std::map<std::string, Library> read_libraries(const fs::path& file, const fs::path& root) {
    std::map<std::string, Library> libraries;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        Library library = library_of(line, root);
        libraries.emplace(library.name, library);
    }
    return libraries;
}

std::vector<SourceFile> read_tree(const fs::path& root,
                                  const std::map<std::string, Library>& libraries) {
    std::vector<SourceFile> files;
    for (auto entry = fs::recursive_directory_iterator(root); entry != fs::end(entry); ++entry) {
        if (entry->is_directory() && is_skipped_folder(entry->path()))
            entry.disable_recursion_pending();
        if (!entry->is_regular_file() || !is_source(entry->path())) continue;
        const std::string path = entry->path().lexically_relative(root).string();
        files.push_back({path, layer_of(path, libraries), includes_of(content(entry->path()))});
    }
    return files;
}

}  // namespace bpftwin::layering
