// Map definitions of every form, compiled and hand-made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <cstring>

#include "bpftwin/spec.h"
#include "btf/btf.h"
#include "tests/loader/elf_builder.h"
#include "tests/loader/prelude.h"
#include "tests/support/compile.h"

namespace bpftwin {
namespace {

using test::ElfBuilder;
using test::prelude;
using testing::HasSubstr;

std::string compile_error(const std::string& source) {
    auto object = test::compile(prelude + source);
    if (object.path.empty()) return object.skip_reason + object.errors;
    auto loaded = load_elf(object.image(), "file.o");
    return loaded ? "" : loaded.error().message;
}

class btf_maps : public testing::TestWithParam<const char*> {};

TEST_P(btf_maps, all_attributes_are_read) {
    COMPILE_OR_SKIP(object, prelude + R"(
struct key { u32 a, b; }; struct value { u64 x[3]; };
struct {
    __uint(type, 1); __uint(max_entries, 77); __uint(map_flags, 1); __uint(numa_node, 3);
    __uint(pinning, 1); __uint(map_extra, 9); __type(key, struct key); __type(value, struct value);
} full SEC(".maps");
struct { __uint(type, 6); __uint(key_size, 4); __uint(value_size, 24); __uint(max_entries, 2); }
    sizes SEC(".maps");
struct { __uint(type, 27); __uint(max_entries, 5000); } ring SEC(".maps");
SEC("xdp") int prog(void *ctx) { struct key k = {}; return bpf_map_lookup_elem(&sizes, &k) != 0; }
)",
                    {.compiler = GetParam()});
    auto loaded = load_elf(object.image(), "file.o");
    ASSERT_TRUE(loaded) << loaded.error().message;
    const auto* full = loaded->map("full");
    ASSERT_TRUE(full);
    EXPECT_EQ(full->type, MapType::hash);
    EXPECT_EQ(full->max_entries, 77u);
    EXPECT_EQ(full->map_flags, 1u);
    EXPECT_EQ(full->numa_node, 3u);
    EXPECT_EQ(full->map_extra, 9u);
    EXPECT_EQ(full->pinning, Pinning::by_name);
    EXPECT_EQ(full->key_size, 8u);
    EXPECT_EQ(full->value_size, 24u);
    EXPECT_EQ(loaded->btf->type(full->btf_key_type_id).name, "key");
    EXPECT_EQ(loaded->btf->type(full->btf_value_type_id).name, "value");
    const auto* sizes = loaded->map("sizes");
    ASSERT_TRUE(sizes);
    EXPECT_EQ(sizes->key_size, 4u);
    EXPECT_EQ(sizes->value_size, 24u);
    EXPECT_EQ(sizes->btf_key_type_id, 0u);
    EXPECT_EQ(loaded->map("ring")->max_entries, 8192u);
    const auto& insns = loaded->programs.at(0).insns;
    auto load = std::ranges::find_if(insns, [](Insn i) { return i.code == 0x18; });
    ASSERT_NE(load, insns.end());
    EXPECT_EQ(load->src, pseudo::map_fd);
    EXPECT_EQ(loaded->maps.at(static_cast<std::size_t>(load->imm)).name, "sizes");
}

INSTANTIATE_TEST_SUITE_P(, btf_maps, testing::ValuesIn(test::compilers), test::compiler_name);

TEST(maps, values_name_inner_maps_and_programs) {
    COMPILE_OR_SKIP(object, prelude + R"(
struct inner { __uint(type, 2); __uint(max_entries, 4); __type(key, u32); __type(value, u64); };
struct inner one SEC(".maps"); struct inner two SEC(".maps");
struct { __uint(type, 12); __uint(max_entries, 8); __type(key, u32); __array(values, struct inner); }
    outer SEC(".maps") = { .values = { [1] = &one, [5] = &two } };
SEC("xdp") int target(void *ctx) { return 1; }
struct { __uint(type, 3); __uint(max_entries, 3); __uint(key_size, 4);
         __array(values, int(void *)); } jumps SEC(".maps") = { .values = { [2] = &target } };
)");
    auto loaded = load_elf(object.image(), "file.o");
    ASSERT_TRUE(loaded) << loaded.error().message;
    const auto* outer = loaded->map("outer");
    ASSERT_TRUE(outer && outer->inner);
    EXPECT_EQ(outer->value_size, 4u);
    EXPECT_EQ(outer->inner->name, "outer.inner");
    EXPECT_EQ(outer->inner->type, MapType::array);
    EXPECT_EQ(outer->inner->value_size, 8u);
    ASSERT_EQ(outer->slots.size(), 2u);
    EXPECT_EQ(outer->slots[0].index, 1u);
    EXPECT_EQ(outer->slots[0].target, "one");
    EXPECT_EQ(outer->slots[1].index, 5u);
    EXPECT_EQ(outer->slots[1].target, "two");
    const auto* jumps = loaded->map("jumps");
    ASSERT_EQ(jumps->slots.size(), 1u);
    EXPECT_EQ(jumps->slots[0].index, 2u);
    EXPECT_EQ(jumps->slots[0].target, "target");
}

TEST(maps, a_pointer_to_something_else_in_values_is_an_error) {
    auto message = compile_error(R"(
NOINLINE int sub(void *ctx) { return 1; }
SEC("xdp") int prog(void *ctx) { return sub(ctx); }
struct { __uint(type, 3); __uint(max_entries, 3); __uint(key_size, 4);
         __array(values, int(void *)); } jumps SEC(".maps") = { .values = { [0] = &sub } };
)");
    if (message.find("is not installed") != std::string::npos) GTEST_SKIP() << message;
    EXPECT_EQ(message, "file.o: map jumps: 'sub' is not an entry program");
}

TEST(maps, definitions_that_make_no_sense_are_named) {
    auto message = compile_error("struct { __uint(tpye, 1); } m SEC(\".maps\");");
    if (message.find("is not installed") != std::string::npos) GTEST_SKIP() << message;
    EXPECT_EQ(message, "file.o: map m: unknown attribute 'tpye'");
    EXPECT_EQ(compile_error("struct { __uint(max_entries, 1); } m SEC(\".maps\");"),
              "file.o: map m: has no attribute type");
    EXPECT_EQ(compile_error("struct { int type; } m SEC(\".maps\");"),
              "file.o: map m: attribute type: expected a pointer, not INT");
    EXPECT_THAT(
        compile_error("struct { __uint(type, 1); __uint(key_size, 4); __type(key, u64); } m "
                      "SEC(\".maps\");"),
        HasSubstr("map m: attribute key: 8 bytes, but given as 4 before"));
    EXPECT_THAT(compile_error("struct { __uint(type, 1); __uint(pinning, 7); } m SEC(\".maps\");"),
                HasSubstr("attribute pinning: unknown way of pinning 7"));
    EXPECT_THAT(compile_error("struct { __uint(type, 1); } m SEC(\".maps\"); static struct { "
                              "__uint(type, 1); } s SEC(\".maps\");"),
                HasSubstr("map s: a map cannot be static"));
}

TEST(maps, definitions_without_btf_ask_for_it) {
    COMPILE_OR_SKIP(object, prelude + "struct { __uint(type, 1); } m SEC(\".maps\");",
                    {.flags = {"-g0"}});
    EXPECT_EQ(load_elf(object.image(), "file.o").error().message,
              "file.o: section .maps: no BTF describes it; compile with -g");
}

TEST(maps, global_variables_become_data_maps) {
    COMPILE_OR_SKIP(object, prelude + R"(
int initialised = 5; int zeroed; static volatile int own; const volatile int constant = 7;
HIDDEN int hidden_only SEC(".data.hidden") = 3;
int custom SEC(".rodata.custom_section_name") = 9; int zeroed_apart SEC(".bss.custom_section_name");
SEC("xdp") int prog(void *ctx) {
    return initialised + zeroed + own + constant + hidden_only + custom + zeroed_apart;
}
)",
                    {.name = "long_object_name"});
    auto loaded = load_elf(object.image(), "long_object_name.bpf.o");
    ASSERT_TRUE(loaded) << loaded.error().message;
    const auto* data = loaded->map("long_obj.data");
    ASSERT_TRUE(data);
    EXPECT_EQ(data->type, MapType::array);
    EXPECT_EQ(data->key_size, 4u);
    EXPECT_EQ(data->value_size, 4u);
    EXPECT_EQ(data->max_entries, 1u);
    EXPECT_EQ(data->map_flags, BPF_F_MMAPABLE);
    EXPECT_EQ(data->contents, (Bytes{std::byte{5}, {}, {}, {}}));
    EXPECT_FALSE(data->frozen);
    EXPECT_EQ(loaded->btf->type(data->btf_value_type_id).name, ".data");

