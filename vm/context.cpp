#include "vm/context.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "btf/btf.h"
#include "btf/near_names.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "vm/flow_keys.h"
#include "vm/memory.h"
#include "vm/own_socket.h"
#include "vm/packet.h"
#include "vm/sockets.h"
#include "vm/test_run.h"

static_assert(std::endian::native == std::endian::little, "fields are copied as they lie");

namespace bpftwin {
namespace {

/// Fields that `follow_packet` owns, under the names they have in any context struct.
constexpr auto packet_fields =
    std::to_array<std::string_view>({"data", "data_end", "data_meta", "len", "size", "flow_keys",
                                     "skb_data", "skb_data_end", "skb_len"});

bool follows_packet(std::string_view field) {
    return std::ranges::find(packet_fields, field) != packet_fields.end();
}

struct NumberType {
    std::string_view prefix;
    std::uint16_t size;
};
constexpr auto number_types =
    std::to_array<NumberType>({{"u8[", 1}, {"u16[", 2}, {"u32[", 4}, {"u64[", 8}});

/// A field named by type and byte offset, such as "u32[16]".
std::optional<ContextFieldInfo> field_at(std::string_view name) {
    const auto type = std::ranges::find_if(
        number_types, [&](const NumberType& t) { return name.starts_with(t.prefix); });
    if (type == number_types.end()) return std::nullopt;
    const char* const end = name.data() + name.size();
    std::uint16_t offset = 0;
    const auto [stop, error] = std::from_chars(name.data() + type->prefix.size(), end, offset);
    if (error != std::errc{} || std::string_view(stop, end) != "]") return std::nullopt;
    return ContextFieldInfo{name, offset, type->size, false};
}

/// Whether `bytes` hold `value`, as an unsigned or as a sign-extended number.
bool fits(std::uint64_t value, unsigned bytes) {
    if (bytes == 8) return true;
    const unsigned bits = 8 * bytes;
    const auto sign = static_cast<std::int64_t>(value) >> (bits - 1);
    return value >> bits == 0 || sign == -1;
}

bool has_ethernet_header(const ContextLayout& layout) {
    return layout.layer != PacketLayer::payload;
}

}  // namespace

Result<Context> Context::create(ProgType type, const RunInput& input, Packet* packet) {
    Context context(context_layout(type), packet);
    if (const Result<void> filled = context.fill(input); !filled)
        return std::unexpected(filled.error().in(fmt::format("context of {}", name_of(type))));
    return context;
}

Result<void> Context::fill(const RunInput& input) {
    bytes_.resize(layout_->size);
    if (input.context)
        if (Result<void> taken = take_bytes(*input.context); !taken) return taken;
    for (const ContextField& field : input.fields)
        if (Result<void> done = set(field.name, field.value); !done) return done;
    if (layout_->has_packet && packet_ != nullptr)
        if (Result<void> taken = take_packet(input); !taken) return taken;
    place_sockets(input);
    first_bytes_ = bytes_;
    return {};
}

// A kernel that is to make the context of these bytes makes the sockets, too.
void Context::place_sockets(const RunInput& input) {
    if (layout_->has_packet && packet_ == nullptr) return;
    const bool owned = has_own_socket(*this);
    const bool says = input.context || std::ranges::find(input.fields, "is_fullsock",
                                                         &ContextField::name) != input.fields.end();
    if (!says) set_default("is_fullsock", 1);
    const auto& given = input.world.network;
    if (!owned && (!given || given->sockets.empty())) return;
    sockets_ = std::make_shared<SocketTable>(given ? *given : Network::loopback(),
                                             owned ? own_socket(*this) : Socket());
    const auto full = value("is_fullsock");
    if (owned && full.value_or(1) != 0) set_default("sk", sockets_->own().address());
}

// As BPF_PROG_TEST_RUN takes `ctx_in`: short ones are zero-extended, surplus bytes must be zero.
Result<void> Context::take_bytes(const Bytes& raw) {
    if (layout_->is_bytes()) {
        bytes_ = raw;
        return {};
    }
    const std::size_t used = std::min(raw.size(), bytes_.size());
    const auto is_zero = [](std::byte b) { return b == std::byte{0}; };
    if (!std::all_of(raw.begin() + static_cast<std::ptrdiff_t>(used), raw.end(), is_zero))
        return fail(fmt::format("{} bytes given, but struct {} has only {}", raw.size(),
                                layout_->struct_name, bytes_.size()),
                    E2BIG);
    std::copy_n(raw.begin(), used, bytes_.begin());
    return {};
}

Result<void> Context::take_packet(const RunInput& input) {
    const std::size_t least = has_ethernet_header(*layout_) ? ethernet_header_size : 0;
    frame_ = input.packet.value_or(Bytes(least));
    if (frame_.size() < least)
        return fail(fmt::format("a packet of {} bytes is shorter than its Ethernet header ({})",
                                frame_.size(), least),
                    EINVAL);
    if (frame_.size() > Packet::max_size)
        return fail(
            fmt::format("a packet of {} bytes is longer than {}", frame_.size(), Packet::max_size),
            EINVAL);
    place_packet();
    store_packet_bounds();
    describe_packet(*this, frame_);
    return {};
}

void Context::place_packet() {
    packet_->reset(frame_);
    if (layout_->type == ProgType::flow_dissector) place_flow_keys();
    if (layout_->layer != PacketLayer::network) return;
    const auto start = packet_->data() + static_cast<std::uint32_t>(ethernet_header_size);
    packet_->move(start, start, packet_->data_end());
}

// Copies into place: the region and the pointer to it stay the same in every run.
void Context::place_flow_keys() {
    const Bytes first = first_flow_keys(frame_);
    flow_keys_.resize(first.size());
    std::ranges::copy(first, flow_keys_.begin());
    store_if_known("flow_keys", reinterpret_cast<std::uint64_t>(flow_keys_.data()));
}

void Context::attach(Memory& memory) {
    if (!bytes_.empty()) memory.add({.begin = address(), .size = bytes_.size(), .name = "context"});
    if (!flow_keys_.empty())
        memory.add({.begin = reinterpret_cast<std::uint64_t>(flow_keys_.data()),
                    .size = flow_keys_.size(),
                    .name = "flow keys"});
    if (sockets_) sockets_->attach(memory);
    follow_packet(memory);
}

// The first bytes hold the packet's bounds, as it is placed where it was.
void Context::restart(Memory& memory) {
    std::ranges::copy(first_bytes_, bytes_.begin());
    if (sockets_) sockets_->restart();
    if (!layout_->has_packet || packet_ == nullptr) return;
    place_packet();
    place_region(memory);
}

std::uint64_t Context::address() const {
    return bytes_.empty() ? 0 : reinterpret_cast<std::uint64_t>(bytes_.data());
}

std::optional<ContextFieldInfo> Context::find(std::string_view field) const {
    if (const ContextFieldInfo* known = layout_->field(field)) return *known;
    const std::optional<ContextFieldInfo> at = field_at(field);
    if (at && at->offset + std::size_t{at->size} <= bytes_.size()) return at;
    return std::nullopt;
}

std::uint64_t Context::load(const ContextFieldInfo& field) const {
    std::uint64_t value = 0;
    std::memcpy(&value, &bytes_[field.offset], field.size);
    return value;
}

void Context::store(const ContextFieldInfo& field, std::uint64_t value) {
    std::memcpy(&bytes_[field.offset], &value, field.size);
}

std::optional<std::uint64_t> Context::value(std::string_view field) const {
    return find(field).transform([&](const ContextFieldInfo& known) { return load(known); });
}

Result<void> Context::set(std::string_view field, std::uint64_t value) {
    const std::optional<ContextFieldInfo> known = find(field);
    if (!known) return std::unexpected(unknown_field(field));
    if (layout_->has_packet && follows_packet(field))
        return fail(fmt::format("field {} follows the packet; give a packet instead", field),
                    EINVAL);
    if (!fits(value, known->size))
        return fail(fmt::format("{} does not fit field {} of {} bytes", value, field, known->size),
                    EINVAL);
    store(*known, value);
    return {};
}

Result<void> Context::point(std::string_view field, std::uint64_t address) {
    if (auto done = set(field, address); !done) return done;
    hidden_.push_back(find(field)->offset);
    return {};
}

void Context::hide_pointers(std::span<const std::uint32_t> offsets) {
    hidden_.insert(hidden_.end(), offsets.begin(), offsets.end());
}

Error Context::unknown_field(std::string_view field) const {
    if (layout_->is_bytes())
        return {fmt::format("no field \"{}\" in {} plain bytes; name one by its offset, like "
                            "u32[16]",
                            field, bytes_.size()),
                EINVAL};
    std::vector<std::string_view> names;
    std::ranges::transform(layout_->fields, std::back_inserter(names), &ContextFieldInfo::name);
    const auto near = near_names(field, names);
    return {fmt::format("struct {} has no field \"{}\"; {}: {}", layout_->struct_name, field,
                        near.empty() ? "its fields are" : "did you mean",
                        fmt::join(near.empty() ? names : near, ", ")),
            EINVAL};
}

void Context::set_default(std::string_view field, std::uint64_t value) {
    const ContextFieldInfo* known = layout_->field(field);
    if (known != nullptr && load(*known) == 0) store(*known, value);
}

void Context::store_if_known(std::string_view field, std::uint64_t value) {
    if (const ContextFieldInfo* known = layout_->field(field)) store(*known, value);
}

void Context::store_packet_bounds() {
    store_if_known("data", packet_->data());
    store_if_known("data_end", packet_->data_end());
    store_if_known("data_meta", packet_->meta());
    store_if_known("len", packet_->size());
    store_if_known("size", packet_->size());
    // Many events of sockets have no packet, and say so by null pointers.
    if (packet_->size() == 0) return;
    store_if_known("skb_data", packet_->data());
    store_if_known("skb_data_end", packet_->data_end());
    store_if_known("skb_len", packet_->size());
}

void Context::follow_packet(Memory& memory) {
    if (!layout_->has_packet || packet_ == nullptr) return;
    store_packet_bounds();
    place_region(memory);
}

void Context::show_packet(std::uint32_t data, std::uint32_t data_end) {
    store_if_known("data", data);
    store_if_known("data_end", data_end);
}

void Context::place_region(Memory& memory) {
    const std::uint64_t begin = packet_->meta();
    const std::uint64_t size = packet_->data_end() - packet_->meta();
    if (begin == packet_region_ && size == packet_region_size_) return;
    if (packet_region_size_ != 0) memory.remove(packet_region_);
    packet_region_ = begin;
    packet_region_size_ = size;
    if (size != 0)
        memory.add(
            {.begin = begin, .size = size, .writable = layout_->packet_writable, .name = "packet"});
}

Bytes Context::without_pointers() const {
    Bytes copy = bytes_;
    for (const ContextFieldInfo& field : layout_->fields)
        if (field.pointer) std::fill_n(copy.begin() + field.offset, field.size, std::byte{0});
    for (const std::uint32_t offset : hidden_)
        if (offset + pointer_size <= copy.size())
            std::fill_n(copy.begin() + offset, pointer_size, std::byte{0});
    return copy;
}

std::optional<Bytes> Context::packet_afterwards() const {
    if (!layout_->has_packet || packet_ == nullptr) return std::nullopt;
    if (!flow_keys_.empty()) return checked_flow_keys(flow_keys_, frame_.size());
    Bytes out(layout_->layer == PacketLayer::network ? ethernet_header_size : 0);
    std::ranges::copy(packet_->bytes(), std::back_inserter(out));
    return out;
}

}  // namespace bpftwin
