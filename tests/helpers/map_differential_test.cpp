// Maps here against maps of the running kernel: random sequences of every operation that user space
// has, on every type that the kernel lets this process create. Results, errnos and contents must
// agree. BPFTWIN_MAP_OPERATIONS says how many operations (scripts/map-differential).
#include <algorithm>
#include <cstdlib>
#include <random>

#include "fmt/format.h"
#include "kernel-backend/kernel.h"
#include "kernel-backend/map.h"
#include "tests/helpers/first_cpu.h"
#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

/// A definition to compare, with what keys and values its operations use.
struct Subject {
    MapSpec spec;
    /// Whether iteration goes from key to key as in the kernel; else only the whole is compared.
    bool ordered = true;
    Bytes (*value)(std::mt19937& random, std::uint32_t size) = nullptr;
    /// Whether user space stores there what the kernel does; a map of sockets or cgroups takes
    /// anything here.
    bool updates = true;
};

Bytes any_value(std::mt19937& random, std::uint32_t size) {
    Bytes value(size);
    for (std::byte& byte : value) byte = static_cast<std::byte>(random());
    return value;
}

/// Few different ones, for sets.
Bytes one_of_some(std::mt19937& random, std::uint32_t size) {
    Bytes value(size);
    value[0] = static_cast<std::byte>(random() % 97);
    value[size - 1] = static_cast<std::byte>(random() % 3);
    return value;
}

/// No descriptor of anything.
Bytes no_object(std::mt19937& random, std::uint32_t size) {
    Bytes value = bytes_of(std::pair(9999U + random() % 3, random() % 2 * 9999U));
    value.resize(size);
    return value;
}

/// The loopback device or none (others need not exist to be redirected to here), rarely a program.
Bytes a_device(std::mt19937& random, std::uint32_t size) {
    const std::uint32_t device = random() % 4 != 0 ? 1 : 0;
    const std::int32_t program =
        random() % 8 != 0 ? 0 : static_cast<std::int32_t>(random() % 2) - 1;
    Bytes value = bytes_of(std::pair(device, program));
    value.resize(size);
    return value;
}

/// The length of a queue, sometimes too much.
Bytes a_queue(std::mt19937& random, std::uint32_t size) {
    Bytes value = bytes_of(std::pair(random() % 5 * 4097U, std::uint32_t{0}));
    value.resize(size);
    return value;
}

bool takes_descriptors(MapType type) {
    return type == MapType::xskmap || type == MapType::cgroup_array || type == MapType::sockmap ||
           type == MapType::sockhash || type == MapType::reuseport_sockarray;
}

bool is_hashed(MapType type) {
    return type == MapType::hash || type == MapType::percpu_hash || type == MapType::lru_hash ||
           type == MapType::lru_percpu_hash || type == MapType::hash_of_maps ||
           type == MapType::devmap_hash;
}

std::vector<Subject> subjects_of(const MapTypeInfo& info) {
    const auto type = info.type;
    std::vector<Subject> subjects;
    const auto add = [&](std::uint32_t key, std::uint32_t value, std::uint32_t entries,
                         std::uint32_t flags, auto values) {
        subjects.push_back({map_spec(type, key, value, entries, flags), !is_hashed(type), values});
    };
    switch (type) {
        case MapType::array:
        case MapType::percpu_array:
            add(4, 12, 5, 0, any_value);
            add(4, 1, 1, 0, any_value);
            break;
        case MapType::hash:
        case MapType::percpu_hash:
            for (const std::uint32_t flags : {0U, map_flag::no_prealloc}) {
                add(4, 12, 6, flags, any_value);
                add(7, 3, 40, flags, any_value);
            }
            break;
        case MapType::lru_hash:
        case MapType::lru_percpu_hash:
            for (const std::uint32_t flags : {0U, map_flag::no_common_lru})
                for (const std::uint32_t entries : {1U, 10U, 100U, 700U})
                    add(4, 8, entries, flags, any_value);
            break;
        case MapType::lpm_trie:
            for (const std::uint32_t key : {5U, 8U, 12U, 16U, 20U, 24U})
                add(key, 6, key == 5 ? 3 : 60, map_flag::no_prealloc, any_value);
            break;
        case MapType::queue:
        case MapType::stack:
            add(0, 4, 1, 0, any_value);
            add(0, 9, 6, 0, any_value);
            break;
        case MapType::bloom_filter:
            for (const std::uint32_t size : {1U, 4U, 7U, 12U, 33U})
                add(0, size, 20, map_flag::zero_seed, one_of_some);
            subjects.back().spec.map_extra = 3;
            break;
        case MapType::stack_trace:
            add(4, 32, 3, 0, any_value);
            add(4, 32, 3, map_flag::stack_build_id, any_value);
            break;
        case MapType::devmap:
        case MapType::devmap_hash: add(4, 8, 4, 0, a_device); break;
        case MapType::cpumap: add(4, 4, 4, 0, a_queue); break;
        case MapType::array_of_maps:
        case MapType::hash_of_maps:
            add(4, 4, 3, 0, no_object);
            subjects.back().spec.inner =
                std::make_shared<MapSpec>(map_spec(MapType::array, 4, 4, 1));
            break;
        case MapType::arena:
            add(0, 0, 3, map_flag::mmapable, no_object);
            subjects.back().updates = false;
            break;
        default: {
            const bool ring = info.entries == EntryRule::pages;
            const std::uint32_t entries = info.entries == EntryRule::none ? 0 : 3;
            add(info.keys.min, info.values.min, ring ? page_size() : entries, 0, no_object);
            subjects.back().updates = !takes_descriptors(type);
        }
    }
    return subjects;
}

