// BTF that others made: the running kernel's and what clang emits; C headers as clang reads them.
// All of it is optional: what is not there is a reported skip.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

#include "btf/format.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "loader/elf.h"
#include "tests/support/compile.h"

namespace bpftwin::test {
namespace {

using testing::HasSubstr;

constexpr const char* vmlinux = "/sys/kernel/btf/vmlinux";

struct Ran {
    int status;
    std::string output;
};

Ran run(const std::string& command) {
    std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    if (!pipe) return {-1, "cannot start a shell"};
    std::string output;
    std::array<char, 4096> part{};
    while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe))
        output.append(part.data(), size);
    return {pclose(pipe), output};
}

bool is_there(std::string_view program) {
    return run(fmt::format("command -v {}", program)).status == 0;
}

Bytes read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

#define NEEDS(condition, what) \
    if (!(condition)) GTEST_SKIP() << (what) << " is not there"

/// How often each tag name of C is used.
std::map<std::string_view, int> tag_uses(const Btf& btf) {
    std::map<std::string_view, int> uses;
    for (std::uint32_t id = 1; id < btf.type_count(); ++id)
        if (is_aggregate(btf.kind(id)) || is_enumeration(btf.kind(id))) ++uses[btf.type(id).name];
    return uses;
}

std::string assertions_for(const Btf& btf, const BtfType& type) {
    const std::string tag =
        fmt::format("{} {}", type.kind == BtfKind::union_ ? "union" : "struct", type.name);
    std::string text = fmt::format("_Static_assert(sizeof({}) == {}, \"\");\n", tag, type.size);
    for (const BtfMember& m : btf.members(type))
        if (m.bitfield_size == 0 && !m.name.empty())
            text += fmt::format("_Static_assert(__builtin_offsetof({}, {}) == {}, \"\");\n", tag,
                                m.name, m.bit_offset / 8);
    return text;
}

/// What C must find true of the header of `btf`: sizes and offsets of every type with its own name.
std::string assertions(const Btf& btf) {
    const auto uses = tag_uses(btf);
    std::string text;
    for (std::uint32_t id = 1; id < btf.type_count(); ++id) {
        const BtfType& type = btf.type(id);
        if (is_aggregate(type.kind) && !type.name.empty() && uses.at(type.name) == 1)
            text += assertions_for(btf, type);
    }
    return text;
}

/// Types with a layout that only attributes and padding can give.
constexpr std::string_view odd_types = R"(
typedef unsigned long long u64;
struct tight { char c; int i; short s; } __attribute__((packed));
struct tight_in { char c; struct tight t; int i; };
struct aligned { char c; int i __attribute__((aligned(32))); } __attribute__((aligned(128)));
struct bits { u64 a : 5; int b : 3; u64 : 20; u64 c : 40; char d; unsigned e : 30; } x1;
struct packed_bits { int a : 20; int b : 20; char c; int d : 31; } __attribute__((packed));
struct bool_bits { _Bool a : 1, b : 1; enum { X, Y } e : 2; unsigned short s : 9; };
struct anon { int tag; union { struct { char a; u64 b; }; int c[5]; }; struct { int : 7; int z : 3; }; };
struct flexible { int n; struct anon rest[]; };
struct empty {};
struct with_empty { int a; struct empty e; char b; };
struct half { short s; int i; } __attribute__((packed, aligned(2)));
struct half_in { char c; struct half h; char d; };
struct wide { char c; __int128 i; long double l; float f; double d; };
union big { char c; int i; } __attribute__((aligned(64)));
struct holds_big { char c; union big b; };
enum byte_enum { B1, B2 } __attribute__((packed));
enum huge_enum { H1 = 1ULL << 40, H2 = 3 };
struct enums { enum byte_enum b; enum huge_enum h; char c; };
struct list { struct list *next; void (*call)(struct list *, struct later *, int (*)[3], ...); };
struct later { const volatile char *const s; struct list l; };
typedef struct { int x; } *anon_ptr;
struct uses { anon_ptr p; int __attribute__((btf_type_tag("user"))) *u; };
struct tight g1; struct tight_in g2; struct aligned g3; struct packed_bits g4; struct bool_bits g5;
struct anon g6; struct flexible *g7; struct with_empty g8; struct half_in g9; struct wide g10;
struct holds_big g11; struct enums g12; struct later g13; struct uses g14; struct bits g15;
int f(void) { return g7->n; }
)";

class HeadersCompiled : public testing::Test {
protected:
    static constexpr const char* compiler = "clang-19";

    void SetUp() override { NEEDS(is_there(compiler), compiler); }
    /// The BTF of what clang makes of `source`.
    [[nodiscard]] static Bytes btf_of(std::string_view source) {
        const Compiled object =
            compile(source, {.compiler = compiler, .flags = {"-O1", "-w"}, .name = "in"});
        EXPECT_FALSE(object.path.empty()) << object.errors;
        const Bytes image = object.image();
        const auto elf = ElfFile::open(image);
        const ElfSection* section = elf ? elf->section(".BTF") : nullptr;
        if (!section) throw std::runtime_error("the object has no BTF");
        return {section->data.begin(), section->data.end()};
    }
    /// Compiles the header of `btf` with every assertion about it, and warnings as errors.
    static void expect_same_layout(const Btf& btf) {
        const Compiled checked = compile(to_c(btf) + assertions(btf),
                                         {.compiler = compiler,
                                          .flags = {"-O0", "-Wall", "-Werror", "-ferror-limit=5"},
                                          .name = "out"});
        EXPECT_FALSE(checked.path.empty()) << checked.errors.substr(0, 4000);
    }
};

