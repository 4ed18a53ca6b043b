// Types refer to types that exist and make sense there. More lenient than the kernel in what libbpf
// completes before the kernel looks: extern variables and functions.
#include <algorithm>

#include "btf/check.h"
#include "btf/check_each.h"

namespace bpftwin {

using namespace btf_check;

namespace {

bool is_void(const Btf& btf, std::uint32_t id) {
    return btf.kind(btf.resolve(id)) == BtfKind::void_;
}

/// Checks what one type refers to, by its kind.
class ReferenceCheck {
public:
    ReferenceCheck(const Btf& btf, const ValueSizes& sizes, std::uint32_t id)
        : btf_(btf), sizes_(sizes), id_(id), type_(btf.type(id)) {}

    [[nodiscard]] Result<void> run() const {
        switch (type_.kind) {
            case BtfKind::ptr:
            case BtfKind::typedef_:
            case BtfKind::volatile_:
            case BtfKind::const_:
            case BtfKind::restrict_:
            case BtfKind::type_tag: return target();
            case BtfKind::array: return array();
            case BtfKind::func: return function();
            case BtfKind::func_proto: return prototype();
            case BtfKind::var: return variable();
            case BtfKind::datasec: return section();
            case BtfKind::decl_tag: return tag();
            case BtfKind::void_:
            case BtfKind::int_:
            case BtfKind::struct_:
            case BtfKind::union_:
            case BtfKind::enum_:
            case BtfKind::enum64:
            case BtfKind::fwd:
            case BtfKind::float_: return {};
        }
        bug("a kind out of range");
    }

private:
    [[nodiscard]] Result<void> expect(bool good, std::string_view who, std::uint32_t target,
                                      std::string_view want) const {
        if (good) return {};
        return bad(btf_, id_,
                   fmt::format("{} is {}, which is not {}", who, describe(btf_, target), want));
    }

    [[nodiscard]] Result<void> expect_sized(std::string_view who, std::uint32_t target) const {
        return expect(sizes_.of(target).has_value(), who, target, "a type with a size");
    }

    [[nodiscard]] Result<void> target() const {
        const BtfKind kind = btf_.kind(type_.type);
        // btf_check_type_tags
        if (kind == BtfKind::type_tag && is_modifier(type_.kind) && type_.kind != BtfKind::type_tag)
            return bad(btf_, id_, "type tags must come before modifiers");
        return expect(is_value_kind(kind), "its target", type_.type, "a type of values");
    }

    [[nodiscard]] Result<void> array() const {
        const BtfType& element = btf_.type(btf_.resolve(type_.type));
        const bool is_whole = element.kind != BtfKind::int_ || is_whole_int(element);
        return in_turn(
            [&] { return expect_sized("its element", type_.type); },
            [&] { return expect(is_whole, "its element", type_.type, "an int of whole bytes"); },
            [&] {
                return expect(is_whole_int(btf_.type(btf_.resolve(type_.index_type))), "its index",
                              type_.index_type, "an int");
            });
    }

    [[nodiscard]] Result<void> function() const {
        const bool is_prototype = btf_.kind(type_.type) == BtfKind::func_proto;
        return expect(is_prototype, "its type", type_.type, "a FUNC_PROTO");
    }

    [[nodiscard]] Result<void> prototype() const {
        if (!is_void(btf_, type_.type) && !sizes_.of(type_.type))
            return expect(false, "its return type", type_.type, "void or a type with a size");
        return params();
    }

    [[nodiscard]] Result<void> params() const {
        const auto params = btf_.params(type_);
        for (std::uint32_t i = 0; i < type_.count; ++i)
            if (!sizes_.of(params[i].type) && !is_variadic(params[i], i))
                return expect(false, entry("parameter", i, params[i].name), params[i].type,
                              "a type with a size");
        return {};
    }

    [[nodiscard]] bool is_variadic(const BtfParam& param, std::uint32_t index) const {
        return param.type == 0 && param.name.empty() && index + 1 == type_.count;
    }

    /// An extern variable may be of any type: ".ksyms" has `extern const void symbol`.
    [[nodiscard]] Result<void> variable() const {
        if (type_.linkage == BtfLinkage::extern_) return target();
        return expect_sized("its type", type_.type);
    }

    [[nodiscard]] Result<void> section() const {
        return for_each_entry(btf_.section_vars(type_), [&](const BtfSectionVar& v, std::size_t i) {
            const BtfKind kind = btf_.kind(v.type);
            if (kind == BtfKind::var || kind == BtfKind::func) return Result<void>{};
            return expect(false, entry("entry", i, ""), v.type, "a VAR or FUNC");
        });
    }

    [[nodiscard]] Result<void> tag() const {
        const BtfType& tagged = btf_.type(type_.type);
        const bool has_components = is_aggregate(tagged.kind) || tagged.kind == BtfKind::func;
        const bool taggable =
            has_components || tagged.kind == BtfKind::var || tagged.kind == BtfKind::typedef_;
        if (!taggable || type_.component == -1)
            return expect(taggable, "its target", type_.type, "a declaration");
        const std::uint32_t count =
            tagged.kind == BtfKind::func ? btf_.type(tagged.type).count : tagged.count;
        if (has_components && static_cast<std::uint32_t>(type_.component) < count) return {};
        return bad(
            btf_, id_,
            fmt::format("{} has no component {}", describe(btf_, type_.type), type_.component));
    }

    const Btf& btf_;
    const ValueSizes& sizes_;
    std::uint32_t id_;
    const BtfType& type_;
};

}  // namespace

Result<void> check_references(const Btf& btf, const ValueSizes& sizes, std::uint32_t id) {
    return ReferenceCheck(btf, sizes, id).run();
}

}  // namespace bpftwin
