// Builds BTF, right or wrong, type by type; ids are counted from 1.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.h"
#include "btf/wire.h"

namespace bpftwin::test {

class BtfBuilder {
public:
    using Id = std::uint32_t;
    struct Member {
        std::string_view name;
        Id type;
        std::uint32_t offset;  ///< In bits; with kind_flag the top byte is a width.
    };
    struct Param {
        std::string_view name;
        Id type;
    };
    struct Value {
        std::string_view name;
        std::int64_t value;
    };
    struct Var {
        Id type;
        std::uint32_t offset, size;
    };

    static constexpr std::uint32_t is_signed = 1 << 24, is_char = 2 << 24, is_bool = 4 << 24;

    BtfBuilder() = default;
    /// Types that continue those of `base`, which stands by itself.
    explicit BtfBuilder(std::shared_ptr<const Btf> base)
        : base_(std::move(base)),
          first_string_(btf_wire::read<btf_wire::Header>(base_->raw(), 0).string_length),
          strings_(),
          last_(base_->type_count() - 1) {}

    /// Offset of `text` in the string section.
    std::uint32_t string(std::string_view text) {
        if (text.empty()) return 0;
        const std::size_t at = strings_.size();
        strings_ += text;
        strings_ += '\0';
        return first_string_ + static_cast<std::uint32_t>(at);
    }

    /// A record of any content.
    Id record(BtfKind kind, std::string_view name, std::uint32_t vlen, std::uint32_t word,
              const std::vector<std::uint32_t>& payload = {}, bool kind_flag = false) {
        const auto info =
            static_cast<std::uint32_t>(kind) << 24 | vlen | (kind_flag ? 1U << 31 : 0);
        return words({string(name), info, word}, payload);
    }
    /// A record of any content, head and payload.
    Id words(std::initializer_list<std::uint32_t> head,
             const std::vector<std::uint32_t>& payload = {}) {
        types_.insert(types_.end(), head);
        types_.insert(types_.end(), payload.begin(), payload.end());
        return ++last_;
    }

    Id int_(std::string_view name, std::uint32_t size, std::uint32_t encoding = 0) {
        return record(BtfKind::int_, name, 0, size, {encoding | size * 8});
    }
    Id ptr(Id to) { return record(BtfKind::ptr, "", 0, to); }
    Id array(Id of, Id index, std::uint32_t count) {
        return record(BtfKind::array, "", 0, 0, {of, index, count});
    }
    Id struct_(std::string_view name, std::uint32_t size, const std::vector<Member>& members,
               bool kind_flag = false) {
        return aggregate(BtfKind::struct_, name, size, members, kind_flag);
    }
    Id union_(std::string_view name, std::uint32_t size, const std::vector<Member>& members) {
        return aggregate(BtfKind::union_, name, size, members, false);
    }
    Id enum_(std::string_view name, std::uint32_t size, const std::vector<Value>& values,
             bool has_sign = false) {
        std::vector<std::uint32_t> payload;
        for (const Value& v : values)
            payload.insert(payload.end(), {string(v.name), static_cast<std::uint32_t>(v.value)});
        return record(BtfKind::enum_, name, count(values), size, payload, has_sign);
    }
    Id enum64(std::string_view name, std::uint32_t size, const std::vector<Value>& values,
              bool has_sign = false) {
        std::vector<std::uint32_t> payload;
        for (const Value& v : values)
            payload.insert(payload.end(), {string(v.name), static_cast<std::uint32_t>(v.value),
                                           static_cast<std::uint32_t>(v.value >> 32)});
        return record(BtfKind::enum64, name, count(values), size, payload, has_sign);
    }
    Id fwd(std::string_view name, bool is_union = false) {
        return record(BtfKind::fwd, name, 0, 0, {}, is_union);
    }
    Id typedef_(std::string_view name, Id of) { return record(BtfKind::typedef_, name, 0, of); }
    Id const_(Id of) { return record(BtfKind::const_, "", 0, of); }
    Id volatile_(Id of) { return record(BtfKind::volatile_, "", 0, of); }
    Id restrict_(Id of) { return record(BtfKind::restrict_, "", 0, of); }
    Id type_tag(std::string_view name, Id of, bool is_attribute = false) {
        return record(BtfKind::type_tag, name, 0, of, {}, is_attribute);
    }
    Id decl_tag(std::string_view name, Id of, std::int32_t component = -1) {
        return record(BtfKind::decl_tag, name, 0, of, {static_cast<std::uint32_t>(component)});
    }
    Id func_proto(Id result, const std::vector<Param>& params) {
        std::vector<std::uint32_t> payload;
        for (const Param& p : params) payload.insert(payload.end(), {string(p.name), p.type});
        return record(BtfKind::func_proto, "", count(params), result, payload);
    }
    Id func(std::string_view name, Id prototype, BtfLinkage linkage = BtfLinkage::global) {
        return record(BtfKind::func, name, static_cast<std::uint32_t>(linkage), prototype);
    }
    Id var(std::string_view name, Id type, BtfLinkage linkage = BtfLinkage::global) {
        return record(BtfKind::var, name, 0, type, {static_cast<std::uint32_t>(linkage)});
    }
    Id datasec(std::string_view name, std::uint32_t size, const std::vector<Var>& vars) {
        std::vector<std::uint32_t> payload;
        for (const Var& v : vars) payload.insert(payload.end(), {v.type, v.offset, v.size});
        return record(BtfKind::datasec, name, count(vars), size, payload);
    }
    Id float_(std::string_view name, std::uint32_t size) {
        return record(BtfKind::float_, name, 0, size);
    }

    [[nodiscard]] Bytes bytes() const {
        const auto type_length = static_cast<std::uint32_t>(types_.size() * 4);
        const btf_wire::Header header = {btf_wire::magic,
                                         1,
                                         0,
                                         sizeof(btf_wire::Header),
                                         0,
                                         type_length,
                                         type_length,
                                         static_cast<std::uint32_t>(strings_.size())};
        Bytes out(sizeof header + type_length + strings_.size());
        std::memcpy(out.data(), &header, sizeof header);
        if (type_length != 0) std::memcpy(out.data() + sizeof header, types_.data(), type_length);
        if (!strings_.empty())
            std::memcpy(out.data() + sizeof header + type_length, strings_.data(), strings_.size());
        return out;
    }

    [[nodiscard]] Result<std::shared_ptr<const Btf>> parse() const {
        return Btf::parse(bytes(), base_);
    }
    /// The types of BTF that must be right; a wrong one ends the test.
    [[nodiscard]] std::shared_ptr<const Btf> build() const {
        auto btf = parse();
        if (!btf) throw std::runtime_error(btf.error().message);
        return *btf;
    }

private:
    template <class T>
    static std::uint32_t count(const std::vector<T>& entries) {
        return static_cast<std::uint32_t>(entries.size());
    }
    Id aggregate(BtfKind kind, std::string_view name, std::uint32_t size,
                 const std::vector<Member>& members, bool kind_flag) {
        std::vector<std::uint32_t> payload;
        for (const Member& m : members)
            payload.insert(payload.end(), {string(m.name), m.type, m.offset});
        return record(kind, name, count(members), size, payload, kind_flag);
    }

    std::shared_ptr<const Btf> base_;
    std::uint32_t first_string_ = 0;
    std::vector<std::uint32_t> types_;
    std::string strings_ = std::string(1, '\0');
    Id last_ = 0;
};

/// A width and offset as a member of a struct with kind_flag has them.
constexpr std::uint32_t bit_field(std::uint32_t offset, std::uint32_t width) {
    return width << 24 | offset;
}

}  // namespace bpftwin::test
