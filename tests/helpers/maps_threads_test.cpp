// Several threads on one map. Under ThreadSanitizer these also show that nothing races.
#include <atomic>
#include <thread>

#include "helpers/maps/atomic_word.h"
#include "helpers/maps/local_storage.h"
#include "helpers/maps/map_of_maps.h"
#include "helpers/maps/ring_buffer.h"
#include "helpers/maps/socket_maps.h"
#include "helpers/maps/stack_trace_map.h"
#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

constexpr int steps = 20000;

/// Runs `work(number)` on each of `count` threads.
template <class Work>
void in_threads(std::uint32_t count, Work work) {
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < count; ++i) threads.emplace_back(work, i);
    for (std::thread& thread : threads) thread.join();
}

/// Both words of a value are written together and must be read together.
struct Twin {
    std::uint64_t first;
    std::uint64_t second;
};

TEST(maps_threads, hash_keeps_what_each_thread_wrote_to_its_own_keys) {
    const auto map = make_map(map_spec(MapType::hash, 4, 8, 256), 4);
    in_threads(4, [&](std::uint32_t thread) {
        for (std::uint64_t i = 0; i < steps; ++i) {
            const std::uint32_t key = thread + 4 * static_cast<std::uint32_t>(i % 64);
            ASSERT_EQ(put(*map, key, i, 0, thread), 0);
            const auto* value = at<std::uint64_t>(*map, key);
            ASSERT_NE(value, nullptr);
            ASSERT_EQ(__atomic_load_n(value, __ATOMIC_RELAXED), i);
            if (i % 3 == 0) {
                ASSERT_EQ(drop(*map, key), 0);
            }
        }
    });
    EXPECT_LE(map->entries()->size(), 256U);
}

TEST(maps_threads, hash_shows_user_space_whole_values_of_contended_keys) {
    const auto map = make_map(map_spec(MapType::hash, 8, sizeof(Twin), 8), 3);
    in_threads(3, [&](std::uint32_t thread) {
        for (std::uint64_t i = 0; i < steps; ++i) {
            const std::uint64_t key = i % 4;
            if (thread != 0) {
                ASSERT_EQ(put(*map, key, Twin{i, i}, 0, thread), 0);
            } else if (const auto values = map->lookup(bytes_of(key))) {
                const auto twin = value_of<Twin>(values->front());
                ASSERT_EQ(twin.first, twin.second);
            }
        }
    });
}

TEST(maps_threads, threads_that_claim_the_same_cpu_replace_elements_safely) {
    const auto map = make_map(map_spec(MapType::hash, 4, 8, 16), 1);
    in_threads(4, [&](std::uint32_t thread) {
        for (std::uint64_t i = 0; i < steps; ++i)
            ASSERT_EQ(put(*map, static_cast<std::uint32_t>(i % 16), i * 4 + thread), 0);
    });
    EXPECT_EQ(map->entries()->size(), 16U);
    for (std::uint32_t key = 0; key < 16; ++key)
        EXPECT_EQ(*at<std::uint64_t>(*map, key) / 4 % 16, key);
}

TEST(maps_threads, full_hash_never_holds_too_much_and_loses_no_element) {
    const auto map = make_map(map_spec(MapType::hash, 4, 4, 8), 4);
    in_threads(4, [&](std::uint32_t thread) {
        for (std::uint32_t i = 0; i < steps; ++i) {
            const std::uint32_t key = i % 32;
            if ((i + thread) % 2) {
                const long result = put(*map, key, key, 0, thread);
                ASSERT_TRUE(result == 0 || result == -E2BIG);
            } else {
                drop(*map, key);
            }
        }
    });
    for (std::uint32_t key = 0; key < 32; ++key) drop(*map, key);
    for (std::uint32_t key = 0; key < 8; ++key) EXPECT_EQ(put(*map, key, key), 0);
    EXPECT_EQ(put(*map, 8U, 8U), -E2BIG);
}

TEST(maps_threads, iteration_ends_while_others_change_the_map) {
    const auto map = make_map(map_spec(MapType::hash, 4, 4, 64), 2);
    in_threads(2, [&](std::uint32_t thread) {
        for (std::uint32_t i = 0; i < steps / 10; ++i) {
            if (thread == 0) {
                ASSERT_LE(map->entries()->size(), 64U);
                map->for_each(0, [](const void*, void*) { return false; });
            } else {
                put(*map, i * 7 % 100, i, 0, 1);
                drop(*map, i * 3 % 100);
            }
        }
    });
}

