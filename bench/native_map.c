// The native maps: an array by index, and a hash with linear probing.
#include "bench/native_map.h"

#include <string.h>

static unsigned index_of(const void* key) {
    unsigned index;
    memcpy(&index, key, sizeof index);
    return index;
}

static unsigned hash_of(const unsigned char* key, unsigned size) {
    unsigned hash = 0;
    for (unsigned at = 0; at + 4 <= size; at += 4) {
        hash = (hash ^ index_of(key + at)) * 0x9e3779b1u;
        hash ^= hash >> 15;
    }
    return hash;
}

static void* array_value(struct native_map* map, const void* key) {
    unsigned index = index_of(key);
    return index < map->max_entries ? map->memory + (unsigned long)index * map->value_size : 0;
}

/// The slot that holds `key`, or the free one where it belongs; null when there is neither.
static unsigned char* hash_slot(struct native_map* map, const void* key) {
    unsigned slots = map->max_entries * 2;
    unsigned slot_size = NATIVE_HASH_SLOT(map->key_size, map->value_size);
    unsigned first = hash_of(key, map->key_size);
    for (unsigned probe = 0; probe < slots; ++probe) {
        unsigned char* slot =
            map->memory + (unsigned long)((first + probe) & (slots - 1)) * slot_size;
        if (!*slot || memcmp(slot + 8, key, map->key_size) == 0) return slot;
    }
    return 0;
}

static void* hash_value(const struct native_map* map, unsigned char* slot) {
    return slot + 8 + (map->key_size + 7) / 8 * 8;
}

void* native_map_lookup(struct native_map* map, const void* key) {
    if (map->kind == NATIVE_ARRAY) return array_value(map, key);
    unsigned char* slot = hash_slot(map, key);
    return slot && *slot ? hash_value(map, slot) : 0;
}

long native_map_update(struct native_map* map, const void* key, const void* value) {
    void* to = map->kind == NATIVE_ARRAY ? array_value(map, key) : 0;
    if (map->kind == NATIVE_HASH) {
        unsigned char* slot = hash_slot(map, key);
        if (!slot) return -1;
        *slot = 1;
        memcpy(slot + 8, key, map->key_size);
        to = hash_value(map, slot);
    }
    if (!to) return -1;
    memcpy(to, value, map->value_size);
    return 0;
}