    const auto* rodata = loaded->map("long_obj.rodata");
    ASSERT_TRUE(rodata);
    EXPECT_EQ(rodata->map_flags, BPF_F_MMAPABLE | BPF_F_RDONLY_PROG);
    EXPECT_TRUE(rodata->frozen);
    const auto* bss = loaded->map("long_obj.bss");
    ASSERT_TRUE(bss);
    EXPECT_EQ(bss->contents, Bytes(8));
    const auto* hidden = loaded->map(".data.hidden");
    ASSERT_TRUE(hidden);
    EXPECT_EQ(hidden->map_flags, 0u) << "no variable to be seen by user space";
    const auto* custom = loaded->map(".rodata.custom_section_name");
    ASSERT_TRUE(custom);
    EXPECT_EQ(custom->section, ".rodata.custom_section_name");
    EXPECT_TRUE(loaded->map(".bss.custom_sec")) << "libbpf keeps whole names of data and rodata";
}

TEST(maps, sections_of_btf_get_sizes_and_offsets) {
    COMPILE_OR_SKIP(object, prelude + R"(
int first = 1; u64 second = 2; static volatile int third = 3;
SEC("xdp") int prog(void *ctx) { return first + second + third; }
)");
    auto loaded = load_elf(object.image(), "file.o");
    ASSERT_TRUE(loaded) << loaded.error().message;
    const auto& btf = *loaded->btf;
    const auto& datasec = btf.type(btf.find(".data", BtfKind::datasec).value());
    EXPECT_EQ(datasec.size, loaded->map("file.data")->value_size);
    ASSERT_EQ(btf.section_vars(datasec).size(), 3u);
    std::uint32_t end = 0;
    for (const auto& var : btf.section_vars(datasec)) {
        EXPECT_GE(var.offset, end);
        end = var.offset + var.size;
        auto value = static_cast<int>(loaded->map("file.data")->contents.at(var.offset));
        auto name = btf.type(var.type).name;
        EXPECT_EQ(value, name == "first" ? 1 : name == "second" ? 2 : 3) << name;
    }
}