std::string text_of(ByteView bytes) {
    std::string text;
    for (const std::byte byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned>(byte));
    return text;
}

std::string text_of(const std::vector<Bytes>& values) {
    std::string text;
    for (const Bytes& value : values) text += text_of(ByteView(value)) + " ";
    return text;
}

std::string text_of(std::vector<MapEntry> entries, bool ordered) {
    if (!ordered) std::ranges::sort(entries, {}, &MapEntry::key);
    std::string text;
    for (const MapEntry& entry : entries)
        text += text_of(ByteView(entry.key)) + "=" + text_of(entry.values);
    return text;
}

std::string outcome(const Result<void>& result) {
    return result ? "done" : fmt::format("errno {}", result.error().code);
}
std::string outcome(const Result<std::vector<Bytes>>& result) {
    return result ? text_of(*result) : fmt::format("errno {}", result.error().code);
}
std::string outcome(const Result<Bytes>& result) {
    return result ? text_of(ByteView(*result)) : fmt::format("errno {}", result.error().code);
}
/// Where a batch of many ended; without elements.
std::string ending(const Result<MapBatch>& result) {
    return result ? fmt::format("{} done, errno {}", result->count, result->error)
                  : fmt::format("errno {}", result.error().code);
}

/// One map here and one in the kernel.
class Duel {
public:
    Duel(const Subject& subject, kernel::Kernel& kernel, std::uint32_t seed)
        : subject_(subject), random_(seed), cpus_(kernel.cpu_count()) {
        ours_ = make_map(subject.spec, cpus_);
        kernel::MapParts parts;
        if (subject.spec.inner) {
            inner_ = std::move(kernel::KernelMap::create(kernel, *subject.spec.inner, {}).value());
            parts.inner = inner_->descriptor();
        }
        theirs_ = std::move(kernel::KernelMap::create(kernel, subject.spec, parts).value());
    }

    /// One operation on both. @return how they differ.
    std::string step() {
        const unsigned kind = random_() % 64;
        if (kind < 26 && subject_.updates) return update();
        if (kind < 40) return compare("lookup", looked_up(), &MapView::lookup);
        if (kind < 50) return erase();
        if (kind < 55) return compare("take", key(), &MapView::take);
        if (kind < 58) return key_after();
        if (kind < 60) return update_batch();
        if (kind < 61) return erase_batch();
        if (kind < 63) return subject_.ordered ? lookup_batch() : whole();
        return random_() % 8 == 0 ? take_batch() : whole();
    }

    /// The contents of both.
    std::string whole() {
        const auto ours = walk(*ours_);
        const auto theirs = walk(*theirs_);
        return same("all entries", text_of(ours, subject_.ordered),
                    text_of(theirs, subject_.ordered));
    }

private:
    [[nodiscard]] const MapSpec& spec() const { return subject_.spec; }

