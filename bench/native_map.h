// Native stand-in for the two map types that programs of the suite use: what a tight kernel-like
// implementation costs without any BPF around it. Single-threaded; keys are never removed; a
// hash has a power of two of entries.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

enum native_map_kind { NATIVE_ARRAY, NATIVE_HASH };

struct native_map {
    enum native_map_kind kind;
    unsigned key_size;
    unsigned value_size;
    unsigned max_entries;
    unsigned char* memory;
};

/// Bytes of `memory`. A hash has two slots per entry, each a used byte (padded), key and value.
#define NATIVE_ARRAY_MEMORY(key_size, value_size, entries) ((value_size) * (entries))
#define NATIVE_HASH_SLOT(key_size, value_size) (8 + ((key_size) + 7) / 8 * 8 + (value_size))
#define NATIVE_HASH_MEMORY(key_size, value_size, entries) \
    (NATIVE_HASH_SLOT(key_size, value_size) * 2 * (entries))

/// Address of the key's value, or null.
void* native_map_lookup(struct native_map* map, const void* key);
/// Sets the key's value. @return 0, or -1 when a hash is full or an index out of range.
long native_map_update(struct native_map* map, const void* key, const void* value);

#ifdef __cplusplus
}
#endif
