// The dependency arrows of docs/design.md, held against every #include and every link of the tree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/layering/tree.h"

namespace bpftwin::layering {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// What a layer may include besides itself and the public headers ("api").
const std::map<std::string, std::set<std::string>> arrows = {
    {"api", {}},
    {"isa", {}},
    {"btf", {"isa"}},
    {"helper_table", {"isa", "btf"}},
    {"target", {"isa", "btf"}},
    {"loader", {"isa", "btf", "helper_table", "target"}},
    {"verifier", {"isa", "btf", "helper_table"}},
    {"runtime", {"isa", "btf"}},
    {"helpers", {"isa", "btf", "helper_table", "runtime"}},
    {"vm", {"isa", "btf", "helper_table", "runtime", "helpers"}},
    {"jit", {"isa", "btf", "helper_table", "runtime", "helpers", "vm"}},
    {"kernel", {"isa", "btf", "helper_table", "target", "runtime", "helpers", "vm"}},
    {"compare", {"vm", "jit", "kernel", "loader", "target", "verifier"}},
};

/// Folders that may include anything, and that nothing else may include.
const std::set<std::string> leaves = {"cli", "bench", "tests", "examples"};

/// Third-party headers by the start of their path, with the layers that may see them. Others
/// (the C and C++ libraries, the system's) are open to all but the public headers.
const std::map<std::string, std::set<std::string>> third_party = {
    {"libelf", {"loader"}}, {"gelf", {"loader"}},   {"elf.h", {"loader", "jit"}},
    {"asmjit", {"jit"}},    {"CLI/", {}},           {"nlohmann", {}},
    {"pcap", {}},           {"gtest", {}},          {"gmock", {}},
    {"bpf/", {}},           {"zlib.h", {"target"}},
};

struct Tree {
    std::map<std::string, Library> libraries = read_libraries(LIBRARIES_FILE, SOURCE_ROOT);
    std::vector<SourceFile> files = read_tree(SOURCE_ROOT, libraries);
};

const Tree& tree() {
    static const Tree tree;
    return tree;
}

bool may_see(const std::string& from, const std::string& to) {
    if (from == to || to == "api" || leaves.contains(from)) return true;
    const auto row = arrows.find(from);
    return row != arrows.end() && row->second.contains(to);
}

/// The file of ours that an include names, or null.
const SourceFile* target(const std::vector<SourceFile>& files, const Include& include) {
    const auto found = std::ranges::find_if(files, [&](const SourceFile& file) {
        return file.path == include.path || file.path == "include/" + include.path;
    });
    return found == files.end() ? nullptr : &*found;
}

std::string place(const SourceFile& file, const Include& include) {
    return file.path + ":" + std::to_string(include.line) + " includes " + include.path;
}

std::vector<std::string> forbidden_edges(const std::vector<SourceFile>& files) {
    std::vector<std::string> found;
    for (const SourceFile& file : files)
        for (const Include& include : file.includes)
            if (const SourceFile* to = target(files, include);
                to && !may_see(file.layer, to->layer))
                found.push_back(place(file, include) + ": " + file.layer + " may not see " +
                                to->layer);
    return found;
}

bool is_misplaced(const SourceFile& file, const Include& include) {
    if (leaves.contains(file.layer)) return false;
    return std::ranges::any_of(third_party, [&](const auto& row) {
        return include.path.starts_with(row.first) && !row.second.contains(file.layer);
    });
}

TEST(layering, the_tree_was_found) {
    EXPECT_GT(tree().files.size(), 40u);
    EXPECT_TRUE(tree().libraries.contains("isa"));
    EXPECT_TRUE(tree().libraries.contains("vm"));
}

TEST(layering, every_file_has_a_layer_with_known_arrows) {
    for (const SourceFile& file : tree().files)
        EXPECT_TRUE(arrows.contains(file.layer) || leaves.contains(file.layer))
            << file.path << " is of \"" << file.layer
            << "\": a new folder needs a row here and in docs/design.md";
}

TEST(layering, every_include_follows_the_arrows) {
    EXPECT_THAT(forbidden_edges(tree().files), IsEmpty());
}

TEST(layering, every_link_follows_the_arrows) {
    for (const auto& [name, library] : tree().libraries)
        for (const std::string& link : library.links)
            EXPECT_TRUE(may_see(name, link)) << "library " << name << " links " << link;
}

TEST(layering, libraries_link_what_their_files_include) {
    const auto& files = tree().files;
    const auto& libraries = tree().libraries;
    const auto reaches = [&](auto&& self, const std::string& from, const std::string& to) -> bool {
        return from == to || std::ranges::any_of(libraries.at(from).links, [&](const auto& link) {
                   return self(self, link, to);
               });
    };
    for (const SourceFile& file : files)
        for (const Include& include : file.includes) {
            const SourceFile* to = target(files, include);
            if (!to || !libraries.contains(file.layer) || !libraries.contains(to->layer)) continue;
            EXPECT_TRUE(reaches(reaches, file.layer, to->layer)) << place(file, include);
        }
}

TEST(layering, headers_of_ours_are_included_by_their_full_path) {
    for (const SourceFile& file : tree().files)
        for (const Include& include : file.includes) {
            // BPF programs are compiled by themselves, without our include paths.
            if (file.path.ends_with(".bpf.c")) continue;
            if (target(tree().files, include)) continue;
            const auto same_name = std::ranges::find_if(tree().files, [&](const SourceFile& other) {
                return other.path.ends_with("/" + include.path);
            });
            EXPECT_TRUE(!include.quoted || same_name == tree().files.end())
                << place(file, include) << ", which is " << same_name->path;
        }
}

TEST(layering, public_headers_need_only_the_standard_library) {
    for (const SourceFile& file : tree().files) {
        if (file.layer != "api") continue;
        for (const Include& include : file.includes) {
            EXPECT_EQ(include.quoted, include.path.starts_with("bpftwin/")) << place(file, include);
            EXPECT_TRUE(include.quoted || !include.path.contains('.')) << place(file, include);
        }
    }
}

TEST(layering, third_party_headers_stay_where_they_belong) {
    for (const SourceFile& file : tree().files)
        for (const Include& include : file.includes)
            EXPECT_FALSE(is_misplaced(file, include)) << place(file, include);
}

TEST(layering, a_forbidden_edge_is_noticed) {
    const std::vector<SourceFile> files = {
        {"isa/op.h", "isa", includes_of("#pragma once\n#include \"vm/memory.h\"\n")},
        {"vm/memory.h", "runtime", includes_of("  # include \"isa/op.h\"\n")},
        {"vm/run.cpp", "vm", includes_of("#include \"cli/options.h\"\n")},
        {"cli/options.h", "cli", includes_of("#include \"vm/memory.h\"\n")},
    };
    EXPECT_THAT(forbidden_edges(files),
                ElementsAre("isa/op.h:2 includes vm/memory.h: isa may not see runtime",
                            "vm/run.cpp:1 includes cli/options.h: vm may not see cli"));
}

TEST(layering, a_misplaced_third_party_header_is_noticed) {
    EXPECT_TRUE(is_misplaced({"isa/op.h", "isa", {}}, {"libelf.h", false, 1}));
    EXPECT_FALSE(is_misplaced({"loader/load.cpp", "loader", {}}, {"libelf.h", false, 1}));
    EXPECT_FALSE(is_misplaced({"tests/x.cpp", "tests", {}}, {"gtest/gtest.h", false, 1}));
}

}  // namespace
}  // namespace bpftwin::layering