    static std::string same(std::string_view what, const std::string& ours,
                            const std::string& theirs) {
        if (ours == theirs) return {};
        return fmt::format("{}: here {}, in the kernel {}", what, ours, theirs);
    }

    Bytes prefix_key() {
        // Few bits differ, so that prefixes hold each other.
        Bytes key(spec().key_size);
        const std::uint32_t bits = (spec().key_size - 4) * 8;
        const std::uint32_t length = random_() % 40 == 0 ? bits + 1 : random_() % (bits + 1);
        std::memcpy(key.data(), &length, sizeof length);
        for (std::size_t i = 4; i < key.size(); ++i)
            key[i] = static_cast<std::byte>(random_() % 4 == 0 ? random_() & 0xc1 : 0);
        return key;
    }
    /// More keys than the map has room for; sometimes one that was never stored.
    Bytes key() {
        if (spec().type == MapType::lpm_trie) return prefix_key();
        if (spec().key_size == 0) return random_() % 16 == 0 ? Bytes(4) : Bytes();
        const std::uint32_t number =
            random_() % 64 == 0 ? random_() : random_() % (spec().max_entries * 2 + 1);
        Bytes key = bytes_of(number);
        key.resize(spec().key_size);
        if (key.size() > 4) key.back() = static_cast<std::byte>(number % 3);
        return key;
    }
    Bytes looked_up() { return spec().type == MapType::bloom_filter ? value() : key(); }
    Bytes value() { return subject_.value(random_, spec().value_size); }
    std::vector<Bytes> values() {
        std::vector<Bytes> all(ours_->is_per_cpu() ? cpus_ : 1);
        for (Bytes& one : all) one = value();
        return all;
    }
    std::uint64_t flags() {
        constexpr std::uint64_t rare[] = {3, 4, 5, 6, 8, std::uint64_t{1} << 32, ~std::uint64_t{0}};
        if (random_() % 16 == 0) return rare[random_() % std::size(rare)];
        return random_() % 2 != 0 ? 0 : random_() % 3;
    }

    template <class Value>
    std::string compare(std::string_view what, const Bytes& key,
                        Result<Value> (MapView::*operation)(ByteView)) {
        const std::string ours = outcome((ours_.get()->*operation)(key));
        const std::string theirs = outcome((theirs_.get()->*operation)(key));
        return same(fmt::format("{} {}", what, text_of(ByteView(key))), ours, theirs);
    }
    std::string update() {
        const Bytes at = key();
        const auto stored = values();
        const std::uint64_t how = flags();
        const std::string ours = outcome(ours_->update(at, stored, how));
        return same(fmt::format("update {} flags {:#x}", text_of(ByteView(at)), how), ours,
                    outcome(theirs_->update(at, stored, how)));
    }
    std::string erase() { return compare("delete", key(), &MapView::erase); }
    std::string key_after() {
        std::optional<Bytes> from;
        if (random_() % 4 != 0) from = key();
        std::optional<ByteView> view;
        if (from) view = *from;
        const auto ours = ours_->key_after(view);
        const auto theirs = theirs_->key_after(view);
        if (!subject_.ordered && from) return {};
        if (!subject_.ordered)
            return same("first key", ours ? "some" : outcome(ours),
                        theirs ? "some" : outcome(theirs));
        return same("key after " + (from ? text_of(ByteView(*from)) : "none"), outcome(ours),
                    outcome(theirs));
    }

