// libbpf as second opinion: it loads the object into the kernel, where a process may, and its
// relocated instructions are compared with ours.
#include <gtest/gtest.h>

#ifdef BPFTWIN_LIBBPF
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#endif

#include <cstring>
#include <map>
#include <memory>

#include "bpftwin/spec.h"
#include "tests/loader/prelude.h"
#include "tests/support/compile.h"

namespace bpftwin {
namespace {

const std::string source = test::prelude + R"(
struct inner { __uint(type, 2); __uint(max_entries, 1); __type(key, u32); __type(value, u64); };
struct inner one SEC(".maps");
struct { __uint(type, 1); __uint(max_entries, 9); __type(key, u32); __type(value, u64); }
    hash SEC(".maps");
struct { __uint(type, 12); __uint(max_entries, 2); __type(key, u32); __array(values, struct inner); }
    outer SEC(".maps") = { .values = { &one } };
int data[3] = {1, 2, 3}; const volatile int constant = 2; static volatile int zero; int zero2;
HIDDEN int hidden SEC(".data.hidden") = 3;
static NOINLINE int leaf(int x) { return x + zero; }
NOINLINE int global(int x) { return leaf(x) + data[2]; }
HIDDEN NOINLINE int unseen(int x) { return leaf(x) * global(x); }
static long each(u32 i, void *ctx) { *(u64 *)ctx += leaf(i); return 0; }
SEC("xdp") int first(void *ctx) {
    u64 sum = 0; u32 k = constant; bpf_loop(k, each, &sum, 0);
    return unseen(1) + global(2) + sum + (bpf_map_lookup_elem(&hash, &k) != 0);
}
SEC("xdp") int second(void *ctx) {
    u32 k = 0; return global(hidden) + zero2 + (bpf_map_lookup_elem(&outer, &k) != 0);
}
SEC("socket") int third(void *ctx) { return leaf(1); }
)";

#ifdef BPFTWIN_LIBBPF

struct CloseObject {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using LibbpfObject = std::unique_ptr<bpf_object, CloseObject>;

/// Names of maps by the descriptors that libbpf wrote into instructions.
std::map<int, std::string> names_by_descriptor(bpf_object* object) {
    std::map<int, std::string> names;
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object) names[bpf_map__fd(map)] = bpf_map__name(map);
    return names;
}

/// libbpf's instruction as ours would be: a map's descriptor becomes its index.
Insn translated(const bpf_insn& theirs, const ObjectSpec& object,
                const std::map<int, std::string>& names) {
    Insn insn;
    std::memcpy(&insn, &theirs, sizeof(insn));
    if (insn.code == 0x18 && (insn.src == pseudo::map_fd || insn.src == pseudo::map_value)) {
        auto name = names.at(insn.imm);
        for (std::size_t i = 0; i < object.maps.size(); ++i)
            if (object.maps[i].name == name) insn.imm = static_cast<int>(i);
    }
    return insn;
}

void expect_same_maps(bpf_object* theirs, const ObjectSpec& ours) {
    bpf_map* map = nullptr;
    std::size_t count = 0;
    bpf_object__for_each_map(map, theirs) {
        const auto* spec = ours.map(bpf_map__name(map));
        ASSERT_TRUE(spec) << bpf_map__name(map);
        EXPECT_EQ(static_cast<unsigned>(spec->type), static_cast<unsigned>(bpf_map__type(map)));
        EXPECT_EQ(spec->key_size, bpf_map__key_size(map)) << spec->name;
        EXPECT_EQ(spec->value_size, bpf_map__value_size(map)) << spec->name;
        EXPECT_EQ(spec->max_entries, bpf_map__max_entries(map)) << spec->name;
        EXPECT_EQ(spec->map_flags, bpf_map__map_flags(map)) << spec->name;
        EXPECT_EQ(spec->btf_key_type_id, bpf_map__btf_key_type_id(map)) << spec->name;
        EXPECT_EQ(spec->btf_value_type_id, bpf_map__btf_value_type_id(map)) << spec->name;
        ++count;
    }
    EXPECT_EQ(count, ours.maps.size());
}

void expect_same_programs(bpf_object* theirs, const ObjectSpec& ours) {
    auto names = names_by_descriptor(theirs);
    bpf_program* program = nullptr;
    std::size_t index = 0;
    bpf_object__for_each_program(program, theirs) {
        ASSERT_LT(index, ours.programs.size());
        const auto& spec = ours.programs[index++];
        EXPECT_EQ(spec.name, bpf_program__name(program));
        EXPECT_EQ(static_cast<unsigned>(spec.type),
                  static_cast<unsigned>(bpf_program__type(program)));
        ASSERT_EQ(spec.insns.size(), bpf_program__insn_cnt(program)) << spec.name;
        for (std::size_t i = 0; i < spec.insns.size(); ++i)
            EXPECT_EQ(spec.insns[i], translated(bpf_program__insns(program)[i], ours, names))
                << spec.name << " insn " << i;
    }
    EXPECT_EQ(index, ours.programs.size());
}

/// Why the kernel loads no program of this process, or 0: an errno.
int load_error() {
    const bpf_insn insns[] = {{0xb7, 0, 0, 0, 0}, {0x95, 0, 0, 0, 0}};
    int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "probe", "GPL", insns, 2, nullptr);
    if (fd < 0) return errno;
    close(fd);
    return 0;
}

#endif

class libbpf_agrees : public testing::TestWithParam<const char*> {};

TEST_P(libbpf_agrees, on_maps_and_linked_instructions) {
#ifdef BPFTWIN_LIBBPF
    libbpf_set_print(nullptr);
    COMPILE_OR_SKIP(compiled, source, {.compiler = GetParam(), .name = "opinion"});
    auto ours = load_elf_file(compiled.path);
    ASSERT_TRUE(ours) << ours.error().message;
    LibbpfObject theirs(bpf_object__open_file(compiled.path.c_str(), nullptr));
    ASSERT_TRUE(theirs);
    expect_same_maps(theirs.get(), *ours);
    if (const int error = load_error())
        GTEST_SKIP() << "the kernel lets this process load no programs: " << std::strerror(error);
    ASSERT_EQ(bpf_object__load(theirs.get()), 0);
    expect_same_programs(theirs.get(), *ours);
#else
    GTEST_SKIP() << "libbpf is not installed";
#endif
}

// libbpf cannot link what gcc 12 writes.
INSTANTIATE_TEST_SUITE_P(, libbpf_agrees, testing::Values("clang-14", "clang-16", "clang-19"),
                         test::compiler_name);

}  // namespace
}  // namespace bpftwin
