// Batches of a kernel map: BPF_MAP_LOOKUP_BATCH and its kin.
#include <algorithm>
#include <cerrno>

#include "kernel-backend/attribute.h"
#include "kernel-backend/map.h"

namespace bpftwin::kernel {
namespace {

/// A command that was refused before it looked at an element leaves the count as it was.
MapBatch outcome(Attribute& attr, const Result<int>& done) {
    MapBatch batch;
    batch.count = attr->batch.count;
    batch.error = done ? 0 : done.error().code;
    return batch;
}

void append(Bytes& all, ByteView bytes) { all.insert(all.end(), bytes.begin(), bytes.end()); }

}  // namespace

Result<MapBatch> KernelMap::lookup_batch_by(int command, ByteView cursor, std::uint32_t count) {
    Bytes keys(std::size_t{count} * spec_.key_size);
    Bytes values(count * value_bytes());
    // Of hash maps it is the number of a bucket, of others a key.
    Bytes next(std::max<std::size_t>(spec_.key_size, sizeof(std::uint32_t)));
    Attribute attr;
    attr->batch.map_fd = map_fd();
    attr->batch.count = count;
    if (!cursor.empty()) attr.input(attr->batch.in_batch, cursor);
    attr.output(attr->batch.out_batch, next);
    attr.output(attr->batch.keys, keys);
    attr.output(attr->batch.values, values);
    const auto done = attr.call(*kernel_, command);
    const bool ran = done || done.error().code == ENOENT || done.error().code == ENOSPC;
    if (!ran) return std::unexpected(done.error().in("map " + spec_.name));
    MapBatch batch = outcome(attr, done);
    batch.cursor = std::move(next);
    for (std::size_t i = 0; i < std::min(batch.count, count); ++i) {
        const auto key = ByteView(keys).subspan(i * spec_.key_size, spec_.key_size);
        const auto value = ByteView(values).subspan(i * value_bytes(), value_bytes());
        batch.entries.push_back({Bytes(key.begin(), key.end()), unpacked(value)});
    }
    return batch;
}

Result<MapBatch> KernelMap::lookup_batch(ByteView cursor, std::uint32_t count) {
    return lookup_batch_by(BPF_MAP_LOOKUP_BATCH, cursor, count);
}

Result<MapBatch> KernelMap::take_batch(ByteView cursor, std::uint32_t count) {
    return lookup_batch_by(BPF_MAP_LOOKUP_AND_DELETE_BATCH, cursor, count);
}

Result<MapBatch> KernelMap::update_batch(const std::vector<MapEntry>& entries,
                                         std::uint64_t flags) {
    Bytes keys;
    Bytes values;
    for (const MapEntry& entry : entries) {
        append(keys, entry.key);
        append(values, packed(entry.values));
    }
    Attribute attr;
    attr->batch.map_fd = map_fd();
    attr->batch.count = static_cast<std::uint32_t>(entries.size());
    attr->batch.elem_flags = flags;
    attr.input(attr->batch.keys, keys);
    attr.input(attr->batch.values, values);
    const auto done = attr.call(*kernel_, BPF_MAP_UPDATE_BATCH);
    // A refusal of the whole does not write the count.
    if (!done && attr->batch.count == entries.size())
        return std::unexpected(done.error().in("map " + spec_.name));
    return outcome(attr, done);
}

Result<MapBatch> KernelMap::erase_batch(const std::vector<Bytes>& keys) {
    Bytes all;
    for (const Bytes& key : keys) append(all, key);
    Attribute attr;
    attr->batch.map_fd = map_fd();
    attr->batch.count = static_cast<std::uint32_t>(keys.size());
    attr.input(attr->batch.keys, all);
    const auto done = attr.call(*kernel_, BPF_MAP_DELETE_BATCH);
    if (!done && attr->batch.count == keys.size())
        return std::unexpected(done.error().in("map " + spec_.name));
    return outcome(attr, done);
}

}  // namespace bpftwin::kernel