struct LegacyObject {
    std::vector<std::uint32_t> words;
    std::vector<std::string> names;

    [[nodiscard]] Result<ObjectSpec> load() const {
        ElfBuilder elf;
        test::BuiltSection maps{.name = "maps"};
        test::append_bytes(maps.data, words.data(), words.size());
        auto size = words.size() * 4 / names.size();
        auto section = elf.section(maps);
        for (std::size_t i = 0; i < names.size(); ++i)
            elf.symbol(names[i], section, STT_OBJECT, i * size, size);
        return load_elf(elf.build(), "file.o");
    }
};

TEST(legacy_maps, the_five_common_words_are_read) {
    auto loaded = LegacyObject{{1, 4, 8, 100, 1, 2, 4, 16, 7, 0}, {"hash", "array"}}.load();
    ASSERT_TRUE(loaded) << loaded.error().message;
    ASSERT_EQ(loaded->maps.size(), 2u);
    EXPECT_EQ(loaded->maps[0].name, "hash");
    EXPECT_EQ(loaded->maps[0].type, MapType::hash);
    EXPECT_EQ(loaded->maps[0].key_size, 4u);
    EXPECT_EQ(loaded->maps[0].value_size, 8u);
    EXPECT_EQ(loaded->maps[0].max_entries, 100u);
    EXPECT_EQ(loaded->maps[0].map_flags, 1u);
    EXPECT_EQ(loaded->maps[1].type, MapType::array);
}