    std::string lookup_batch() {
        const std::uint32_t count = random_() % 5;
        Bytes ours_at;
        Bytes theirs_at;
        for (int i = 0; i < 3; ++i) {
            const auto ours = ours_->lookup_batch(ours_at, count);
            const auto theirs = theirs_->lookup_batch(theirs_at, count);
            const auto text =
                same(fmt::format("lookup of a batch of {}", count), ending(ours), ending(theirs));
            if (!text.empty() || !ours || !theirs) return text;
            if (const auto differs = same("entries of a batch", text_of(ours->entries, true),
                                          text_of(theirs->entries, true));
                !differs.empty())
                return differs;
            if (ours->count == 0) return {};
            ours_at = ours->cursor;
            theirs_at = theirs->cursor;
        }
        return {};
    }
    std::string take_batch() {
        const auto ours = ours_->take_batch({}, 2 * spec().max_entries);
        const auto theirs = theirs_->take_batch({}, 2 * spec().max_entries);
        if (const auto text = same("take all", ending(ours), ending(theirs));
            !text.empty() || !ours)
            return text;
        return same("what was taken", text_of(ours->entries, subject_.ordered),
                    text_of(theirs->entries, subject_.ordered));
    }
    std::string update_batch() {
        std::vector<MapEntry> entries(1 + random_() % 4);
        for (MapEntry& entry : entries) entry = {sized_key(), values()};
        const std::uint64_t how = random_() % 8 == 0 ? flags() : 0;
        const std::string ours = ending(ours_->update_batch(entries, how));
        return same(fmt::format("update of a batch of {} flags {:#x}", entries.size(), how), ours,
                    ending(theirs_->update_batch(entries, how)));
    }
    std::string erase_batch() {
        std::vector<Bytes> keys(1 + random_() % 4);
        for (Bytes& each : keys) each = sized_key();
        const std::string ours = ending(ours_->erase_batch(keys));
        return same(fmt::format("delete of a batch of {}", keys.size()), ours,
                    ending(theirs_->erase_batch(keys)));
    }
    Bytes sized_key() {
        Bytes made = key();
        made.resize(spec().key_size);
        return made;
    }

    std::vector<MapEntry> walk(MapView& map) {
        std::vector<MapEntry> entries;
        std::optional<Bytes> at;
        while (entries.size() <= spec().max_entries) {
            auto next = map.key_after(at ? std::optional<ByteView>(*at) : std::nullopt);
            if (!next) break;
            entries.push_back({*next, map.lookup(*next).value_or(std::vector<Bytes>())});
            at = std::move(*next);
        }
        return entries;
    }

    Subject subject_;
    std::mt19937 random_;
    std::uint32_t cpus_;
    std::unique_ptr<Map> ours_;
    std::unique_ptr<kernel::KernelMap> inner_;
    std::unique_ptr<kernel::KernelMap> theirs_;
};

std::uint64_t operations_wanted() {
    const char* text = std::getenv("BPFTWIN_MAP_OPERATIONS");
    return text ? std::strtoull(text, nullptr, 10) : 40'000;
}

/// Not types whose creation needs more than a MapSpec says: BTF, kernel structs. Of a
/// perf_event_array slots are open here, as after libbpf's perf_buffer__new.
bool is_comparable(const MapTypeInfo& info) {
    return info.implemented() && info.type != MapType::struct_ops &&
           info.family != MapFamily::local_storage && info.type != MapType::perf_event_array;
}

std::vector<Subject> all_subjects() {
    std::vector<Subject> subjects;
    for (const MapTypeInfo& info : map_type_table())
        if (is_comparable(info))
            for (Subject& subject : subjects_of(info)) subjects.push_back(std::move(subject));
    return subjects;
}

TEST(map_differential, random_operations_do_what_the_kernel_does) {
    const auto kernel = kernel::local_kernel();
    if (!kernel) GTEST_SKIP() << kernel.error().message;
    const OnFirstCpu pinned;
    const auto subjects = all_subjects();
    const std::uint64_t each = operations_wanted() / subjects.size() + 1;
    std::uint64_t done = 0;
    std::uint32_t seed = 0;
    // Sequences of moderate length, each on fresh maps, so that a difference is easily followed.
    constexpr std::uint64_t sequence = 5000;
    for (const Subject& subject : subjects) {
        for (std::uint64_t left = each; left > 0;) {
            Duel duel(subject, **kernel, ++seed);
            const std::uint64_t steps = std::min(left, sequence);
            std::string difference;
            for (std::uint64_t i = 0; i < steps && difference.empty(); ++i)
                difference = duel.step();
            if (difference.empty()) difference = duel.whole();
            left -= steps;
            done += steps;
            EXPECT_EQ(difference, "")
                << fmt::format("{} of {} entries, keys of {}, flags {}, seed {}",
                               name_of(subject.spec.type), subject.spec.max_entries,
                               subject.spec.key_size, map_flags_text(subject.spec.map_flags), seed);
            if (!difference.empty()) break;
        }
    }
    fmt::print("{} operations on {} definitions of maps\n", done, subjects.size());
}

}  // namespace
}  // namespace bpftwin::test