TEST(maps_threads, lru_stays_whole) {
    for (const std::uint32_t flags : {0U, map_flag::no_common_lru}) {
        for (const MapType type : {MapType::lru_hash, MapType::lru_percpu_hash}) {
            const auto map = make_map(map_spec(type, 4, 8, 32, flags), 4);
            in_threads(4, [&](std::uint32_t thread) {
                for (std::uint64_t i = 0; i < steps / 2; ++i) {
                    const auto key = static_cast<std::uint32_t>((i * 31 + thread) % 80);
                    // A thread may find every element in the hands of others for a moment.
                    const long result = put(*map, key, i, 0, thread);
                    ASSERT_TRUE(result == 0 || result == -ENOMEM);
                    at<std::uint64_t>(*map, key % 5, thread);
                    if (i % 7 == 0) drop(*map, key);
                }
            });
            EXPECT_LE(map->entries()->size(), 32U);
            for (std::uint32_t key = 0; key < 200; ++key) ASSERT_EQ(put(*map, key, 1UL), 0);
        }
    }
}

TEST(maps_threads, array_words_are_never_torn) {
    const auto map = make_map(map_spec(MapType::array, 4, 8, 1));
    in_threads(3, [&](std::uint32_t thread) {
        for (std::uint64_t i = 0; i < steps; ++i) {
            const std::uint64_t half = i & 0xffffffff;
            if (thread != 0) {
                put(*map, 0U, half << 32 | half);
            } else {
                const auto value = value_of<std::uint64_t>(map->lookup(bytes_of(0U))->front());
                ASSERT_EQ(value >> 32, value & 0xffffffff);
            }
        }
    });
}

TEST(maps_threads, locked_updates_exclude_each_other) {
    struct Locked {
        std::uint32_t lock;
        std::uint32_t padding;
        Twin twin;
    };
    const auto map = make_map(map_spec(MapType::array, 4, sizeof(Locked), 1), 1, {.spin_lock = 0});
    in_threads(2, [&](std::uint32_t thread) {
        for (std::uint64_t i = 0; i < steps / 4; ++i)
            ASSERT_EQ(put(*map, 0U, Locked{0, 0, {i + thread, i + thread}}, update_flag::lock), 0);
    });
    const auto last = value_of<Locked>(map->lookup(bytes_of(0U))->front());
    EXPECT_EQ(last.twin.first, last.twin.second);
}

TEST(maps_threads, queues_give_every_value_once) {
    for (const MapType type : {MapType::queue, MapType::stack}) {
        const auto map = make_map(map_spec(type, 0, 8, 16));
        std::atomic<std::uint64_t> pushed = 0;
        std::atomic<std::uint64_t> popped = 0;
        in_threads(4, [&](std::uint32_t thread) {
            for (std::uint64_t i = 1; i < steps / 4; ++i) {
                std::uint64_t value = i;
                if (thread % 2 == 0 && map->push_elem(&value, 0) == 0) pushed += value;
                if (thread % 2 == 1 && map->pop_elem(&value) == 0) popped += value;
                map->peek_elem(&value);
            }
        });
        for (std::uint64_t value = 0; map->pop_elem(&value) == 0;) popped += value;
        EXPECT_EQ(pushed, popped);
    }
}

TEST(maps_threads, bloom_filters_lose_nothing) {
    const auto map = make_map(map_spec(MapType::bloom_filter, 0, 4, 1000));
    in_threads(4, [&](std::uint32_t thread) {
        for (std::uint32_t i = 0; i < 1000; ++i) {
            std::uint32_t value = i * 4 + thread;
            map->push_elem(&value, 0);
            ASSERT_EQ(map->peek_elem(&value), 0);
        }
    });
    for (std::uint32_t value = 0; value < 4000; ++value) ASSERT_EQ(map->peek_elem(&value), 0);
}

TEST(maps_threads, lookups_of_prefixes_find_what_stays_while_others_come_and_go) {
    struct Prefix {
        std::uint32_t length;
        std::uint32_t address;
    };
    const auto map = make_map(map_spec(MapType::lpm_trie, 8, 8, 64, map_flag::no_prealloc));
    ASSERT_EQ(put(*map, Prefix{8, 10}, std::uint64_t{1}), 0);
    in_threads(4, [&](std::uint32_t thread) {
        for (std::uint64_t i = 0; i < steps / 2; ++i) {
            const auto random = static_cast<std::uint32_t>(i * 0x9e3779b1U >> 7);
            if (thread < 2) {
                const auto* value = at<std::uint64_t>(*map, Prefix{32, 10 | random << 8});
                ASSERT_NE(value, nullptr);
                continue;
            }
            const Prefix key{9 + random % 20, 10 | random << 8};
            const long result = put(*map, key, i);
            ASSERT_TRUE(result == 0 || result == -ENOSPC);
            drop(*map, key);
        }
    });
    EXPECT_EQ(map->entries()->size(), 1U);
}