TEST(legacy_maps, the_samples_name_inner_maps_by_index_and_numa_nodes_by_flag) {
    auto loaded = LegacyObject{{9, 4, 8, 100, BPF_F_NUMA_NODE, 0, 2,  //
                                12, 4, 4, 16, 0, 0, 5},
                               {"inner", "outer"}}
                      .load();
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->maps[0].numa_node, 2u);
    EXPECT_EQ(loaded->maps[1].numa_node, 0u);
    ASSERT_TRUE(loaded->maps[1].inner);
    EXPECT_EQ(loaded->maps[1].inner->name, "inner");
    EXPECT_EQ(loaded->maps[1].inner->type, MapType::lru_hash);
}

TEST(legacy_maps, iproute2_names_inner_maps_by_id_and_fills_a_slot) {
    auto loaded = LegacyObject{{12, 4, 4, 16, 0, 1, 2, 42, 3,  //
                                1, 4, 8, 10, 0, 42, 0, 0, 0},
                               {"outer", "inner"}}
                      .load();
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->maps[0].pinning, Pinning::by_name);
    ASSERT_TRUE(loaded->maps[0].inner);
    EXPECT_EQ(loaded->maps[0].inner->name, "inner");
    ASSERT_EQ(loaded->maps[0].slots.size(), 1u);
    EXPECT_EQ(loaded->maps[0].slots[0].index, 3u);
}

TEST(legacy_maps, sizes_that_do_not_divide_are_an_error) {
    EXPECT_THAT((LegacyObject{{1, 4, 8, 100}, {"short"}}.load().error().message),
                HasSubstr("section maps: 16 bytes do not divide into 1 definitions"));
    EXPECT_THAT((LegacyObject{{13, 4, 4, 1, 0, 9, 0}, {"outer"}}.load().error().message),
                HasSubstr("map outer: no definition of its inner maps"));
}

TEST(legacy_maps, an_annotated_map_has_its_types) {
    COMPILE_OR_SKIP(object, prelude + R"(
struct bpf_map_def { u32 type, key_size, value_size, max_entries, map_flags; };
struct bpf_map_def annotated SEC("maps") = { 1, 4, 8, 10, 0 };
struct ____btf_map_annotated { u32 key; u64 value; };
struct ____btf_map_annotated keep_types SEC("keep") = {};
SEC("xdp") int prog(void *ctx) { u32 k = 0; return bpf_map_lookup_elem(&annotated, &k) != 0; }
)");
    auto loaded = load_elf(object.image(), "file.o");
    ASSERT_TRUE(loaded) << loaded.error().message;
    const auto& map = loaded->maps.at(0);
    EXPECT_EQ(loaded->btf->size_of(map.btf_key_type_id), 4u);
    EXPECT_EQ(loaded->btf->size_of(map.btf_value_type_id), 8u);
}

TEST(maps, an_inner_map_of_an_unknown_object_is_not_found_by_name) {
    ObjectSpec empty;
    EXPECT_EQ(empty.map("none"), nullptr);
    EXPECT_EQ(empty.program("none"), nullptr);
}

}  // namespace
}  // namespace bpftwin
