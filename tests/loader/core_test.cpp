// CO-RE relocations of compiled programs, for one target after the other.
#include <gtest/gtest.h>

#include "bpftwin/target.h"
#include "btf/btf.h"
#include "isa/disasm.h"
#include "tests/loader/prelude.h"
#include "tests/support/compile.h"

namespace bpftwin {
namespace {

using test::prelude;

/// Types of a kernel, from C.
Result<Target> target_of(std::string_view types) {
    const auto compiled = test::compile(prelude + std::string(types) + R"(
SEC("xdp") int keep(struct s *s) { return sizeof(*s); }
)");
    if (compiled.path.empty()) return fail(compiled.skip_reason + compiled.errors);
    auto btf = load_btf_file(compiled.path);
    if (!btf) return std::unexpected(btf.error());
    return Target{.name = "test-kernel", .types = *btf, .modules = {}};
}

const std::string program = prelude + R"(
struct s { u32 a; u32 b; } __attribute__((preserve_access_index));
SEC("xdp") u64 read(struct s *s) { return s->b; }
SEC("xdp") u64 guarded(struct s *s) {
    return __builtin_preserve_field_info(s->a, 2) ? s->a : 7;
}
)";

#define OBJECT_OR_SKIP(object)                  \
    COMPILE_OR_SKIP(compiled, program);         \
    auto object = load_elf_file(compiled.path); \
    ASSERT_TRUE(object) << object.error().message

/// The text of the first instruction that a relocation changed.
std::string patched(const ObjectSpec& object, std::string_view name) {
    const ProgramSpec& spec = *object.program(name);
    return disassemble(spec.insns, spec.core_relocations.back().insn).value_or("?");
}

TEST(loader_core, a_relocation_is_open_until_it_is_resolved) {
    OBJECT_OR_SKIP(object);
    const CoreRelocation& relocation = object->program("read")->core_relocations.front();
    EXPECT_EQ(relocation.state, CoreState::open);
    EXPECT_EQ(patched(*object, "read"), "(61) r0 = *(u32 *)(r1 +4)");
}

TEST(loader_core, loads_get_the_offset_and_the_size_of_the_target) {
    OBJECT_OR_SKIP(object);
    const auto target = target_of("struct s { u64 x; u64 b; };");
    ASSERT_TRUE(target) << target.error().message;
    const auto outcomes = resolve_core(*object, *target);
    ASSERT_FALSE(outcomes.empty());
    EXPECT_EQ(outcomes.front().local, "struct s.b (0:1 @ offset 4)");
    EXPECT_EQ(outcomes.front().target, "struct s.b (0:1 @ offset 8)");
    EXPECT_EQ(patched(*object, "read"), "(79) r0 = *(u64 *)(r1 +8)");
}

TEST(loader_core, an_object_is_resolved_for_one_target_after_the_other) {
    OBJECT_OR_SKIP(object);
    const auto with = target_of("struct s { u32 x; u32 a; u32 b; };");
    const auto without = target_of("struct s { u32 x; };");
    ASSERT_TRUE(with && without);
    resolve_core(*object, *with);
    EXPECT_EQ(patched(*object, "guarded"), "(61) r0 = *(u32 *)(r1 +4)");
    resolve_core(*object, *without);
    EXPECT_EQ(patched(*object, "guarded"), "(85) call unknown#195896080");
    resolve_core(*object, *with);
    EXPECT_EQ(patched(*object, "guarded"), "(61) r0 = *(u32 *)(r1 +4)");
    EXPECT_EQ(patched(*object, "read"), "(61) r0 = *(u32 *)(r1 +8)");
}

TEST(loader_core, what_a_target_lacks_is_poisoned_and_says_why) {
    OBJECT_OR_SKIP(object);
    const auto target = target_of("struct s { u32 x; };");
    ASSERT_TRUE(target) << target.error().message;
    resolve_core(*object, *target);
    const CoreRelocation& relocation = object->program("read")->core_relocations.front();
    EXPECT_EQ(relocation.state, CoreState::poisoned);
    EXPECT_EQ(relocation.why,
              "byte_off of struct s.b (0:1 @ offset 4): no type s of test-kernel has it");
}

TEST(loader_core, an_instruction_that_does_not_hold_its_value_is_refused) {
    OBJECT_OR_SKIP(object);
    const auto target = target_of("struct s { u32 x; u32 b; };");
    ASSERT_TRUE(target) << target.error().message;
    ProgramSpec& spec = *object->program("read");
    spec.insns[spec.core_relocations.front().insn].off = 12;
    resolve_core(*object, *target);
    EXPECT_EQ(spec.core_relocations.front().state, CoreState::failed);
    EXPECT_EQ(spec.core_relocations.front().why,
              "byte_off of struct s.b (0:1 @ offset 4): the instruction holds 12, but its "
              "relocation says 4");
}

TEST(loader_core, a_target_without_types_resolves_nothing) {
    OBJECT_OR_SKIP(object);
    resolve_core(*object, {.name = "nowhere", .types = nullptr, .modules = {}});
    EXPECT_EQ(object->program("read")->core_relocations.front().why,
              "the types of nowhere are not known");
    EXPECT_EQ(patched(*object, "read"), "(61) r0 = *(u32 *)(r1 +4)");
}

}  // namespace
}  // namespace bpftwin
