#include "helpers/maps/lpm_trie.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "helpers/touch.h"

namespace bpftwin {
namespace {

/// What an update takes at most: a node of its own, and one where ways part.
constexpr std::uint32_t nodes_per_update = 2;

constexpr std::uint32_t length_bytes = sizeof(std::uint32_t);

std::uint32_t padded(std::uint32_t size) {
    return size < 8 ? (size + 3) & ~3U : static_cast<std::uint32_t>(round_up_8(size));
}

/// The first 32 bits, the first one highest.
std::uint32_t first_word(const std::byte* bytes) {
    std::uint32_t word;
    std::memcpy(&word, bytes, sizeof word);
    return __builtin_bswap32(word);
}

/// As many as every entry could need, or as fit in memory: a map without that many nodes is full
/// before it has `max_entries`, as one in a kernel that is out of memory.
std::uint32_t node_count(const MapSpec& spec, std::uint64_t bytes_of_each) {
    const std::uint64_t wanted =
        std::uint64_t{2} * spec.max_entries + LpmTrie::quarantine + nodes_per_update;
    return static_cast<std::uint32_t>(std::min(wanted, Slab::max_bytes / bytes_of_each - 1));
}

}  // namespace

Result<LpmTrie::Storage> LpmTrie::create_storage(const MapSpec& spec) {
    const std::uint64_t node_size = padded(spec.key_size - length_bytes) + sizeof(Node);
    const std::uint64_t value_size = ValueLayout(spec.value_size, {}).stride();
    const Number count = node_count(spec, std::max(round_up_8(node_size), value_size));
    auto nodes = Slab::create(count + 1UL, round_up_8(node_size));
    if (!nodes) return std::unexpected(nodes.error());
    auto values = Slab::create(count + 1UL, value_size);
    if (!values) return std::unexpected(values.error());
    auto given_up = Slab::create(count, sizeof(Number));
    if (!given_up) return std::unexpected(given_up.error());
    return Storage{std::move(*nodes), std::move(*values), std::move(*given_up), count};
}

Result<std::unique_ptr<Map>> LpmTrie::create(const MapSpec& spec, std::uint32_t cpu_count) {
    auto storage = create_storage(spec);
    if (!storage) return std::unexpected(storage.error());
    return std::unique_ptr<Map>(new LpmTrie(spec, cpu_count, std::move(*storage)));
}

LpmTrie::LpmTrie(const MapSpec& spec, std::uint32_t cpu_count, Storage storage)
    : Map(spec, cpu_count, {}),
      nodes_(std::move(storage.nodes)),
      values_(std::move(storage.values)),
      given_up_(std::move(storage.given_up)),
      layout_(spec.value_size, {}),
      value_stride_(layout_.stride()),
      data_size_(spec.key_size - length_bytes),
      node_offset_(padded(data_size_)),
      node_stride_(static_cast<std::uint32_t>(round_up_8(node_offset_ + sizeof(Node)))),
      longest_(data_size_ * 8),
      count_(storage.count) {}

LpmTrie::Number LpmTrie::descend(const PrefixKey& key) const {
    Number found = 0;
    Number at = load_acquire(root_);
    // Prefixes get longer on the way; else the nodes have become others meanwhile.
    for (std::uint32_t above = 0; at != 0;) {
        const Node& here = node(at);
        const std::uint32_t length = load_acquire(here.length);
        if (length < above || key.common_bits(prefix(at), length) < length) break;
        if (load_acquire(here.parting) == 0) found = at;
        if (length >= longest_) break;
        at = load_acquire(here.child[key.bit(length)]);
        above = length + 1;
    }
    return found;
}

inline LpmTrie::Number LpmTrie::descend_word(std::uint32_t key_length, std::uint32_t bits) const {
    Number found = 0;
    Number at = load_acquire(root_);
    for (std::uint32_t above = 0; at != 0;) {
        const auto* memory = prefix(at);
        const auto& here = *reinterpret_cast<const Node*>(memory + sizeof bits);
        const std::uint32_t length = load_acquire(here.length);
        const std::uint32_t stored = load_acquire(*reinterpret_cast<const std::uint32_t*>(memory));
        const std::uint64_t differing = bits ^ __builtin_bswap32(stored);
        // Bits behind the prefix of the node do not count.
        if (length < above || length > key_length || differing >> (32 - length) != 0) break;
        if (load_acquire(here.parting) == 0) found = at;
        if (length >= longest_) break;
        at = load_acquire(here.child[bits >> (31 - length) & 1U]);
        above = length + 1;
    }
    return found;
}

template <class Descend>
LpmTrie::Number LpmTrie::undisturbed(Descend descend) const {
    for (;;) {
        const std::uint64_t gone = load_acquire(gone_);
        const Number found = descend();
        if (load_acquire(gone_) - gone <= quarantine) return found;
    }
}

LpmTrie::Number LpmTrie::longest_match(const PrefixKey& key) const {
    return undisturbed([&] { return descend(key); });
}

void* LpmTrie::lookup_elem(const void* key, std::uint32_t) {
    std::uint32_t length;
    std::memcpy(&length, key, sizeof length);
    if (length > longest_) return nullptr;
    Number found;
    if (data_size_ == sizeof(std::uint32_t)) {
        const std::uint32_t bits = first_word(static_cast<const std::byte*>(key) + length_bytes);
        found = undisturbed([=, this] { return descend_word(length, bits); });
    } else {
        found = longest_match(key_at(key));
    }
    return found != 0 ? value(found) : nullptr;
}

LpmTrie::Place LpmTrie::find(const PrefixKey& key) {
    Place place{&root_, &root_, 0};
    while (*place.link != 0) {
        Node& here = node(*place.link);
        place.matched = key.common_bits(prefix(*place.link), here.length);
        if (here.length != place.matched || here.length == key.length) break;
        place.parent = place.link;
        place.link = &here.child[key.bit(here.length)];
    }
    return place;
}

bool LpmTrie::is_at(const Place& place, const PrefixKey& key) const {
    return *place.link != 0 && place.matched == key.length &&
           node(*place.link).length == key.length;
}

long LpmTrie::update_elem(const void* key, const void* value, std::uint64_t flags, std::uint32_t) {
    touch_readable(key, spec().key_size);
    touch_readable(value, spec().value_size);
    const PrefixKey wanted = key_at(key);
    if (flags > update_flag::exist || wanted.length > longest_) return -EINVAL;
    const std::lock_guard guard(lock_);
    if (available() < quarantine + nodes_per_update) return -ENOMEM;
    const Place place = find(wanted);
    const bool known = is_at(place, wanted) && node(*place.link).parting == 0;
    if (const long error = check_update(known, flags); error != 0) return error;
    if (!known) ++entries_;
    const Number fresh = make_node(wanted.bytes, wanted.length, false);
    layout_.store(this->value(fresh), static_cast<const std::byte*>(value));
    insert(place, wanted, fresh);
    return 0;
}

long LpmTrie::check_update(bool known, std::uint64_t flags) const {
    if (known) return flags == update_flag::noexist ? -EEXIST : 0;
    if (flags == update_flag::exist) return -ENOENT;
    return entries_ == spec().max_entries ? -ENOSPC : 0;
}

void LpmTrie::insert(const Place& place, const PrefixKey& key, Number fresh) {
    const Number here = *place.link;
    if (is_at(place, key)) {
        for (const unsigned side : {0U, 1U})
            store_release(node(fresh).child[side], node(here).child[side]);
        store_release(*place.link, fresh);
        return give_back(here);
    }
    if (here != 0 && place.matched != key.length) return part(place, key, fresh);
    if (here != 0)
        store_release(node(fresh).child[bit_of_prefix(prefix(here), place.matched)], here);
    store_release(*place.link, fresh);
}

void LpmTrie::part(const Place& place, const PrefixKey& key, Number fresh) {
    const Number here = *place.link;
    const Number parting = make_node(prefix(here), place.matched, true);
    const unsigned side = key.bit(place.matched);
    store_release(node(parting).child[side], fresh);
    store_release(node(parting).child[1 - side], here);
    store_release(*place.link, parting);
}

long LpmTrie::delete_elem(const void* key) {
    touch_readable(key, spec().key_size);
    const PrefixKey wanted = key_at(key);
    if (wanted.length > longest_) return -EINVAL;
    const std::lock_guard guard(lock_);
    const Place place = find(wanted);
    if (!is_at(place, wanted) || node(*place.link).parting != 0) return -ENOENT;
    --entries_;
    remove(place);
    return 0;
}

void LpmTrie::remove(const Place& place) {
    const Number gone = *place.link;
    Node& here = node(gone);
    if (here.child[0] != 0 && here.child[1] != 0)
        return store_release(here.parting, std::uint16_t{1});
    const Number parent = *place.parent;
    const bool is_leaf = here.child[0] == 0 && here.child[1] == 0;
    if (is_leaf && place.link != &root_ && node(parent).parting != 0) {
        const Node& above = node(parent);
        store_release(*place.parent, above.child[above.child[0] == gone ? 1 : 0]);
        give_back(parent);
    } else {
        store_release(*place.link, here.child[here.child[0] != 0 ? 0 : 1]);
    }
    give_back(gone);
}

// Nodes that were given up are used again in that order, and only while enough others wait.
LpmTrie::Number LpmTrie::fresh_node() {
    if (waiting() <= quarantine) return ++used_;
    return given_up_.as<Number>()[reused_++ % count_];
}

void LpmTrie::give_back(Number number) {
    given_up_.as<Number>()[gone_ % count_] = number;
    store_release(gone_, gone_ + 1);
}

LpmTrie::Number LpmTrie::make_node(const std::byte* bytes, std::uint32_t length, bool parting) {
    const Number number = fresh_node();
    Node& made = node(number);
    store_release(made.child[0], Number{0});
    store_release(made.child[1], Number{0});
    store_release(made.length, static_cast<std::uint16_t>(length));
    store_release(made.parting, static_cast<std::uint16_t>(parting));
    copy_to_map(prefix(number), bytes, data_size_);
    return number;
}

void LpmTrie::copy_key(Number number, void* to) const {
    const std::uint32_t length = node(number).length;
    std::memcpy(to, &length, sizeof length);
    copy_from_map(static_cast<std::byte*>(to) + sizeof length, prefix(number), data_size_);
}

long LpmTrie::next_key(const void* key, void* next) {
    const std::lock_guard guard(lock_);
    if (root_ == 0) return -ENOENT;
    const std::vector<Number> way = key ? way_to(key_at(key)) : std::vector<Number>();
    const Number found = way.empty() ? first_below(root_) : next_behind(way);
    if (found == 0) return -ENOENT;
    copy_key(found, next);
    return 0;
}

/// The nodes from the root to the entry of a key; none without an entry.
std::vector<LpmTrie::Number> LpmTrie::way_to(const PrefixKey& key) const {
    std::vector<Number> way;
    if (key.length > longest_) return way;
    for (Number at = root_; at != 0;) {
        const Node& here = node(at);
        way.push_back(at);
        if (key.common_bits(prefix(at), here.length) != here.length) break;
        if (here.length == key.length) return here.parting != 0 ? std::vector<Number>() : way;
        at = here.child[key.bit(here.length)];
    }
    return {};
}

LpmTrie::Number LpmTrie::next_behind(const std::vector<Number>& way) const {
    for (std::size_t i = way.size() - 1; i > 0; --i) {
        const Node& above = node(way[i - 1]);
        if (above.child[0] == way[i] && above.child[1] != 0) return first_below(above.child[1]);
        if (above.parting == 0) return way[i - 1];
    }
    return 0;
}

LpmTrie::Number LpmTrie::first_below(Number root) const {
    for (Number at = root;;) {
        const Node& here = node(at);
        const Number below = here.child[here.child[0] != 0 ? 0 : 1];
        if (below == 0) return at;
        at = below;
    }
}

std::vector<Region> LpmTrie::regions() const {
    return {value_region(values_.begin(), values_.bytes(), layout_.stride())};
}

long LpmTrie::copy_out(const void* key, std::span<Bytes> values) {
    const std::lock_guard guard(lock_);
    const void* found = lookup_elem(key, 0);
    if (!found) return -ENOENT;
    layout_.load(static_cast<const std::byte*>(found), values.front().data());
    return 0;
}

long LpmTrie::copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) {
    return update_elem(key, values.front().data(), flags, 0);
}

}  // namespace bpftwin
