// Types one by one, in the layout of `bpftool btf dump format raw`.
#include <algorithm>
#include <iterator>

#include "btf/format.h"
#include "btf/wire.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

std::string_view or_anonymous(std::string_view name) { return name.empty() ? "(anon)" : name; }

std::string_view encoding_of(const BtfType& type) {
    if (type.is_signed && type.is_char) return "UNKN";
    if (type.is_signed) return "SIGNED";
    if (type.is_char) return "CHAR";
    return type.is_bool ? "BOOL" : "(none)";
}

class RawWriter {
public:
    explicit RawWriter(const Btf& btf) : btf_(btf) {}

    std::string all() {
        for (std::uint32_t id = std::max(btf_.first_id(), 1U); id < btf_.type_count(); ++id)
            one(id);
        return std::move(out_);
    }

private:
    template <class... Args>
    void put(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    }

    void one(std::uint32_t id) {
        const BtfType& type = btf_.type(id);
        put("[{}] {} '{}'", id, name_of(type.kind), or_anonymous(type.name));
        details(type);
        out_ += '\n';
    }

    void details(const BtfType& type) {
        switch (type.kind) {
            case BtfKind::void_: return;
            case BtfKind::int_: return integer(type);
            case BtfKind::ptr:
            case BtfKind::typedef_:
            case BtfKind::volatile_:
            case BtfKind::const_:
            case BtfKind::restrict_:
            case BtfKind::type_tag: return put(" type_id={}", type.type);
            case BtfKind::array:
                return put(" type_id={} index_type_id={} nr_elems={}", type.type, type.index_type,
                           type.count);
            case BtfKind::struct_:
            case BtfKind::union_: return aggregate(type);
            case BtfKind::enum_: return enumeration(type, "", "");
            case BtfKind::enum64: return enumeration(type, "LL", "ULL");
            case BtfKind::fwd: return put(" fwd_kind={}", type.kind_flag ? "union" : "struct");
            case BtfKind::func:
                return put(" type_id={} linkage={}", type.type, name_of(type.linkage));
            case BtfKind::func_proto: return prototype(type);
            case BtfKind::var:
                return put(" type_id={}, linkage={}", type.type, name_of(type.linkage));
            case BtfKind::datasec: return section(type);
            case BtfKind::float_: return put(" size={}", type.size);
            case BtfKind::decl_tag:
                return put(" type_id={} component_idx={}", type.type, type.component);
        }
    }

    void integer(const BtfType& type) {
        put(" size={} bits_offset={} nr_bits={} encoding={}", type.size, type.bit_offset, type.bits,
            encoding_of(type));
    }

    void aggregate(const BtfType& type) {
        put(" size={} vlen={}", type.size, type.count);
        for (const BtfMember& m : btf_.members(type)) {
            // Without kind_flag the record has neither the width nor the shift of the int.
            const bool is_old = !type.kind_flag && m.bitfield_size != 0;
            const unsigned shift = is_old ? btf_.type(btf_.resolve(m.type)).bit_offset : 0;
            put("\n\t'{}' type_id={} bits_offset={}", or_anonymous(m.name), m.type,
                m.bit_offset - shift);
            if (type.kind_flag && m.bitfield_size != 0) put(" bitfield_size={}", m.bitfield_size);
        }
    }

    void enumeration(const BtfType& type, std::string_view signed_end,
                     std::string_view unsigned_end) {
        put(" encoding={} size={} vlen={}", type.kind_flag ? "SIGNED" : "UNSIGNED", type.size,
            type.count);
        for (const BtfEnumerator& e : btf_.enumerators(type)) {
            if (type.kind_flag)
                put("\n\t'{}' val={}{}", e.name, static_cast<std::int64_t>(e.value), signed_end);
            else
                put("\n\t'{}' val={}{}", e.name, e.value, unsigned_end);
        }
    }

    void prototype(const BtfType& type) {
        put(" ret_type_id={} vlen={}", type.type, type.count);
        for (const BtfParam& p : btf_.params(type))
            put("\n\t'{}' type_id={}", or_anonymous(p.name), p.type);
    }

    void section(const BtfType& type) {
        put(" size={} vlen={}", type.size, type.count);
        for (const BtfSectionVar& v : btf_.section_vars(type)) {
            const BtfType& var = btf_.type(v.type);
            put("\n\ttype_id={} offset={} size={} ({} '{}')", v.type, v.offset, v.size,
                name_of(var.kind), or_anonymous(var.name));
        }
    }

    const Btf& btf_;
    std::string out_;
};

}  // namespace

std::string to_raw(const Btf& btf) { return RawWriter(btf).all(); }

}  // namespace bpftwin
