// The running kernel's BPF_BTF_LOAD and our parser on the same mutated types: each difference is
// one that libbpf makes up for before a kernel looks, or a limit that is ours.
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>

#include "btf/wire.h"
#include "gtest/gtest.h"
#include "tests/btf/builder.h"

namespace bpftwin::test {
namespace {

/// 0, or the errno with which the kernel refuses.
int kernel_errno(ByteView raw) {
    bpf_attr attr{};
    attr.btf = reinterpret_cast<std::uint64_t>(raw.data());
    attr.btf_size = static_cast<std::uint32_t>(raw.size());
    const auto fd = static_cast<int>(syscall(SYS_bpf, BPF_BTF_LOAD, &attr, sizeof attr));
    if (fd < 0) return errno;
    close(fd);
    return 0;
}

/// What the kernel says of types that it refuses: the last line of its log.
std::string kernel_complaint(ByteView raw) {
    std::string log(1 << 16, '\0');
    bpf_attr attr{};
    attr.btf = reinterpret_cast<std::uint64_t>(raw.data());
    attr.btf_size = static_cast<std::uint32_t>(raw.size());
    attr.btf_log_buf = reinterpret_cast<std::uint64_t>(log.data());
    attr.btf_log_size = static_cast<std::uint32_t>(log.size());
    attr.btf_log_level = 1;
    (void)syscall(SYS_bpf, BPF_BTF_LOAD, &attr, sizeof attr);
    log.resize(std::strlen(log.c_str()));
    while (log.ends_with('\n')) log.pop_back();
    return log.substr(log.rfind('\n') + 1);
}

/// All kinds, and most ways to refer to each other.
Bytes all_kinds() {
    BtfBuilder b;
    const auto i = b.int_("int", 4, BtfBuilder::is_signed);
    const auto c = b.int_("char", 1);
    const auto flag = b.int_("_Bool", 1, BtfBuilder::is_bool);
    const auto a = b.array(c, i, 16);
    const auto e = b.enum_("state", 4, {{"OFF", 0}, {"ON", 1}});
    const auto wide = b.enum64("wide", 8, {{"LARGE", INT64_MAX}});
    const auto later = b.ptr(i + 10);
    const auto u = b.union_("", 8, {{"e", e, 0}, {"w", wide, 0}});
    const auto t = b.typedef_("name_t", a);
    const auto s = b.struct_(
        "event", 48, {{"name", t, 0}, {"u", u, 128}, {"next", later, 192}, {"flag", flag, 256}});
    b.struct_("bits", 4, {{"x", i, bit_field(0, 3)}, {"y", e, bit_field(3, 5)}}, true);
    const auto k = b.const_(b.volatile_(s));
    const auto r = b.restrict_(b.ptr(b.type_tag("user", k)));
    const auto f = b.func("run", b.func_proto(i, {{"event", r}, {"n", i}}));
    b.func_proto(0, {{"first", i}, {"", 0}});
    b.ptr(b.fwd("hidden"));
    b.decl_tag("entry", f);
    b.decl_tag("second", f, 1);
    b.decl_tag("member", s, 2);
    b.datasec(".data", 8, {{b.var("count", i), 0, 4}, {b.var("last", e), 4, 4}});
    b.struct_("floats", 16, {{"f", b.float_("float", 4), 0}, {"d", b.float_("double", 8), 64}});
    return b.bytes();
}

class Mutator {
public:
    explicit Mutator(Bytes good) : good_(std::move(good)) {
        types_ = btf_wire::read<btf_wire::Header>(good_, 0).type_length;
    }

    Bytes next() {
        Bytes bytes = good_;
        for (unsigned left = 1 + pick(3); left != 0; --left) change(bytes);
        return bytes;
    }

private:
    std::size_t pick(std::size_t bound) { return random_() % bound; }

    void change(Bytes& bytes) {
        const std::size_t header = sizeof(btf_wire::Header);
        const std::size_t at = pick(20) == 0 ? pick(bytes.size()) : header + pick(types_);
        switch (pick(4)) {
            case 0: bytes[at] ^= std::byte{1} << pick(8); break;
            case 1: bytes[at] = std::byte(pick(256)); break;
            case 2: store(bytes, at, static_cast<std::uint32_t>(pick(40))); break;
            case 3: copy(bytes, at, header + pick(types_)); break;
            default: break;
        }
    }
    static void store(Bytes& bytes, std::size_t at, std::uint32_t word) {
        at = at / 4 * 4;
        if (at + 4 <= bytes.size()) std::memcpy(bytes.data() + at, &word, 4);
    }
    static void copy(Bytes& bytes, std::size_t to, std::size_t from) {
        store(bytes, to,
              btf_wire::read<std::uint32_t>(bytes, std::min(from / 4 * 4, bytes.size() - 4)));
    }