TEST(maps_threads, ring_buffer_delivers_every_record_once_and_in_each_producers_order) {
    const auto map = make<RingBuffer>(map_spec(MapType::ringbuf, 0, 0, page_size()));
    constexpr std::uint64_t records = 5000;
    std::atomic<int> producing = 3;
    std::vector<Event> events;
    std::thread consumer([&] {
        while (producing != 0) map->drain(events);
        map->drain(events);
    });
    in_threads(3, [&](std::uint32_t thread) {
        for (std::uint64_t i = 0; i < records;) {
            const std::uint64_t value = std::uint64_t{thread} << 32 | i;
            if (map->output(&value, sizeof value, 0) == 0)
                ++i;
            else
                std::this_thread::yield();
        }
        --producing;
    });
    consumer.join();
    std::uint64_t next[3] = {};
    for (const Event& event : events) {
        const auto value = value_of<std::uint64_t>(event.data);
        ASSERT_EQ(value & 0xffffffff, next[value >> 32]++);
    }
    EXPECT_EQ(events.size(), 3 * records);
}

TEST(maps_threads, stack_traces_are_taken_once_each) {
    const auto map = make<StackTraceMap>(map_spec(MapType::stack_trace, 4, 32, 64));
    std::atomic<long> stored = 0;
    std::atomic<long> taken = 0;
    in_threads(4, [&](std::uint32_t thread) {
        for (std::uint64_t i = 1; i < steps / 4; ++i) {
            const std::uint64_t frames[] = {i % 32, i % 32};
            if (thread < 2) {
                const bool is_new = map->put(frames, 0) >= 0;
                stored += is_new ? 1 : 0;
                continue;
            }
            const auto value = map->take(bytes_of(static_cast<std::uint32_t>(i % 64)));
            if (!value) continue;
            ++taken;
            ASSERT_EQ(value_of<Twin>(value->front()).first, value_of<Twin>(value->front()).second);
        }
    });
    // Of a trace that is there already `put` gives the number, too.
    EXPECT_LE(taken, stored);
    EXPECT_LE(map->entries()->size(), 64U);
}

TEST(maps_threads, slots_hold_what_some_thread_put_there) {
    for (const MapType type : {MapType::cgroup_array, MapType::devmap, MapType::xskmap}) {
        const auto map = make_map(map_spec(type, 4, 4, 8));
        in_threads(4, [&](std::uint32_t thread) {
            for (std::uint32_t i = 0; i < steps / 4; ++i) {
                const std::uint32_t key = i % 8;
                if (thread % 2 == 0) {
                    ASSERT_EQ(user_put(*map, key, 1 + i % 100), 0);
                } else {
                    map->key_after(bytes_of(key));
                    drop(*map, key);
                }
            }
        });
        for (std::uint32_t key = 0; key < 8; ++key) EXPECT_EQ(user_put(*map, key, 1U), 0);
    }
}

TEST(maps_threads, one_thread_alone_fills_an_empty_slot_of_sockets) {
    for (const MapType type : {MapType::sockmap, MapType::reuseport_sockarray, MapType::sockhash}) {
        const auto map = make_map(map_spec(type, 4, 8, 8));
        std::atomic<long> filled = 0;
        std::atomic<long> emptied = 0;
        in_threads(4, [&](std::uint32_t thread) {
            for (std::uint32_t i = 0; i < steps / 4; ++i) {
                const std::uint32_t key = i % 8;
                const std::uint64_t cookie = 1 + thread;
                if (user_put(*map, key, cookie, update_flag::noexist) == 0) ++filled;
                const std::uint64_t found = socket_holder(*map)->cookie_at(&key);
                ASSERT_LE(found, 4U);
                if (i % 2 == 0 && drop(*map, key) == 0) ++emptied;
            }
        });
        for (std::uint32_t key = 0; key < 8; ++key)
            if (drop(*map, key) == 0) ++emptied;
        EXPECT_EQ(filled, emptied) << name_of(type);
    }
}

TEST(maps_threads, a_socket_is_found_by_its_own_key_only) {
    const auto map = make_map(map_spec(MapType::sockhash, 4, 8, 8));
    in_threads(4, [&](std::uint32_t thread) {
        for (std::uint32_t i = 0; i < 30 * steps; ++i) {
            const std::uint32_t key = (i + 3 * thread) % 12;
            const std::uint64_t cookie = 1 + key;
            if (thread % 2 == 0) {
                user_put(*map, key, cookie);
                drop(*map, (key + 1) % 12);
            } else {
                const std::uint64_t found = socket_holder(*map)->cookie_at(&key);
                ASSERT_TRUE(found == 0 || found == cookie) << found << " of key " << key;
            }
        }
    });
}

