// ringbuf: kernel/bpf/ringbuf.c.
#include "helpers/maps/ring_buffer.h"

#include "helpers/maps/user_ring_buffer.h"

#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

std::unique_ptr<RingBuffer> ring(std::uint32_t size = 4096) {
    return make<RingBuffer>(map_spec(MapType::ringbuf, 0, 0, size));
}

std::vector<Event> drained(RingBuffer& ring) {
    std::vector<Event> events;
    ring.drain(events);
    return events;
}

long send(RingBuffer& ring, std::uint64_t value) { return ring.output(&value, sizeof value, 0); }

void* reserve_value(RingBuffer& ring, std::uint64_t value) {
    void* record = ring.reserve(sizeof value, 0);
    if (record) std::memcpy(record, &value, sizeof value);
    return record;
}

std::uint64_t ask(const RingBuffer& ring, RingQuery query) {
    return ring.query(static_cast<std::uint64_t>(query));
}

TEST(maps_ring_buffer, records_come_out_in_order_of_reservation) {
    const auto map = ring();
    void* first = reserve_value(*map, 1);
    void* second = reserve_value(*map, 2);
    map->submit(second, 0);
    map->submit(first, 0);
    const auto events = drained(*map);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0], (Event{"m", 0, bytes_of(std::uint64_t{1})}));
    EXPECT_EQ(events[1].data, bytes_of(std::uint64_t{2}));
    EXPECT_TRUE(drained(*map).empty());
}

TEST(maps_ring_buffer, consumer_stops_at_a_busy_record) {
    const auto map = ring();
    send(*map, 1);
    void* busy = reserve_value(*map, 2);
    send(*map, 3);
    EXPECT_EQ(drained(*map).size(), 1U);
    map->submit(busy, 0);
    EXPECT_EQ(drained(*map).size(), 2U);
}

TEST(maps_ring_buffer, discarded_records_are_skipped) {
    const auto map = ring();
    map->discard(reserve_value(*map, 1), 0);
    send(*map, 2);
    const auto events = drained(*map);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].data, bytes_of(std::uint64_t{2}));
}

TEST(maps_ring_buffer, is_never_filled_to_the_last_byte) {
    const auto map = ring();
    unsigned sent = 0;
    while (send(*map, sent) == 0) ++sent;
    EXPECT_EQ(sent, 4096U / 16 - 1);
    EXPECT_EQ(send(*map, 0), -EAGAIN);
    EXPECT_EQ(drained(*map).size(), sent);
    EXPECT_EQ(send(*map, 0), 0);
}

TEST(maps_ring_buffer, record_must_fit_with_its_header) {
    const auto map = ring();
    EXPECT_EQ(map->reserve(4096 - 8, 0), nullptr);
    EXPECT_NE(map->reserve(4096 - 16, 0), nullptr);
    EXPECT_EQ(map->reserve(std::uint64_t{1} << 40, 0), nullptr);
    EXPECT_EQ(map->reserve(~std::uint64_t{0}, 0), nullptr);
}

TEST(maps_ring_buffer, flags_are_checked) {
    const auto map = ring();
    const std::uint32_t value = 1;
    EXPECT_EQ(map->reserve(8, 1), nullptr);
    EXPECT_EQ(map->output(&value, 4, ring_flag::no_wakeup | ring_flag::force_wakeup), 0);
    EXPECT_EQ(map->output(&value, 4, 4), -EINVAL);
}

TEST(maps_ring_buffer, records_cross_the_end_of_the_buffer_in_one_piece) {
    const auto map = ring();
    Bytes data(1000);
    for (int round = 0; round < 50; ++round) {
        for (std::byte& byte : data) byte = static_cast<std::byte>(round);
        ASSERT_EQ(map->output(data.data(), data.size(), 0), 0);
        const auto events = drained(*map);
        ASSERT_EQ(events.size(), 1U);
        ASSERT_EQ(events[0].data, data);
    }
}