    Bytes good_;
    std::size_t types_;
    std::mt19937 random_{1};
};

/// Whether a member of that type may be where compilers put it and the kernel does not want it.
bool is_loose_float(const Btf& btf, const BtfMember& member) {
    const BtfType& type = btf.type(btf.resolve(member.type));
    const std::uint32_t alignment = 8 * std::min(type.size, 8U);
    return type.kind == BtfKind::float_ && member.bit_offset % alignment != 0;
}

/// Why we take a type that the kernel refuses: compilers write it, and libbpf completes it or hands
/// it on, to load the programs without types when the kernel refuses them.
std::string_view excuse_of(const Btf& btf, const BtfType& type) {
    const bool is_extern = type.linkage == BtfLinkage::extern_;
    if (type.kind == BtfKind::datasec && type.size == 0) return "a section without a size";
    if (type.kind == BtfKind::datasec && type.count == 0) return "a section without variables";
    if (type.kind == BtfKind::func && is_extern) return "an extern function";
    if (type.kind == BtfKind::var && is_extern) return "an extern variable";
    if (is_enumeration(type.kind) && type.size == 0) return "an enum that is only announced";
    if (type.is_signed && type.is_char) return "a signed char, as gcc 12 writes it";
    for (const BtfSectionVar& v : btf.section_vars(type))
        if (btf.kind(v.type) == BtfKind::func) return "a function in a section";
    for (const BtfMember& m : btf.members(type))
        if (is_loose_float(btf, m)) return "a float in a packed struct";
    if (type.kind == BtfKind::func)
        for (const BtfParam& p : btf.params(btf.type(type.type)))
            if (p.name.empty() && p.type != 0) return "a parameter without a name";
    return {};
}

std::string_view excuse_of(const Btf& btf) {
    for (std::uint32_t id = 1; id < btf.type_count(); ++id)
        if (const auto excuse = excuse_of(btf, btf.type(id)); !excuse.empty()) return excuse;
    return {};
}

/// Limits that are ours: ints of odd sizes, enums as bit fields of more bits than they have,
/// pointers to declarations of functions, and chains of types. No compiler writes such types.
bool is_limit(const Error& error) {
    constexpr std::string_view limits[] = {"an int of ", "it is wider than its type",
                                           "which is not a type of values", "types deep"};
    return std::ranges::any_of(
        limits, [&](std::string_view limit) { return error.message.contains(limit); });
}

std::size_t mutants() {
    const char* wanted = std::getenv("BPFTWIN_BTF_MUTANTS");
    return wanted ? std::strtoul(wanted, nullptr, 10) : 100'000;
}

TEST(kernel_judge, takes_the_same_types) {
    const Bytes good = all_kinds();
    const int refused = kernel_errno(good);
    if (refused == EPERM || refused == ENOSYS)
        GTEST_SKIP() << "no kernel to load types into: " << std::strerror(refused);
    ASSERT_EQ(refused, 0) << "the kernel refuses what is right: " << std::strerror(refused);
    Mutator mutator(good);
    std::map<std::string, std::size_t> differences;
    std::size_t taken = 0, excused = 0;
    for (std::size_t n = mutants(); n != 0; --n) {
        const Bytes mutant = mutator.next();
        const bool kernel_takes = kernel_errno(mutant) == 0;
        const auto ours = Btf::parse(mutant);
        taken += kernel_takes;
        if (ours.has_value() == kernel_takes) continue;
        const bool is_excused = ours ? !excuse_of(**ours).empty() : is_limit(ours.error());
        if (is_excused)
            ++excused;
        else
            ++differences[ours ? "only we take it: " + kernel_complaint(mutant)
                               : "only the kernel takes it: " + ours.error().message];
    }
    RecordProperty("taken", static_cast<int>(taken));
    RecordProperty("excused", static_cast<int>(excused));
    EXPECT_GT(taken, mutants() / 100);
    for (const auto& [what, count] : differences) ADD_FAILURE() << count << " times: " << what;
}

}  // namespace
}  // namespace bpftwin::test
