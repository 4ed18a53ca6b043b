// Objects from other projects, and what bits of damage do to objects.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bpftwin/spec.h"
#include "fmt/format.h"
#include "isa/decode.h"
#include "tests/loader/prelude.h"
#include "tests/support/compile.h"

namespace bpftwin {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> corpus_objects() {
    std::vector<fs::path> objects;
    std::error_code missing;
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(BPFTWIN_CORPUS) / "objects", missing))
        if (entry.path().extension() == ".o") objects.push_back(entry.path());
    std::ranges::sort(objects);
    return objects;
}

/// What every loaded object promises its users.
void expect_consistent(const ObjectSpec& object) {
    for (const auto& program : object.programs) {
        ASSERT_FALSE(program.functions.empty());
        EXPECT_EQ(program.functions[0].insn, 0u);
        for (std::size_t i = 0; i < program.insns.size(); ++i) {
            const auto& insn = program.insns[i];
            if (insn.code != 0x18) continue;
            const bool named = !std::ranges::binary_search(program.unnamed_maps, i);
            if (named && (insn.src == pseudo::map_fd || insn.src == pseudo::map_value)) {
                EXPECT_LT(static_cast<std::size_t>(insn.imm), object.maps.size());
            }
            ++i;
        }
        for (const auto& info : program.func_info) EXPECT_LT(info.insn, program.insns.size());
        for (const auto& info : program.line_info) EXPECT_LT(info.insn, program.insns.size());
    }
    for (const auto& map : object.maps) {
        EXPECT_EQ(map.contents.size(), map.is_data() ? map.value_size : 0) << map.name;
    }
}

TEST(corpus, every_object_loads_and_every_program_decodes) {
    auto objects = corpus_objects();
    if (objects.empty()) GTEST_SKIP() << "no objects under " << BPFTWIN_CORPUS << "/objects";
    for (const auto& path : objects) {
        SCOPED_TRACE(path.string());
        auto object = load_elf_file(path);
        ASSERT_TRUE(object) << object.error().message;
        EXPECT_FALSE(object->programs.empty());
        expect_consistent(*object);
        for (const auto& program : object->programs) {
            auto valid = validate(program.insns);
            EXPECT_TRUE(valid) << program.name << ": " << valid.error().message;
        }
    }
}

TEST(corpus, old_objects_have_their_maps_and_types) {
    auto path = fs::path(BPFTWIN_CORPUS) / "objects/linux/test_map_in_map_kern.o";
    if (!fs::exists(path)) GTEST_SKIP() << path << " is not there";
    auto object = load_elf_file(path);
    ASSERT_TRUE(object) << object.error().message;
    const auto* outer = object->map("a_of_port_a");
    ASSERT_TRUE(outer && outer->inner);
    EXPECT_EQ(outer->type, MapType::array_of_maps);
    EXPECT_EQ(outer->inner->name, "port_a");
    EXPECT_EQ(object->programs.at(0).type, ProgType::kprobe);
    EXPECT_EQ(object->programs.at(0).attach_target, "sys_connect");
}

TEST(corpus, a_missing_file_says_so) {
    auto object = load_elf_file("/nonexistent/file.o");
    ASSERT_FALSE(object);
    EXPECT_EQ(object.error().message, "/nonexistent/file.o: No such file or directory");
    EXPECT_EQ(object.error().code, ENOENT);
}

const std::string rich_source = test::prelude + R"(
struct inner { __uint(type, 2); __uint(max_entries, 1); __type(key, u32); __type(value, u64); };
struct inner one SEC(".maps");
struct { __uint(type, 12); __uint(max_entries, 2); __type(key, u32); __array(values, struct inner); }
    outer SEC(".maps") = { .values = { &one } };
struct pt { int pid; } __attribute__((preserve_access_index));
int data = 1; const volatile int constant = 2; static volatile int zero;
extern int CONFIG_HZ SEC(".kconfig");
static NOINLINE int sub(struct pt *p) { return p->pid + zero; }
static long each(u32 i, void *ctx) { return i + data; }
SEC("xdp") int prog(void *ctx) {
    u32 k = constant; bpf_loop(k, each, &k, 0);
    return sub(ctx) + CONFIG_HZ + (bpf_map_lookup_elem(&outer, &k) != 0);
}
)";

TEST(damage, no_truncation_crashes) {
    COMPILE_OR_SKIP(compiled, rich_source);
    auto image = compiled.image();
    ASSERT_TRUE(load_elf(image, "file.o")) << load_elf(image, "file.o").error().message;
    for (std::size_t size = 0; size < image.size(); ++size) {
        Bytes part(image.begin(), image.begin() + static_cast<long>(size));
        auto object = load_elf(part, "file.o");
        if (object) expect_consistent(*object);
    }
}

TEST(damage, no_flipped_bit_crashes_or_breaks_a_promise) {
    COMPILE_OR_SKIP(compiled, rich_source);
    auto image = compiled.image();
    unsigned refused = 0;
    for (std::size_t i = 0; i < image.size(); ++i) {
        auto damaged = image;
        damaged[i] ^= std::byte{1} << (i * 5 % 8);
        auto object = load_elf(damaged, "file.o");
        if (object)
            expect_consistent(*object);
        else
            ++refused;
    }
    EXPECT_GT(refused, 0u);
}

TEST(damage, no_value_in_a_header_or_table_crashes) {
    COMPILE_OR_SKIP(compiled, rich_source);
    auto image = compiled.image();
    for (std::size_t i = 0; i + 4 <= image.size(); i += 4) {
        for (auto byte : {std::byte{0}, std::byte{0xff}, std::byte{0x7f}}) {
            auto damaged = image;
            std::fill_n(damaged.begin() + static_cast<long>(i), 4, byte);
            auto object = load_elf(damaged, "file.o");
            if (object) expect_consistent(*object);
        }
    }
}

}  // namespace
}  // namespace bpftwin
