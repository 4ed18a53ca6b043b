// The running kernel judges: the same definitions and the same user-space operations on its maps
// and on ours must give the same errno and contents.
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <random>

#include "fmt/format.h"
#include "tests/helpers/first_cpu.h"
#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

long bpf(int command, bpf_attr& attr) {
    const long result = syscall(SYS_bpf, command, &attr, sizeof attr);
    return result < 0 ? -errno : result;
}

class Descriptor {
public:
    explicit Descriptor(long fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    ~Descriptor() {
        if (fd_ >= 0) close(static_cast<int>(fd_));
    }
    [[nodiscard]] long value() const { return fd_; }

private:
    long fd_;
};

std::uint64_t pointer(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

Descriptor kernel_create(const MapSpec& spec) {
    const Descriptor inner(spec.inner ? kernel_create(*spec.inner) : Descriptor(-1));
    bpf_attr attr{};
    attr.map_type = static_cast<std::uint32_t>(spec.type);
    attr.key_size = spec.key_size;
    attr.value_size = spec.value_size;
    attr.max_entries = spec.max_entries;
    attr.map_flags = spec.map_flags;
    attr.numa_node = spec.numa_node;
    attr.map_extra = spec.map_extra;
    if (spec.inner) attr.inner_map_fd = static_cast<std::uint32_t>(inner.value());
    return Descriptor(bpf(BPF_MAP_CREATE, attr));
}

/// The bpf(2) commands on one kernel map.
class KernelMap {
public:
    KernelMap(Descriptor fd, std::size_t value_bytes) : fd_(std::move(fd)), value_(value_bytes) {}

    long update(const Bytes& key, const Bytes& value, std::uint64_t flags) {
        return command(BPF_MAP_UPDATE_ELEM, key, value.data(), flags);
    }
    long erase(const Bytes& key) { return command(BPF_MAP_DELETE_ELEM, key, nullptr, 0); }
    long lookup(const Bytes& key) { return command(BPF_MAP_LOOKUP_ELEM, key, value_.data(), 0); }
    [[nodiscard]] const Bytes& value() const { return value_; }
    long next(const Bytes* key, Bytes& next) {
        bpf_attr attr = of_map();
        attr.key = key ? pointer(key->data()) : 0;
        attr.next_key = pointer(next.data());
        return bpf(BPF_MAP_GET_NEXT_KEY, attr);
    }
    [[nodiscard]] int fd() const { return static_cast<int>(fd_.value()); }

private:
    [[nodiscard]] bpf_attr of_map() const {
        bpf_attr attr{};
        attr.map_fd = static_cast<std::uint32_t>(fd_.value());
        return attr;
    }
    long command(int command, const Bytes& key, const void* value, std::uint64_t flags) {
        bpf_attr attr = of_map();
        attr.key = pointer(key.data());
        attr.value = pointer(value);
        attr.flags = flags;
        return bpf(command, attr);
    }

    Descriptor fd_;
    Bytes value_;
};

/// A program that looks `key` up once.
void kernel_program_lookup(int map, std::uint32_t key) {
    const auto fd = map;
    const auto number = static_cast<std::int32_t>(key);
    const bpf_insn program[] = {
        {BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, number},
        {BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0},
        {BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4},
        {BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, fd},
        {0, 0, 0, 0, 0},
        {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem},
        {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},
        {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
    };
    bpf_attr load{};
    load.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
    load.insns = pointer(program);
    load.insn_cnt = std::size(program);
    load.license = pointer("GPL");
    const Descriptor loaded(bpf(BPF_PROG_LOAD, load));
    ASSERT_GE(loaded.value(), 0);
    Bytes packet(64);
    bpf_attr run{};
    run.test.prog_fd = static_cast<std::uint32_t>(loaded.value());
    run.test.data_in = pointer(packet.data());
    run.test.data_size_in = 64;
    ASSERT_EQ(bpf(BPF_PROG_TEST_RUN, run), 0);
}

std::uint32_t possible_cpus() {
    std::ifstream file("/sys/devices/system/cpu/possible");
    std::string text;
    file >> text;
    const auto dash = text.rfind('-');
    return static_cast<std::uint32_t>(
        std::stoul(dash == std::string::npos ? text : text.substr(dash + 1)) + 1);
}

class maps_on_the_kernel : public testing::Test {
protected:
    void SetUp() override {
        const Descriptor fd = kernel_create(map_spec(MapType::lru_hash, 4, 4, 1));
        if (fd.value() < 0)
            GTEST_SKIP() << "the kernel lets this process create no maps: "
                         << std::strerror(static_cast<int>(-fd.value()));
    }
};

void expect_same_verdict(const MapSpec& spec) {
    const Descriptor fd = kernel_create(spec);
    const long kernel = std::min(fd.value(), 0L);
    EXPECT_EQ(code(check_map_attributes(spec)), kernel)
        << fmt::format("type {} key {} value {} entries {} flags {} numa {} extra {}",
                       name_of(spec.type), spec.key_size, spec.value_size, spec.max_entries,
                       map_flags_text(spec.map_flags), spec.numa_node, spec.map_extra);
}

/// A definition that the kernel accepts.
MapSpec smallest(const MapTypeInfo& info) {
    MapSpec spec = map_spec(info.type, info.keys.min, info.values.min, 0);
    if (info.entries == EntryRule::some) spec.max_entries = 1;
    if (info.entries == EntryRule::pages) spec.max_entries = page_size();
    if (info.type == MapType::lpm_trie) spec.map_flags = map_flag::no_prealloc;
    if (info.type == MapType::stack_trace) spec.value_size = 32;  // Also with stack_build_id.
    if (info.type == MapType::arena) spec.map_flags = map_flag::mmapable;
    if (info.type == MapType::array_of_maps || info.type == MapType::hash_of_maps)
        spec.inner = std::make_shared<MapSpec>(map_spec(MapType::array, 4, 4, 1));
    return spec;
}

/// Types whose creation needs more than a MapSpec says: BTF, kernel structs.
bool needs_btf(const MapTypeInfo& info) {
    return info.type == MapType::struct_ops || info.name.ends_with("_storage");
}

TEST_F(maps_on_the_kernel, agree_on_every_flag_of_every_type) {
    for (const MapTypeInfo& info : map_type_table()) {
        if (needs_btf(info)) continue;
        MapSpec spec = smallest(info);
        expect_same_verdict(spec);
        const std::uint32_t required = spec.map_flags;
        for (unsigned bit = 0; bit < 19; ++bit) {
            spec.map_flags = required | 1U << bit;
            // token_fd is stripped before the type sees it and needs a token.
            if (spec.map_flags != (required | map_flag::token_fd)) expect_same_verdict(spec);
        }
    }
}

TEST_F(maps_on_the_kernel, agree_on_random_definitions) {
    constexpr std::uint32_t sizes[] = {0,
                                       1,
                                       2,
                                       3,
                                       4,
                                       5,
                                       7,
                                       8,
                                       12,
                                       16,
                                       40,
                                       512,
                                       32768,
                                       32769,
                                       4U << 20,
                                       (4U << 20) - 52,
                                       (4U << 20) - 53,
                                       1U << 31};
    constexpr std::uint32_t counts[] = {0, 1, 2, 5, 4096, 4097, 8192, 65536, (1U << 27) + 1};
    constexpr std::uint32_t flags[] = {0, 0, 0, 0, 1, 2, 4, 8, 16, 24, 64, 128, 256, 384, 1024};
    std::mt19937 random(1);
    const auto pick = [&](const auto& list) { return list[random() % std::size(list)]; };
    unsigned judged = 0;
    for (int i = 0; i < 6000; ++i) {
        const MapTypeInfo& info = map_type_table()[random() % map_type_table().size()];
        if (!info.implemented()) continue;
        MapSpec spec = smallest(info);
        if (random() % 2) spec.key_size = pick(sizes);
        if (random() % 2) spec.value_size = pick(sizes);
        if (random() % 2) spec.max_entries = pick(counts);
        spec.map_flags = pick(flags) | (random() % 2 ? pick(flags) : 0);
        if (random() % 8 == 0) spec.numa_node = 7;
        if (random() % 16 == 0) spec.map_extra = random() % 2 ? 1 : 16;
        // The kernel allocates what it accepts, and limits CPUs by its configuration.
        const auto bytes = std::uint64_t{spec.max_entries} * (spec.value_size + spec.key_size + 64);
        const bool refused_for_size = spec.max_entries > 1U << 27 && spec.type == MapType::hash;
        if (bytes > 64U << 20 && !refused_for_size && spec.max_entries > 1) continue;
        if (spec.type == MapType::cpumap && spec.max_entries > 64) continue;
        ++judged;
        expect_same_verdict(spec);
    }
    EXPECT_GT(judged, 1000U);
}

/// Runs the same commands on both and compares after each.
class Pair {
public:
    explicit Pair(const MapSpec& spec)
        : cpus_(possible_cpus()),
          ours_(make_map(spec, cpus_)),
          stride_(ours_->is_per_cpu() ? (spec.value_size + 7) / 8 * 8 : spec.value_size),
          kernel_(kernel_create(spec), stride_ * (ours_->is_per_cpu() ? cpus_ : 1)) {}

    void update(std::uint32_t key, std::uint64_t seed, std::uint64_t flags) {
        std::vector<Bytes> values;
        Bytes together(kernel_.value().size());
        for (std::size_t at = 0; at < together.size(); at += stride_) {
            Bytes value(ours_->spec().value_size);
            for (std::size_t i = 0; i < value.size(); ++i)
                value[i] = static_cast<std::byte>(seed + at + i);
            std::copy(value.begin(), value.end(), together.begin() + static_cast<long>(at));
            values.push_back(value);
        }
        ASSERT_EQ(code(ours_->update(bytes_of(key), values, flags)),
                  kernel_.update(bytes_of(key), together, flags))
            << "update of " << key << " with flags " << flags;
    }
    void erase(std::uint32_t key) {
        ASSERT_EQ(code(ours_->erase(bytes_of(key))), kernel_.erase(bytes_of(key))) << key;
    }
    void lookup(std::uint32_t key) {
        const auto ours = ours_->lookup(bytes_of(key));
        ASSERT_EQ(code(ours), kernel_.lookup(bytes_of(key))) << "lookup of " << key;
        if (!ours) return;
        for (std::size_t cpu = 0; cpu < ours->size(); ++cpu)
            ASSERT_EQ(std::memcmp((*ours)[cpu].data(), kernel_.value().data() + cpu * stride_,
                                  (*ours)[cpu].size()),
                      0)
                << "value of " << key << " on CPU " << cpu;
    }
    /// A lookup by a program, which marks elements of LRU maps.
    void program_lookup(std::uint32_t key) {
        kernel_program_lookup(kernel_.fd(), key);
        ours_->lookup_elem(&key, 0);
    }
    void random_step(std::mt19937& random, std::uint32_t keys) {
        const std::uint32_t key = random() % keys;
        const unsigned kind = random() % 8;
        if (kind == 0) return erase(key);
        if (kind <= 2) return lookup(key);
        const std::uint64_t flags = random() % 4 ? 0 : random() % 7;
        update(key, random(), flags);
    }
    void compare_contents(std::uint32_t keys) {
        for (std::uint32_t key = 0; key < keys; ++key) lookup(key);
    }
    Map& ours() { return *ours_; }
    KernelMap& kernel() { return kernel_; }

private:
    std::uint32_t cpus_;
    std::unique_ptr<Map> ours_;
    std::size_t stride_;
    KernelMap kernel_;
};

void expect_same_behaviour(const MapSpec& spec, std::uint32_t keys, int steps) {
    const OnFirstCpu pinned;
    Pair pair(spec);
    std::mt19937 random(static_cast<unsigned>(spec.type) * 100 + spec.max_entries);
    for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i)
        pair.random_step(random, keys);
    if (!testing::Test::HasFatalFailure()) pair.compare_contents(keys);
}

TEST_F(maps_on_the_kernel, array_behaves_alike) {
    expect_same_behaviour(map_spec(MapType::array, 4, 12, 5), 8, 3000);
    expect_same_behaviour(map_spec(MapType::percpu_array, 4, 12, 5), 8, 3000);
}

TEST_F(maps_on_the_kernel, hash_behaves_alike) {
    expect_same_behaviour(map_spec(MapType::hash, 4, 12, 6), 12, 3000);
    expect_same_behaviour(map_spec(MapType::hash, 4, 12, 6, map_flag::no_prealloc), 12, 3000);
    expect_same_behaviour(map_spec(MapType::percpu_hash, 4, 12, 6), 12, 3000);
}

TEST_F(maps_on_the_kernel, lru_hash_evicts_the_same_keys) {
    for (const std::uint32_t entries : {1U, 2U, 3U, 10U, 64U, 100U, 300U, 1000U}) {
        SCOPED_TRACE(entries);
        expect_same_behaviour(map_spec(MapType::lru_hash, 4, 8, entries), entries * 2, 4000);
        expect_same_behaviour(map_spec(MapType::lru_percpu_hash, 4, 8, entries), entries * 2, 4000);
    }
}

TEST_F(maps_on_the_kernel, lru_hash_with_lists_per_cpu_evicts_the_same_keys) {
    for (const std::uint32_t entries : {1U, 2U, 7U, 64U, 501U}) {
        SCOPED_TRACE(entries);
        const auto flags = map_flag::no_common_lru;
        expect_same_behaviour(map_spec(MapType::lru_hash, 4, 8, entries, flags), entries * 2, 4000);
        expect_same_behaviour(map_spec(MapType::lru_percpu_hash, 4, 8, entries, flags), entries * 2,
                              4000);
    }
}

TEST_F(maps_on_the_kernel, lru_hash_spares_the_same_keys_that_programs_use) {
    for (const std::uint32_t flags : {0U, map_flag::no_common_lru}) {
        const OnFirstCpu pinned;
        constexpr std::uint32_t keys = 48;
        Pair pair(map_spec(MapType::lru_hash, 4, 8, 24, flags));
        std::mt19937 random(7);
        for (int i = 0; i < 1200 && !HasFatalFailure(); ++i) {
            if (random() % 3 == 0)
                pair.program_lookup(random() % 8);
            else
                pair.random_step(random, keys);
        }
        if (!HasFatalFailure()) pair.compare_contents(keys);
    }
}

TEST_F(maps_on_the_kernel, array_keys_follow_each_other_alike) {
    Pair pair(map_spec(MapType::array, 4, 4, 3));
    for (const std::uint32_t key : {0U, 1U, 2U, 3U, 77U, ~0U}) {
        Bytes ours(4);
        Bytes kernel(4);
        const Bytes from = bytes_of(key);
        EXPECT_EQ(pair.ours().next_key(&key, ours.data()), pair.kernel().next(&from, kernel));
        EXPECT_EQ(ours, kernel) << "after " << key;
    }
}

TEST_F(maps_on_the_kernel, devices_behave_alike) {
    for (const MapType type : {MapType::devmap, MapType::devmap_hash}) {
        const OnFirstCpu pinned;
        Pair pair(map_spec(type, 4, 8, 3));
        const auto both = [&](std::uint32_t key, std::uint32_t ifindex, std::int32_t program,
                              std::uint64_t flags) {
            const Bytes value = bytes_of(std::pair(ifindex, program));
            EXPECT_EQ(code(pair.ours().update(bytes_of(key), {value}, flags)),
                      pair.kernel().update(bytes_of(key), value, flags))
                << name_of(type) << " " << key << " " << ifindex << " " << program << " " << flags;
            pair.lookup(key);
        };
        constexpr std::uint32_t loopback = 1;
        for (const std::uint32_t key : {0U, 1U, 1U, 2U, 3U, 100U})
            for (const std::uint64_t flags : {1U, 0U, 2U, 1U, 3U, 4U})
                both(key, loopback, 0, flags);
        both(0, loopback, -1, 0);
        both(0, 0, 0, 0);
        both(0, 0, 5000, 0);
        both(0, loopback, 5000, 0);
        for (const std::uint32_t key : {0U, 0U, 2U, 3U, 100U}) pair.erase(key);
        pair.compare_contents(5);
    }
}

TEST_F(maps_on_the_kernel, cpus_behave_alike) {
    Pair pair(map_spec(MapType::cpumap, 4, 4, possible_cpus() + 2));
    const auto both = [&](std::uint32_t key, std::uint32_t queue, std::uint64_t flags) {
        EXPECT_EQ(user_put(pair.ours(), key, queue, flags),
                  pair.kernel().update(bytes_of(key), bytes_of(queue), flags))
            << key << " " << queue << " " << flags;
        pair.lookup(key);
    };
    both(0, 16384, 0);
    both(0, 16385, 0);
    both(0, 64, 1);
    both(0, 64, 2);
    both(0, 64, 4);
    both(0, 0, 0);
    both(possible_cpus(), 64, 0);
    both(possible_cpus(), 0, 0);
    both(possible_cpus() + 2, 64, 0);
    for (const std::uint32_t key : {0U, possible_cpus(), possible_cpus() + 2}) pair.erase(key);
}

TEST_F(maps_on_the_kernel, ring_buffers_and_event_arrays_refuse_alike) {
    const std::uint32_t zero = 0;
    Pair ring(map_spec(MapType::ringbuf, 0, 0, 4096));
    Bytes key;
    EXPECT_EQ(code(ring.ours().lookup({})), -enotsupp);
    Pair events(map_spec(MapType::perf_event_array, 4, 4, 2));
    EXPECT_EQ(code(events.ours().lookup(bytes_of(zero))), events.kernel().lookup(bytes_of(zero)));
    const Bytes far = bytes_of(2U);
    EXPECT_EQ(code(events.ours().update(far, {bytes_of(zero)}, 0)),
              events.kernel().update(far, bytes_of(zero), 0));
    EXPECT_EQ(code(events.ours().update(bytes_of(zero), {bytes_of(zero)}, 1)),
              events.kernel().update(bytes_of(zero), bytes_of(zero), 1));
    EXPECT_EQ(code(events.ours().erase(far)), events.kernel().erase(far));
}

TEST_F(maps_on_the_kernel, prog_arrays_refuse_alike) {
    Pair pair(map_spec(MapType::prog_array, 4, 4, 2));
    pair.lookup(0);
    pair.lookup(2);
    pair.erase(0);
    pair.erase(2);
    const auto both = [&](std::uint32_t key, std::uint64_t flags) {
        EXPECT_EQ(user_put(pair.ours(), key, 9999U, flags),
                  pair.kernel().update(bytes_of(key), bytes_of(9999U), flags))
            << key << " " << flags;
    };
    both(0, 0);
    both(0, 1);
    both(0, 2);
    both(2, 0);
}

TEST_F(maps_on_the_kernel, maps_of_maps_refuse_alike) {
    for (const MapType type : {MapType::array_of_maps, MapType::hash_of_maps}) {
        MapSpec spec = map_spec(type, 4, 4, 2);
        spec.inner = std::make_shared<MapSpec>(map_spec(MapType::array, 4, 4, 1));
        Pair pair(spec);
        for (const std::uint32_t key : {0U, 2U}) {
            pair.lookup(key);
            pair.erase(key);
            EXPECT_EQ(user_put(pair.ours(), key, 9999U),
                      pair.kernel().update(bytes_of(key), bytes_of(9999U), 0));
        }
    }
}

}  // namespace
}  // namespace bpftwin::test
