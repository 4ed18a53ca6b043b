// bpf(2) as programs give it; errno recorded from Linux 6.18 (BPF_PROG_TEST_RUN, syscall).
#include <linux/bpf.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "gtest/gtest.h"
#include "tests/helpers/calling.h"

namespace bpftwin {
namespace {

class syscall_calls : public testing::Test {
protected:
    template <class T>
    void put(std::size_t at, T value) {
        std::memcpy(&attributes[at], &value, sizeof value);
    }
    std::int64_t bpf(std::uint32_t command) {
        return caller("sys_bpf", command, attributes.data(), attributes.size());
    }
    std::int64_t create(std::uint32_t type, std::uint32_t value_size = 8, std::uint32_t entries = 1,
                        std::uint32_t inner = 0) {
        attributes = {};
        put(0, type);
        put(4, 4U);
        put(8, value_size);
        put(12, entries);
        put(20, inner);
        return bpf(BPF_MAP_CREATE);
    }
    std::int64_t update(std::int64_t map, const std::uint32_t* key, const std::uint64_t* value) {
        attributes = {};
        put(0, static_cast<std::uint32_t>(map));
        put(8, key);
        put(16, value);
        return bpf(BPF_MAP_UPDATE_ELEM);
    }

    Caller caller;
    std::array<std::byte, 168> attributes{};
};

TEST_F(syscall_calls, a_map_gets_the_lowest_free_descriptor) {
    EXPECT_EQ(create(BPF_MAP_TYPE_HASH), 3);
    EXPECT_EQ(create(BPF_MAP_TYPE_HASH), 4);
    EXPECT_EQ(caller("sys_close", 3), 0);
    EXPECT_EQ(create(BPF_MAP_TYPE_ARRAY), 3);
    EXPECT_EQ(caller("sys_close", 5), -EBADF);
}

TEST_F(syscall_calls, elements_are_read_from_the_program_memory) {
    const std::uint32_t key = 1;
    const std::uint64_t value = 2;
    const std::int64_t map = create(BPF_MAP_TYPE_HASH);
    EXPECT_EQ(update(map, &key, &value), -EFAULT);
    caller.show(&key, sizeof key);
    EXPECT_EQ(update(map, &key, &value), -EFAULT);
    caller.show(&value, sizeof value);
    EXPECT_EQ(update(map, &key, &value), 0);
    EXPECT_EQ(update(1, &key, &value), -EINVAL);
    EXPECT_EQ(update(77, &key, &value), -EBADF);
}

TEST_F(syscall_calls, attributes_that_a_command_does_not_know_must_be_zero) {
    EXPECT_EQ(create(BPF_MAP_TYPE_HASH), 3);
    put(160, 1U);
    EXPECT_EQ(bpf(BPF_MAP_CREATE), -EINVAL);
    std::array<std::byte, 8192> longer{};
    EXPECT_EQ(caller("sys_bpf", BPF_MAP_FREEZE, longer.data(), longer.size()), -E2BIG);
    longer[168] = std::byte{1};
    EXPECT_EQ(caller("sys_bpf", BPF_MAP_FREEZE, longer.data(), 200), -E2BIG);
    EXPECT_EQ(caller("sys_bpf", BPF_OBJ_PIN, longer.data(), 200), -EINVAL);
}

TEST_F(syscall_calls, names_types_and_flags_of_maps_are_checked) {
    create(BPF_MAP_TYPE_HASH);
    put(28, 'a');
    EXPECT_EQ(bpf(BPF_MAP_CREATE), 4);
    put(29, '-');
    EXPECT_EQ(bpf(BPF_MAP_CREATE), -EINVAL);
    create(BPF_MAP_TYPE_HASH);
    put(52, 1U);
    EXPECT_EQ(bpf(BPF_MAP_CREATE), -EINVAL);
    put(56, 1U);
    put(48, 77U);
    EXPECT_EQ(bpf(BPF_MAP_CREATE), -EBADF);
    put(48, 1U);
    EXPECT_EQ(bpf(BPF_MAP_CREATE), -EINVAL);
    EXPECT_EQ(create(BPF_MAP_TYPE_ARRAY, 1U << 30, 1U << 30), -ENOMEM);
}

TEST_F(syscall_calls, a_map_of_maps_takes_after_an_inner_map) {
    EXPECT_EQ(create(BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 1, 77), -EBADF);
    EXPECT_EQ(create(BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 1, 1), -EINVAL);
    const std::int64_t inner = create(BPF_MAP_TYPE_HASH);
    const std::int64_t outer =
        create(BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 1, static_cast<std::uint32_t>(inner));
    EXPECT_EQ(outer, 4);
    update(outer, nullptr, nullptr);
    EXPECT_EQ(caller.stop_reason(), "bpf_sys_bpf: to put maps into maps is not simulated");
}

TEST_F(syscall_calls, what_loads_or_attaches_stops_the_program) {
    bpf(BPF_PROG_LOAD);
    EXPECT_EQ(caller.stop_reason(), "bpf_sys_bpf: BPF_PROG_LOAD is not simulated");
}

}  // namespace
}  // namespace bpftwin