TEST(maps_ring_buffer, old_reserved_record_holds_space_back) {
    const auto map = ring();
    void* old = reserve_value(*map, 1);
    while (send(*map, 2) == 0) {
    }
    EXPECT_TRUE(drained(*map).empty());
    EXPECT_EQ(send(*map, 3), -EAGAIN);
    map->submit(old, 0);
    EXPECT_EQ(drained(*map).size(), 255U);
    EXPECT_EQ(send(*map, 3), 0);
}

TEST(maps_ring_buffer, empty_records_are_records) {
    const auto map = ring();
    EXPECT_EQ(map->output(nullptr, 0, 0), 0);
    EXPECT_EQ(drained(*map).size(), 1U);
}

TEST(maps_ring_buffer, query_tells_sizes_and_positions) {
    const auto map = ring();
    send(*map, 1);
    send(*map, 2);
    (void)drained(*map);
    send(*map, 3);
    EXPECT_EQ(ask(*map, RingQuery::available_data), 16U);
    EXPECT_EQ(ask(*map, RingQuery::ring_size), 4096U);
    EXPECT_EQ(ask(*map, RingQuery::consumer_pos), 32U);
    EXPECT_EQ(ask(*map, RingQuery::producer_pos), 48U);
    EXPECT_EQ(map->query(4), 0U);
}

TEST(maps_ring_buffer, knows_which_addresses_are_reserved_records) {
    const auto map = ring();
    send(*map, ~std::uint64_t{0});
    auto* record = static_cast<std::byte*>(map->reserve(24, 0));
    std::memset(record, 0xff, 24);
    EXPECT_EQ(map->reserved_size(record), 24U);
    EXPECT_EQ(map->reserved_size(record + 8), std::nullopt);
    EXPECT_EQ(map->reserved_size(record - 16), std::nullopt);
    EXPECT_EQ(map->reserved_size(nullptr), std::nullopt);
    map->submit(record, 0);
    EXPECT_EQ(map->reserved_size(record), std::nullopt);
}

TEST(maps_ring_buffer, is_not_for_keys) {
    const auto map = ring();
    const std::uint32_t key = 0;
    EXPECT_EQ(map->lookup_elem(&key, 0), nullptr);
    EXPECT_EQ(map->update_elem(&key, &key, 0, 0), -enotsupp);
    EXPECT_EQ(map->delete_elem(&key), -enotsupp);
    EXPECT_EQ(map->for_each(0, [](const void*, void*) { return false; }), -enotsupp);
    EXPECT_EQ(code(map->lookup({})), -enotsupp);
    EXPECT_TRUE(map->entries()->empty());
}

TEST(maps_user_ring_buffer, takes_records_until_it_is_full) {
    const auto map = make<UserRingBuffer>(map_spec(MapType::user_ringbuf, 0, 0, 4096));
    EXPECT_EQ(map->send(Bytes(4089)).error().code, E2BIG);
    EXPECT_TRUE(map->send(Bytes(4080)));
    EXPECT_EQ(map->send(Bytes(1)).error().code, ENOSPC);
    EXPECT_TRUE(map->send(Bytes()));
    UserRingBuffer::Record record{};
    ASSERT_EQ(map->oldest(record), 0);
    EXPECT_EQ(record.size, 4080U);
    map->release(record);
    ASSERT_EQ(map->oldest(record), 0);
    EXPECT_EQ(record.size, 0U);
    map->release(record);
    EXPECT_EQ(map->oldest(record), -ENODATA);
}

TEST(maps_user_ring_buffer, a_spoilt_record_is_an_error) {
    const auto map = make<UserRingBuffer>(map_spec(MapType::user_ringbuf, 0, 0, 4096));
    ASSERT_TRUE(map->send(Bytes(8)));
    UserRingBuffer::Record record{};
    ASSERT_EQ(map->oldest(record), 0);
    const std::uint32_t length = 100;
    std::memcpy(record.data - 8, &length, sizeof length);
    EXPECT_EQ(map->oldest(record), -EINVAL);
}

TEST(maps_user_ring_buffer, no_other_map_takes_records) {
    const auto map = ring();
    EXPECT_EQ(map->send(Bytes(1)).error().code, EOPNOTSUPP);
}

}  // namespace
}  // namespace bpftwin::test
