// Batches of user space's map operations (generic_map_lookup_batch and its kin in
// kernel/bpf/syscall.c, __htab_map_lookup_and_delete_batch in kernel/bpf/hashtab.c).
#include <cerrno>
#include <cstring>

#include "helpers/map.h"
#include "helpers/maps/attributes.h"

namespace bpftwin {
namespace {

constexpr std::size_t bucket_cursor = sizeof(std::uint32_t);

}  // namespace

bool Map::bucket_keys(std::uint32_t, std::vector<Bytes>&) { return false; }

Result<void> Map::check_batch(std::string_view operation, Batches least) const {
    if (batches() < least) return failure(operation, -enotsupp);
    return {};
}

Result<MapBatch> Map::lookup_batch(ByteView cursor, std::uint32_t count) {
    if (auto readable = check_readable("lookup of a batch"); !readable)
        return std::unexpected(readable.error());
    if (auto offered = check_batch("lookup of a batch", Batches::by_index); !offered)
        return std::unexpected(offered.error());
    if (batches() == Batches::by_hash) return batch_by_hash(cursor, count, false);
    return batch_by_key(cursor, count);
}

Result<MapBatch> Map::take_batch(ByteView cursor, std::uint32_t count) {
    if (auto readable = check_readable("lookup and delete of a batch"); !readable)
        return std::unexpected(readable.error());
    if (auto writable = check_writable("lookup and delete of a batch"); !writable)
        return std::unexpected(writable.error());
    if (auto offered = check_batch("lookup and delete of a batch", Batches::by_hash); !offered)
        return std::unexpected(offered.error());
    return batch_by_hash(cursor, count, true);
}

MapBatch Map::batch_by_key(ByteView cursor, std::uint32_t count) {
    MapBatch batch{.cursor = Bytes(cursor.begin(), cursor.end())};
    Bytes key(spec_.key_size);
    while (batch.count < count) {
        const void* before = batch.cursor.size() == key.size() ? batch.cursor.data() : nullptr;
        long error = next_key(before, key.data());
        std::vector<Bytes> values = value_buffers();
        if (error == 0) {
            batch.cursor = key;
            error = copy_out(key.data(), values);
            // A map of maps has slots without a map.
            if (error == -ENOENT) continue;
        }
        if (error != 0) {
            batch.error = static_cast<int>(-error);
            break;
        }
        batch.entries.push_back({key, std::move(values)});
        ++batch.count;
    }
    return batch;
}

MapBatch Map::batch_by_hash(ByteView cursor, std::uint32_t count, bool erase) {
    MapBatch batch;
    std::uint32_t bucket = 0;
    if (cursor.size() == bucket_cursor) std::memcpy(&bucket, cursor.data(), bucket_cursor);
    for (; count != 0; ++bucket) {
        std::vector<Bytes> keys;
        if (!bucket_keys(bucket, keys)) {
            batch.error = ENOENT;
            break;
        }
        if (keys.size() > count - batch.count) {
            if (batch.count == 0) batch.error = ENOSPC;
            break;
        }
        add_bucket(batch, keys, erase);
    }
    batch.cursor.resize(bucket_cursor);
    std::memcpy(batch.cursor.data(), &bucket, bucket_cursor);
    return batch;
}

void Map::add_bucket(MapBatch& batch, const std::vector<Bytes>& keys, bool erase) {
    for (const Bytes& key : keys) {
        std::vector<Bytes> values = value_buffers();
        if (copy_out(key.data(), values) != 0) continue;
        if (erase && delete_elem(key.data()) != 0) continue;
        batch.entries.push_back({key, std::move(values)});
        ++batch.count;
    }
}

Result<MapBatch> Map::update_batch(const std::vector<MapEntry>& entries, std::uint64_t flags) {
    if (auto writable = check_writable("update of a batch"); !writable)
        return std::unexpected(writable.error());
    if (auto offered = check_batch("update of a batch", Batches::by_index); !offered)
        return std::unexpected(offered.error());
    if ((flags & (fields_.spin_lock ? ~update_flag::lock : ~std::uint64_t{0})) != 0)
        return failure("update of a batch", -EINVAL);
    MapBatch batch;
    for (const MapEntry& entry : entries) {
        if (auto done = update(entry.key, entry.values, flags); !done) {
            batch.error = done.error().code;
            break;
        }
        ++batch.count;
    }
    return batch;
}

Result<MapBatch> Map::erase_batch(const std::vector<Bytes>& keys) {
    if (auto writable = check_writable("delete of a batch"); !writable)
        return std::unexpected(writable.error());
    if (auto offered = check_batch("delete of a batch", Batches::by_key); !offered)
        return std::unexpected(offered.error());
    MapBatch batch;
    for (const Bytes& key : keys) {
        if (auto done = erase(key); !done) {
            batch.error = done.error().code;
            break;
        }
        ++batch.count;
    }
    return batch;
}

}  // namespace bpftwin
