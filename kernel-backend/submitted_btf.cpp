// Externs of an object as kernels take them (libbpf: bpf_object__collect_externs). Record by
// record, as types keep their ids.
#include "kernel-backend/submitted_btf.h"

#include <cstring>

#include "btf/wire.h"

namespace bpftwin::kernel {
namespace {

using btf_wire::Header;
using btf_wire::Param;
using btf_wire::read;
using btf_wire::Record;

constexpr std::uint32_t vlen_mask = 0xffff;
constexpr auto global_linkage = static_cast<std::uint32_t>(BtfLinkage::global);
constexpr std::string_view symbols_section = ".ksyms";

/// A record and what follows it.
class RecordBytes {
public:
    explicit RecordBytes(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}

    [[nodiscard]] Record head() const { return read<Record>(bytes_, 0); }
    [[nodiscard]] const Bytes& bytes() const { return bytes_; }

    template <class T>
    [[nodiscard]] T entry(std::size_t index) const {
        return read<T>(bytes_, sizeof(Record) + index * sizeof(T));
    }
    template <class T>
    void store_entry(std::size_t index, const T& value) {
        store(sizeof(Record) + index * sizeof(T), value);
    }
    void store_head(const Record& head) { store(0, head); }
    /// `void *`, whatever it was.
    void become_pointer() {
        bytes_.resize(sizeof(Record));
        store_head({.name_offset = 0,
                    .info = static_cast<std::uint32_t>(BtfKind::ptr) << 24,
                    .size_or_type = 0});
    }

private:
    template <class T>
    void store(std::size_t offset, const T& value) {
        std::memcpy(bytes_.data() + offset, &value, sizeof value);
    }

    Bytes bytes_;
};

class Submitted {
public:
    explicit Submitted(const Btf& btf) : btf_(btf), header_(read<Header>(btf.raw(), 0)) {
        const ByteView types = btf.raw().subspan(header_.header_length);
        std::size_t at = 0;
        for (std::uint32_t id = 1; id < btf.type_count(); ++id) {
            const std::size_t length = btf_wire::length_of(read<Record>(types, at));
            records_.emplace_back(types.subspan(at, length));
            at += length;
        }
    }

    Bytes run() {
        for (std::uint32_t id = 1; id < btf_.type_count(); ++id) change(id);
        return joined();
    }

private:
    RecordBytes& record(std::uint32_t id) { return records_[id - 1]; }

    void change(std::uint32_t id) {
        const BtfType& type = btf_.type(id);
        const bool is_extern = type.linkage == BtfLinkage::extern_;
        if (type.kind == BtfKind::func && is_extern) define_function(id);
        if (type.kind == BtfKind::var && is_extern) define_variable(id);
        if (type.kind == BtfKind::datasec && (type.name == symbols_section || type.size == 0))
            record(id).become_pointer();
    }

    /// A function's linkage is its record's vlen.
    void define_function(std::uint32_t id) {
        Record head = record(id).head();
        head.info = (head.info & ~vlen_mask) | global_linkage;
        record(id).store_head(head);
        name_parameters(head.size_or_type, head.name_offset);
    }

    /// Prototypes of declarations may leave names out, those of functions may not.
    void name_parameters(std::uint32_t prototype, std::uint32_t name_offset) {
        RecordBytes& parameters = record(prototype);
        for (std::uint32_t i = 0; i < parameters.head().vlen(); ++i) {
            auto parameter = parameters.entry<Param>(i);
            if (parameter.type == 0 || parameter.name_offset != 0) continue;
            parameter.name_offset = name_offset;
            parameters.store_entry(i, parameter);
        }
    }

    /// A variable's linkage follows its record.
    void define_variable(std::uint32_t id) {
        Record head = record(id).head();
        if (!btf_.size_of(head.size_or_type)) head.size_or_type = integer();
        record(id).store_head(head);
        record(id).store_entry(0, global_linkage);
    }

    /// Without one in the whole object there is no such type: then the kernel refuses.
    [[nodiscard]] std::uint32_t integer() const {
        std::uint32_t id = 1;
        while (id < btf_.type_count() && btf_.kind(id) != BtfKind::int_) ++id;
        return id;
    }

    [[nodiscard]] Bytes joined() {
        Bytes types;
        for (const RecordBytes& one : records_)
            types.insert(types.end(), one.bytes().begin(), one.bytes().end());
        const ByteView raw = btf_.raw();
        const ByteView strings =
            raw.subspan(header_.header_length + header_.string_offset, header_.string_length);
        header_.string_offset = header_.type_length = static_cast<std::uint32_t>(types.size());
        Bytes out(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(header_.header_length));
        std::memcpy(out.data(), &header_, sizeof header_);
        out.insert(out.end(), types.begin(), types.end());
        out.insert(out.end(), strings.begin(), strings.end());
        return out;
    }

    const Btf& btf_;
    Header header_;
    std::vector<RecordBytes> records_;
};

}  // namespace

Bytes submitted_btf(const Btf& btf) { return Submitted(btf).run(); }

}  // namespace bpftwin::kernel