TEST(maps_threads, storage_gives_each_owner_one_value) {
    MapSpec spec = map_spec(MapType::task_storage, 4, sizeof(Twin), 0, map_flag::no_prealloc);
    spec.btf_key_type_id = spec.btf_value_type_id = 1;
    const auto map = make<LocalStorage>(spec);
    std::atomic<std::uint64_t> counted = 0;
    in_threads(4, [&](std::uint32_t thread) {
        for (std::uint64_t i = 0; i < steps / 4; ++i) {
            // Owners 0 to 3 come and go, all threads count in the value of owner 9.
            auto* shared = static_cast<std::uint64_t*>(map->find_or_create(9, nullptr));
            ASSERT_NE(shared, nullptr);
            __atomic_fetch_add(shared, 1, __ATOMIC_RELAXED);
            ++counted;
            const Twin initial{thread, thread};
            auto* own = static_cast<Twin*>(map->find_or_create(thread, &initial));
            ASSERT_EQ(load_relaxed(own->first), thread);
            ASSERT_EQ(load_relaxed(own->second), thread);
            ASSERT_EQ(map->erase_owner(thread), 0);
        }
    });
    EXPECT_EQ(value_of<std::uint64_t>(map->lookup(bytes_of(9U))->front()), counted);
}

TEST(maps_storage, what_was_deleted_keeps_its_bytes_for_a_while) {
    MapSpec spec = map_spec(MapType::task_storage, 4, sizeof(Twin), 0, map_flag::no_prealloc);
    spec.btf_key_type_id = spec.btf_value_type_id = 1;
    const auto map = make<LocalStorage>(spec);
    const Twin initial{1, 2};
    const auto* held = static_cast<Twin*>(map->find_or_create(1, &initial));
    ASSERT_EQ(map->erase_owner(1), 0);
    for (std::uint64_t owner = 2; owner < LocalStorage::quarantine; ++owner) {
        ASSERT_NE(map->find_or_create(owner, nullptr), held);
        ASSERT_EQ(map->erase_owner(owner), 0);
    }
    EXPECT_EQ(held->first, 1U);
    EXPECT_EQ(held->second, 2U);
}

TEST(maps_threads, maps_in_maps_are_whole_or_absent) {
    const MapSpec inner = map_spec(MapType::array, 4, 8, 1);
    for (const MapType type : {MapType::array_of_maps, MapType::hash_of_maps}) {
        const auto first = make_map(inner);
        const auto second = make_map(inner);
        MapSpec spec = map_spec(type, 4, 4, 4);
        spec.inner = std::make_shared<MapSpec>(inner);
        const auto map = make_map(spec);
        dynamic_cast<MapOfMaps&>(*map).know_maps({first.get(), second.get()});
        in_threads(4, [&](std::uint32_t thread) {
            for (std::uint32_t i = 0; i < steps / 8; ++i) {
                const std::uint32_t key = i % 4;
                if (thread == 0) {
                    // An element that is on its way back may be missing for a moment.
                    const long result = user_put(*map, key, 1 + i % 2);
                    ASSERT_TRUE(result == 0 || result == -E2BIG);
                } else if (thread == 1) {
                    user_drop(*map, key);
                } else {
                    const auto* found = static_cast<Map*>(map->lookup_elem(&key, 0));
                    ASSERT_TRUE(!found || found == first.get() || found == second.get());
                }
            }
        });
    }
}

TEST(maps_threads, devices_by_key_keep_their_values_while_others_come_and_go) {
    const auto map = make_map(map_spec(MapType::devmap_hash, 4, 4, 16));
    ASSERT_EQ(user_put(*map, 100U, 7U), 0);
    in_threads(4, [&](std::uint32_t thread) {
        for (std::uint32_t i = 0; i < steps / 4; ++i) {
            if (thread < 2) {
                const auto* device = at<std::uint32_t>(*map, 100U);
                ASSERT_NE(device, nullptr);
                ASSERT_EQ(load_relaxed(*device), 7U);
                continue;
            }
            const std::uint32_t key = thread * 8 + i % 8;
            ASSERT_EQ(user_put(*map, key, 1 + i), 0);
            ASSERT_EQ(user_drop(*map, key), 0);
        }
    });
    EXPECT_EQ(map->entries()->size(), 1U);
}

}  // namespace
}  // namespace bpftwin::test
