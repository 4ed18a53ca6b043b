// CO-RE as values: paths through local types, what they find in a target, and the answers.
#include "btf/core.h"

#include <gtest/gtest.h>

#include "btf/core_resolver.h"
#include "tests/btf/builder.h"

namespace bpftwin::test {
namespace {

using Id = BtfBuilder::Id;
using SharedBtf = std::shared_ptr<const Btf>;

/// Builds types by a function that gets a builder with an unsigned int.
template <class Build>
SharedBtf types(Build build) {
    BtfBuilder builder;
    build(builder, builder.int_("unsigned int", 4));
    const auto btf = Btf::parse(builder.bytes());
    EXPECT_TRUE(btf) << btf.error().message;
    return *btf;
}

/// A struct `name` of unsigned ints, one after the other.
SharedBtf struct_of(std::string_view name, const std::vector<std::string_view>& members) {
    return types([&](BtfBuilder& b, Id number) {
        std::vector<BtfBuilder::Member> list;
        for (const std::string_view member : members)
            list.push_back({member, number, static_cast<std::uint32_t>(32 * list.size())});
        b.struct_(name, static_cast<std::uint32_t>(4 * members.size()), list);
    });
}

constexpr Id first = 2;  ///< Of the types that `build` makes.

Result<CoreAnswer> resolve(const SharedBtf& local, const SharedBtf& target, CoreKind kind,
                           std::string_view access, Id root = first) {
    return CoreResolver(*local, {{target.get(), {}}}).resolve(kind, root, access);
}

/// The value in the target, or "poison", or the error.
std::string outcome(const Result<CoreAnswer>& answer) {
    if (!answer) return answer.error().message;
    return answer->fix.is_poison ? "poison" : std::to_string(answer->fix.after);
}

TEST(core, essential_names_end_before_the_last_flavour) {
    EXPECT_EQ(essential_name("task_struct"), "task_struct");
    EXPECT_EQ(essential_name("task_struct___old"), "task_struct");
    EXPECT_EQ(essential_name("a___b___c"), "a___b");
    EXPECT_EQ(essential_name("___x"), "___x");
    EXPECT_EQ(essential_name("a____b"), "a____b");
    EXPECT_EQ(essential_name("a___"), "a___");
    EXPECT_EQ(essential_name(""), "");
}

TEST(core, a_field_is_found_by_its_name_wherever_it_stands) {
    const auto local = struct_of("s___mine", {"a", "b"});
    const auto target = struct_of("s", {"x", "y", "b"});
    EXPECT_EQ(outcome(resolve(local, target, CoreKind::field_byte_offset, "0:1")), "8");
    EXPECT_EQ(outcome(resolve(local, target, CoreKind::field_byte_size, "0:1")), "4");
    EXPECT_EQ(outcome(resolve(local, target, CoreKind::field_exists, "0:1")), "1");
    EXPECT_EQ(outcome(resolve(local, target, CoreKind::field_exists, "0:0")), "0");
    EXPECT_EQ(outcome(resolve(local, target, CoreKind::field_byte_offset, "0:0")), "poison");
}

TEST(core, a_path_reads_as_in_C) {
    const auto local = struct_of("s", {"a", "b"});
    const auto answer = resolve(local, local, CoreKind::field_byte_offset, "3:1");
    ASSERT_TRUE(answer);
    EXPECT_EQ(to_text(answer->local), "struct s[3].b (3:1 @ offset 28)");
    EXPECT_EQ(answer->fix.after, 28);
}

TEST(core, fields_are_found_in_anonymous_members) {
    const auto target = types([](BtfBuilder& b, Id number) {
        const Id inner = b.union_("", 8, {{"x", number, 0}, {"b", number, 0}});
        b.struct_("s", 16, {{"first", number, 0}, {"", inner, 64}});
    });
    const auto local = struct_of("s", {"b"});
    const auto answer = resolve(local, target, CoreKind::field_byte_offset, "0:0");
    EXPECT_EQ(outcome(answer), "8");
    EXPECT_EQ(to_text(*answer->target), "struct s.b (0:1:1 @ offset 8)");
}

TEST(core, fields_of_other_kinds_are_not_the_same) {
    const auto target = types([](BtfBuilder& b, Id) { b.struct_("s", 8, {{"a", b.ptr(0), 0}}); });
    EXPECT_EQ(outcome(resolve(struct_of("s", {"a"}), target, CoreKind::field_exists, "0:0", first)),
              "0");
}

TEST(core, elements_of_arrays_are_inside_their_bounds) {
    const auto array_of = [](std::uint32_t count, bool is_last) {
        return types([&](BtfBuilder& b, Id number) {
            const Id array = b.array(number, number, count);
            std::vector<BtfBuilder::Member> members = {{"a", array, 32}};
            if (!is_last) members.push_back({"end", number, 32 + 32 * count});
            b.struct_("s", 8 + 4 * count, members);
        });
    };
    constexpr Id root = first + 1;
    const auto local = array_of(4, false);
    const auto offset = [&](const SharedBtf& target) {
        return outcome(resolve(local, target, CoreKind::field_byte_offset, "0:0:3", root));
    };
    EXPECT_EQ(offset(array_of(8, false)), "16");
    EXPECT_EQ(offset(array_of(3, false)), "poison");
    EXPECT_EQ(offset(array_of(0, true)), "16") << "a flexible array has all elements";
    EXPECT_EQ(offset(array_of(0, false)), "poison");
}

TEST(core, bit_fields_are_read_by_a_load_and_two_shifts) {
    const auto fields = [](std::uint32_t at, std::uint32_t width) {
        return types([&](BtfBuilder& b, Id number) {
            b.struct_("s", 16, {{"bits", number, width << 24 | at}}, true);
        });
    };
    const auto local = fields(0, 3);
    const auto target = fields(37, 5);
    const auto ask = [&](CoreKind kind) { return outcome(resolve(local, target, kind, "0:0")); };
    EXPECT_EQ(ask(CoreKind::field_byte_offset), "4");
    EXPECT_EQ(ask(CoreKind::field_byte_size), "4");
    EXPECT_EQ(ask(CoreKind::field_lshift_u64), "54");
    EXPECT_EQ(ask(CoreKind::field_rshift_u64), "59");
    EXPECT_EQ(ask(CoreKind::field_signed), "0");
}

TEST(core, another_size_is_read_where_zero_extension_keeps_the_value) {
    const auto of = [](std::uint32_t size, std::uint32_t encoding) {
        return types([&](BtfBuilder& b, Id) {
            const Id number = b.int_("number", size, encoding);
            b.struct_("s", 8, {{"a", number, 0}});
        });
    };
    const auto misfit = [&](const SharedBtf& local, const SharedBtf& target) {
        return resolve(local, target, CoreKind::field_byte_offset, "0:0", first + 1)->fix.is_misfit;
    };
    EXPECT_FALSE(misfit(of(4, 0), of(8, 0)));
    EXPECT_FALSE(misfit(of(4, BtfBuilder::is_signed), of(4, 0)));
    EXPECT_TRUE(misfit(of(4, BtfBuilder::is_signed), of(8, BtfBuilder::is_signed)));
}

TEST(core, types_are_asked_for_by_name_and_kind) {
    const auto local = struct_of("s___local", {"a"});
    const auto target = types([](BtfBuilder& b, Id number) {
        b.typedef_("s", number);
        b.struct_("s", 12, {});
    });
    const auto ask = [&](CoreKind kind) { return outcome(resolve(local, target, kind, "0")); };
    EXPECT_EQ(ask(CoreKind::type_exists), "1");
    EXPECT_EQ(ask(CoreKind::type_size), "12");
    EXPECT_EQ(ask(CoreKind::type_id_target), "3");
    EXPECT_EQ(ask(CoreKind::type_id_local), "2");
    EXPECT_EQ(ask(CoreKind::type_matches), "0") << "the target lacks the member";
    const auto other = struct_of("t", {"a"});
    EXPECT_EQ(outcome(resolve(local, other, CoreKind::type_exists, "0")), "0");
    EXPECT_EQ(outcome(resolve(local, other, CoreKind::type_size, "0")), "0");
}

TEST(core, a_type_matches_that_has_all_members_with_the_same_types) {
    const auto local = struct_of("s", {"b"});
    EXPECT_EQ(outcome(resolve(local, struct_of("s", {"a", "b"}), CoreKind::type_matches, "0")),
              "1");
    EXPECT_EQ(outcome(resolve(local, struct_of("s", {"a", "c"}), CoreKind::type_matches, "0")),
              "0");
}

TEST(core, enumerators_are_found_by_name_in_enums_of_either_width) {
    const auto local =
        types([](BtfBuilder& b, Id) { b.enum_("e", 4, {{"A___old", 1}, {"B", 2}, {"GONE", 3}}); });
    const auto target =
        types([](BtfBuilder& b, Id) { b.enum64("e", 8, {{"B", 0x100000002}, {"A", 7}}); });
    EXPECT_EQ(outcome(resolve(local, target, CoreKind::enumval_value, "0")), "7");
    EXPECT_EQ(outcome(resolve(local, target, CoreKind::enumval_value, "1")), "4294967298");
    EXPECT_EQ(outcome(resolve(local, target, CoreKind::enumval_exists, "2")), "0");
    EXPECT_EQ(outcome(resolve(local, target, CoreKind::enumval_value, "2")), "poison");
}

TEST(core, types_that_disagree_are_ambiguous) {
    const auto local = struct_of("s", {"a"});
    const auto target = types([](BtfBuilder& b, Id number) {
        b.struct_("s", 8, {{"x", number, 0}, {"a", number, 32}});
        b.struct_("s___2", 8, {{"a", number, 0}});
    });
    EXPECT_EQ(outcome(resolve(local, target, CoreKind::field_byte_offset, "0:0")),
              "ambiguous: struct s.a (0:1 @ offset 4) and struct s___2.a (0:0 @ offset 0) are at "
              "different offsets");
    EXPECT_EQ(outcome(resolve(local, target, CoreKind::type_id_target, "0")),
              "ambiguous: struct s gives answer 2, but struct s___2 gives answer 3");
    EXPECT_EQ(outcome(resolve(local, target, CoreKind::type_size, "0")), "8");
}

TEST(core, modules_are_searched_for_what_the_kernel_has_not) {
    const auto local = types([](BtfBuilder& b, Id number) {
        b.struct_("of_kernel", 4, {{"a", number, 0}});
        b.struct_("of_module", 4, {{"a", number, 0}});
    });
    const auto kernel = struct_of("of_kernel", {"x", "a"});
    CoreResolver resolver(*local, {{kernel.get(), {}}, {local.get(), "module"}});
    EXPECT_EQ(outcome(resolver.resolve(CoreKind::field_byte_offset, first, "0:0")), "4");
    const auto answer = resolver.resolve(CoreKind::field_byte_offset, first + 1, "0:0");
    EXPECT_EQ(outcome(answer), "0");
    EXPECT_EQ(answer->module, "module");
}

TEST(core, senseless_relocations_say_what_is_wrong) {
    const auto local = struct_of("s", {"a"});
    const auto error = [&](CoreKind kind, std::string_view access) {
        return outcome(resolve(local, local, kind, access));
    };
    EXPECT_EQ(error(CoreKind::field_exists, ""), "access \"\": is not a list of numbers");
    EXPECT_EQ(error(CoreKind::field_exists, "0:"), "access \"0:\": is not a list of numbers");
    EXPECT_EQ(error(CoreKind::field_exists, "0:-1"), "access \"0:-1\": is not a list of numbers");
    EXPECT_EQ(error(CoreKind::field_exists, "0:9"),
              "access \"0:9\": type 2 (STRUCT s) has no member 9");
    EXPECT_EQ(error(CoreKind::field_exists, "0:0:0"),
              "access \"0:0:0\": type 1 (INT unsigned int) has neither members nor elements");
    EXPECT_EQ(error(CoreKind::type_exists, "1"),
              "access \"1\": must be \"0\" where a type is meant");
    EXPECT_EQ(error(CoreKind::enumval_value, "0"),
              "access \"0\": is no enumerator of type 2 (STRUCT s)");
    EXPECT_EQ(error(CoreKind::field_signed, "0"), "signed of an array element, which is no field");
    std::string deep = "0";
    for (int i = 0; i < 64; ++i) deep += ":0";
    EXPECT_TRUE(error(CoreKind::field_exists, deep).ends_with("has more than 64 numbers"));
}

/// Structs of anonymous members, each twice in the next: exponentially many paths.
SharedBtf nested_doubles(std::uint32_t levels) {
    return types([&](BtfBuilder& b, Id number) {
        Id inner = number;
        for (std::uint32_t i = 0; i < levels; ++i) {
            const std::string_view name = i + 1 == levels ? "s" : "";
            const std::string_view member = i == 0 ? "x" : "";
            inner = b.union_(name, 4, {{member, inner, 0}, {i == 0 ? "y" : "", inner, 0}});
        }
    });
}

TEST(core, hostile_types_end_in_an_error_in_bounded_time) {
    const auto target = nested_doubles(50);
    const auto local =
        types([](BtfBuilder& b, Id number) { b.union_("s", 4, {{"z", number, 0}}); });
    EXPECT_EQ(outcome(resolve(local, target, CoreKind::field_byte_offset, "0:0")),
              "needs more than 1048576 comparisons of types");
    EXPECT_EQ(outcome(resolve(target, target, CoreKind::type_matches, "0", first + 49)),
              "types are nested too deep");
}

}  // namespace
}  // namespace bpftwin::test