TEST_F(HeadersCompiled, btf_of_clang_is_accepted) {
    const auto btf = Btf::parse(btf_of(R"(
        struct event { int pid; char comm[16]; };
        int counter = 5; static volatile int hidden; const volatile struct event e = {1};
        extern int config __attribute__((section(".kconfig")));
        extern int kfunc(struct event *) __attribute__((section(".ksyms")));
        extern const void symbol __attribute__((section(".ksyms")));
        __attribute__((section("xdp"))) int run(struct event *c) {
            hidden++;
            return kfunc(c) + counter + e.pid + config + (long)&symbol;
        })"));
    ASSERT_TRUE(btf) << btf.error().message;
    EXPECT_TRUE((*btf)->find("event", BtfKind::struct_));
    const auto data = (*btf)->find(".data", BtfKind::datasec);
    ASSERT_TRUE(data);
    EXPECT_EQ((*btf)->type(*data).size, 0U);
    const DatasecLayout layout{".data", 4, {{"counter", 0}}};
    const auto bytes = with_datasecs((*btf)->raw(), {&layout, 1});
    ASSERT_TRUE(bytes) << bytes.error().message;
    const auto filled = Btf::parse(*bytes);
    ASSERT_TRUE(filled) << filled.error().message;
    EXPECT_EQ(format_value(**filled, *data, Bytes{std::byte{5}, {}, {}, {}}), "{.counter = 5}");
}

TEST_F(HeadersCompiled, headers_keep_odd_layouts) {
    const auto btf = Btf::parse(btf_of(odd_types));
    ASSERT_TRUE(btf) << btf.error().message;
    EXPECT_THAT(assertions(**btf), HasSubstr("sizeof(struct aligned) == 128"));
    expect_same_layout(**btf);
}

TEST_F(HeadersCompiled, headers_keep_bit_fields) {
    const auto before = Btf::parse(btf_of(odd_types));
    ASSERT_TRUE(before);
    const auto after = Btf::parse(
        btf_of(to_c(**before) + "struct bits b; struct packed_bits p; struct bool_bits q;"));
    ASSERT_TRUE(after) << after.error().message;
    for (std::string_view name : {"bits", "packed_bits", "bool_bits"}) {
        const auto old_id = (*before)->find(name, BtfKind::struct_);
        const auto new_id = (*after)->find(name, BtfKind::struct_);
        ASSERT_TRUE(old_id && new_id) << name;
        const auto old_members = (*before)->members((*before)->type(*old_id));
        const auto new_members = (*after)->members((*after)->type(*new_id));
        ASSERT_EQ(old_members.size(), new_members.size()) << name;
        for (std::size_t i = 0; i < old_members.size(); ++i) {
            EXPECT_EQ(old_members[i].bit_offset, new_members[i].bit_offset) << old_members[i].name;
            EXPECT_EQ(old_members[i].bitfield_size, new_members[i].bitfield_size);
        }
    }
}

TEST_F(HeadersCompiled, headers_of_the_kernel_keep_every_layout) {
    NEEDS(access(vmlinux, R_OK) == 0, vmlinux);
    const auto btf = Btf::parse(read_file(vmlinux));
    ASSERT_TRUE(btf) << btf.error().message;
    EXPECT_THAT(assertions(**btf), HasSubstr("sizeof(struct task_struct)"));
    expect_same_layout(**btf);
}

TEST(kernel_btf, types_are_found) {
    NEEDS(access(vmlinux, R_OK) == 0, vmlinux);
    const auto btf = Btf::parse(read_file(vmlinux));
    ASSERT_TRUE(btf) << btf.error().message;
    const auto sk_buff = (*btf)->find("sk_buff", BtfKind::struct_);
    ASSERT_TRUE(sk_buff);
    EXPECT_GT((*btf)->size_of(*sk_buff), 100U);
    EXPECT_TRUE((*btf)->find("bpf_prog_type", BtfKind::enum_));
    for (std::uint32_t id = 1; id < (*btf)->type_count(); ++id) {
        const BtfType& type = (*btf)->type(id);
        if (type.name.empty()) continue;
        ASSERT_LE((*btf)->find(type.name, type.kind), id) << type.name;
    }
}

TEST(kernel_btf, is_listed_as_bpftool_does) {
    NEEDS(access(vmlinux, R_OK) == 0, vmlinux);
    NEEDS(is_there("bpftool"), "bpftool");
    const auto btf = Btf::parse(read_file(vmlinux));
    ASSERT_TRUE(btf) << btf.error().message;
    const Ran theirs = run(fmt::format("bpftool btf dump file {} format raw", vmlinux));
    ASSERT_EQ(theirs.status, 0) << theirs.output;
    EXPECT_TRUE(to_raw(**btf) == theirs.output);
}

}  // namespace
}  // namespace bpftwin::test
