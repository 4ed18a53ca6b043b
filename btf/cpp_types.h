// Types of values as C++: structs, unions and enums with exactly the layout that their BTF states,
// for programs that read and write maps and globals (skeletons).
//
// The C writer (c_writer.h) prints types for BPF programs; here nothing is pointed to (pointers are
// numbers), every hole is a named member, so that `{}` makes all bytes 0, and names are C++'s.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "btf/btf.h"
#include "btf/c_layout.h"

namespace bpftwin {

/// Names of one scope that are C++ identifiers, each taken once.
class CppScope {
public:
    /// `name` with what C++ does not allow replaced: "class" is "class_", "a.b" is "a_b", and the
    /// second "x" is "x_2".
    std::string take(std::string_view name);

private:
    std::unordered_map<std::string, unsigned> taken_;  ///< How often each was asked for.
};

class CppTypes {
public:
    /// @param scope how the definitions are reached: "::firewall_types::".
    CppTypes(const Btf& btf, std::string scope)
        : btf_(btf), layout_(btf), scope_(std::move(scope)) {}

    /// The C++ type of a value: "std::uint32_t", "::firewall_types::event",
    /// "std::array<char, 16>". What it needs is defined.
    /// @param hint names a struct that has no name.
    /// @return empty for what has no size in C++, or one that is not a value's.
    std::string value(std::uint32_t id, std::string_view hint);

    /// Definitions of all types so far, in order, with assertions of their layout.
    [[nodiscard]] const std::string& definitions() const { return definitions_; }
    /// Whether so much was to be defined that the rest was left out.
    [[nodiscard]] bool is_full() const;

private:
    /// A member's type, and what stands behind its name.
    struct Declarator {
        std::string type, suffix;
    };
    /// What one definition is made of.
    struct Body {
        std::string text, checks;
        CppScope names;
        std::string type;  ///< Its name, for checks.
        unsigned holes = 0;
    };

    std::string scalar(std::uint32_t id);
    std::string named(std::uint32_t id, std::string_view name);
    void define_enum(std::uint32_t id, const std::string& name);
    void define_aggregate(std::uint32_t id, const std::string& name);
    void members(Body& body, std::uint32_t id, unsigned indent, std::uint64_t base);
    void member(Body& body, const BtfMember& member, unsigned indent, std::uint64_t base);
    void anonymous(Body& body, const BtfMember& member, unsigned indent, std::uint64_t base);
    void add_line(Body& body, unsigned indent, std::string_view text);
    void hole(Body& body, std::uint64_t from, std::uint64_t to, unsigned indent);
    Declarator declarator(std::uint32_t id, std::string_view hint);
    [[nodiscard]] std::string_view name_of_value(std::uint32_t id) const;

    const Btf& btf_;
    CLayout layout_;
    std::string scope_;
    CppScope names_;
    std::unordered_map<std::uint32_t, std::string> defined_;  ///< Names by id.
    std::string definitions_;
    std::size_t spent_ = 0;  ///< Bytes of bodies.
};

}  // namespace bpftwin
