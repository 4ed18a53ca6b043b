#include "helpers/maps/keyed_map.h"

#include <cerrno>

#include "helpers/maps/type_info.h"
#include "helpers/touch.h"

namespace bpftwin {

Result<KeyedMap::Storage> KeyedMap::create_storage(const MapSpec& spec, std::uint32_t elements,
                                                   std::uint32_t cpu_count) {
    const std::uint64_t copies = map_type_info(spec.type)->per_cpu ? cpu_count : 1;
    auto table = HashTable::create(spec.key_size, spec.max_entries, elements);
    if (!table) return std::unexpected(table.error());
    auto values = Slab::create(elements * copies, ValueLayout(spec.value_size, {}).stride());
    if (!values) return std::unexpected(values.error());
    return Storage{std::move(*table), std::move(*values), elements};
}

KeyedMap::KeyedMap(MapSpec spec, std::uint32_t cpu_count, const ValueFields& fields,
                   Storage storage)
    : Map(std::move(spec), cpu_count, fields),
      table_(std::move(storage.table)),
      values_(std::move(storage.values)),
      layout_(this->spec().value_size, fields),
      cpu_stride_(map_type_info(this->spec().type)->per_cpu ? storage.elements * layout_.stride()
                                                            : 0) {}

long KeyedMap::update_elem(const void* key, const void* value, std::uint64_t flags,
                           std::uint32_t cpu) {
    if (!has_cpu(cpu)) return -EINVAL;
    touch_readable(key, spec().key_size);
    touch_readable(value, spec().value_size);
    return write(key, {static_cast<const std::byte*>(value), {}, cpu}, flags);
}

long KeyedMap::delete_elem(const void* key) {
    Element element;
    {
        HashTable::Lock bucket = table_.lock(key);
        element = bucket.find(key);
        if (element == 0) return -ENOENT;
        bucket.unlink(element);
    }
    free_fields(element);
    release(element);
    return 0;
}

long KeyedMap::next_key(const void* key, void* next) {
    return table_.next_key(key, next) ? 0 : -ENOENT;
}

long KeyedMap::for_each(std::uint32_t cpu, const Visitor& visit) {
    if (!has_cpu(cpu)) return -EINVAL;
    long visited = 0;
    Bytes key(spec().key_size);
    table_.walk([&](Element element) {
        ++visited;
        table_.copy_key(element, key.data());
        return visit(key.data(), value(element, cpu));
    });
    return visited;
}

std::optional<Bytes> KeyedMap::key_of(const void* value) const {
    const auto from_first =
        static_cast<std::uint64_t>(static_cast<const std::byte*>(value) - values_.begin());
    if (is_per_cpu() || from_first >= values_.bytes() || from_first % layout_.stride() != 0)
        return std::nullopt;
    Bytes key(spec().key_size);
    table_.copy_key(static_cast<Element>(from_first / layout_.stride() + 1), key.data());
    return key;
}

std::vector<Region> KeyedMap::regions() const {
    return {value_region(values_.begin(), values_.bytes(), layout_.stride())};
}

long KeyedMap::copy_out(const void* key, std::span<Bytes> values) {
    const HashTable::Lock bucket = table_.lock(key);
    const Element element = bucket.find(key);
    if (element == 0) return -ENOENT;
    for (std::uint32_t cpu = 0; cpu < values.size(); ++cpu)
        layout_.load(value(element, cpu), values[cpu].data());
    return 0;
}

long KeyedMap::take_out(const void* key, std::span<Bytes> values) {
    Element element;
    {
        HashTable::Lock bucket = table_.lock(key);
        element = bucket.find(key);
        if (element == 0) return -ENOENT;
        for (std::uint32_t cpu = 0; cpu < values.size(); ++cpu)
            layout_.load(value(element, cpu), values[cpu].data());
        bucket.unlink(element);
    }
    free_fields(element);
    release(element);
    return 0;
}

bool KeyedMap::bucket_keys(std::uint32_t bucket, std::vector<Bytes>& keys) {
    if (bucket >= table_.bucket_count()) return false;
    const HashTable::Lock held = table_.lock_bucket(bucket);
    for (Element i = held.after(0); i != 0; i = held.after(i))
        table_.copy_key(i, keys.emplace_back(spec().key_size).data());
    return true;
}

long KeyedMap::copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) {
    if (!is_per_cpu()) return update_elem(key, values.front().data(), flags, 0);
    return write(key, {nullptr, values, 0}, flags);
}

void KeyedMap::overwrite(Element element, const NewValue& value) {
    if (value.one) return layout_.store(this->value(element, value.cpu), value.one);
    for (std::uint32_t cpu = 0; cpu < cpu_count(); ++cpu)
        layout_.store(this->value(element, cpu), value.all[cpu].data());
}

void KeyedMap::free_fields(Element element) {
    for (std::uint32_t cpu = 0; cpu < (is_per_cpu() ? cpu_count() : 1); ++cpu)
        layout_.free_fields(value(element, cpu));
}

void KeyedMap::initialise(Element element, const NewValue& value) {
    if (value.one && is_per_cpu())
        for (std::uint32_t cpu = 0; cpu < cpu_count(); ++cpu)
            if (cpu != value.cpu) layout_.clear(this->value(element, cpu));
    overwrite(element, value);
}

long check_existence(bool exists, std::uint64_t flags) {
    const std::uint64_t wish = flags & ~update_flag::lock;
    if (exists && wish == update_flag::noexist) return -EEXIST;
    if (!exists && wish == update_flag::exist) return -ENOENT;
    return 0;
}

}  // namespace bpftwin
