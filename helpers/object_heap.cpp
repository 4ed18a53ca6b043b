#include "helpers/object_heap.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "btf/btf.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

bool has_field(const ObjectKind& kind, FieldKind wanted) {
    return std::ranges::find(kind.fields, wanted, &SpecialField::kind) != kind.fields.end();
}

std::uint64_t load(const std::byte* at) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
}

}  // namespace

// --- Objects.

const ObjectKind* ObjectHeap::kind_of(const std::shared_ptr<const Btf>& types, std::uint32_t type,
                                      const Btf* kernel) {
    if (!types || type >= types->type_count() || types->kind(type) != BtfKind::struct_)
        return nullptr;
    const std::unique_lock lock(mutex_);
    const auto [found, is_new] = kinds_.try_emplace({types, type});
    if (is_new) {
        ObjectKind& kind = found->second;
        kind.name = types->type(type).name;
        kind.size = types->type(type).size;
        kind.fields = object_fields_of(*types, type, kernel);
        kind.counted = has_field(kind, FieldKind::refcount);
    }
    return &found->second;
}

ObjectHeap::Object* ObjectHeap::fresh(const ObjectKind& kind, std::uint64_t bytes) {
    auto& unused = free_[{&kind, bytes}];
    if (!unused.empty()) {
        Object* object = unused.back();
        unused.pop_back();
        return object;
    }
    const std::uint64_t words = bytes / 8 + 1;  // Also of no bytes.
    if (words * 8 > capacity - used_) return nullptr;
    used_ += words * 8;
    auto memory = std::make_unique<std::uint64_t[]>(words);
    const auto begin = reinterpret_cast<std::uint64_t>(memory.get());
    objects_.push_back({.kind = &kind,
                        .region = {.begin = begin,
                                   .size = bytes,
                                   .name = fmt::format("object of struct {}", kind.name)},
                        .memory = std::move(memory)});
    by_address_[begin] = &objects_.back();
    return &objects_.back();
}

std::uint64_t ObjectHeap::make(const ObjectKind& kind, bool for_each_cpu) {
    const std::uint64_t part = (std::uint64_t{kind.size} + 7) / 8 * 8;
    const std::unique_lock lock(mutex_);
    Object* object = fresh(kind, for_each_cpu ? part * cpu_count_ : kind.size);
    if (!object) return 0;
    std::memset(object->memory.get(), 0, object->region.size);
    object->owners = 1;
    return object->region.begin;
}

ObjectHeap::Object* ObjectHeap::around(std::uint64_t address) const {
    auto after = by_address_.upper_bound(address);
    if (after == by_address_.begin()) return nullptr;
    Object* object = std::prev(after)->second;
    return object->owners != 0 && address < object->region.end() ? object : nullptr;
}

ObjectHeap::Object* ObjectHeap::at(std::uint64_t begin) const {
    const auto found = by_address_.find(begin);
    return found != by_address_.end() && found->second->owners != 0 ? found->second : nullptr;
}

bool ObjectHeap::acquire(std::uint64_t address) {
    const std::unique_lock lock(mutex_);
    Object* object = around(address);
    if (object) ++object->owners;
    return object != nullptr;
}

bool ObjectHeap::drop(std::uint64_t begin) {
    const std::unique_lock lock(mutex_);
    if (!at(begin)) return false;
    release({begin});
    return true;
}

std::uint64_t ObjectHeap::part_of(std::uint64_t begin, std::uint32_t cpu) const {
    const std::shared_lock lock(mutex_);
    const Object* object = at(begin);
    if (!object || cpu >= cpu_count_) return 0;
    return begin + cpu * (object->region.size / cpu_count_);
}

const ObjectKind* ObjectHeap::kind_at(std::uint64_t begin) const {
    const std::shared_lock lock(mutex_);
    const Object* object = at(begin);
    return object ? object->kind : nullptr;
}

bool ObjectHeap::allows(std::uint64_t address, std::uint64_t bytes, bool) const {
    const std::shared_lock lock(mutex_);
    const Object* object = around(address);
    return object && object->region.holds(address, bytes);
}

const Region* ObjectHeap::nearest(std::uint64_t address) const {
    constexpr std::uint64_t reach = 4096;
    const std::shared_lock lock(mutex_);
    auto after = by_address_.upper_bound(address);
    if (after == by_address_.begin()) return nullptr;
    const Region& region = std::prev(after)->second->region;
    return address < region.end() + reach ? &region : nullptr;
}

// --- What objects and values hold.

void ObjectHeap::free_fields(std::span<const SpecialField> fields, const std::byte* value) {
    const std::unique_lock lock(mutex_);
    Losers losers;
    collect(fields, value, losers);
    release(std::move(losers));
}

void ObjectHeap::collect(std::span<const SpecialField> fields, const std::byte* value,
                         Losers& losers) {
    for (const SpecialField& field : fields) {
        const auto place = reinterpret_cast<std::uint64_t>(value + field.offset);
        const auto lose = [&](std::uint64_t node) {
            roots_.erase(node);
            if (const Object* object = around(node)) losers.push_back(object->region.begin);
        };
        if (field.is_owned()) losers.push_back(load(value + field.offset));
        if (field.kind == FieldKind::list_head) {
            for (const std::uint64_t node : lists_[place]) lose(node);
            lists_.erase(place);
        } else if (field.kind == FieldKind::rb_root) {
            for (const std::uint64_t node : trees_.clear(place)) lose(node);
        } else if (field.kind == FieldKind::list_node || field.kind == FieldKind::rb_node) {
            leave(place);
        } else if (field.kind == FieldKind::timer || field.kind == FieldKind::workqueue) {
            timers_.erase(place);
        }
    }
}

/// A node whose object ends is nowhere any more: only programs that no verifier saw get here.
void ObjectHeap::leave(std::uint64_t node) {
    const auto root = roots_.find(node);
    if (root == roots_.end()) return;
    if (trees_.has(node)) trees_.erase(root->second, node);
    if (const auto list = lists_.find(root->second); list != lists_.end())
        std::erase(list->second, node);
    roots_.erase(root);
}

void ObjectHeap::release(Losers losers) {
    while (!losers.empty()) {
        Object* object = at(losers.back());
        losers.pop_back();
        if (!object || --object->owners != 0) continue;
        collect(object->kind->fields, reinterpret_cast<const std::byte*>(object->region.begin),
                losers);
        free_[{object->kind, object->region.size}].push_back(object);
    }
}

// --- Lists.

ObjectHeap::Object* ObjectHeap::holder(std::uint64_t node, FieldKind kind) const {
    Object* object = around(node);
    if (!object) return nullptr;
    const std::uint64_t offset = node - object->region.begin;
    const bool is_field = std::ranges::any_of(object->kind->fields, [&](const SpecialField& field) {
        return field.kind == kind && field.offset == offset;
    });
    return is_field ? object : nullptr;
}

ObjectHeap::Added ObjectHeap::take(std::uint64_t root, std::uint64_t node, FieldKind kind) {
    const Object* object = holder(node, kind);
    if (!object) return Added::no_node;
    if (roots_.try_emplace(node, root).second) return Added::yes;
    release({object->region.begin});
    return Added::elsewhere;
}

ObjectHeap::Added ObjectHeap::push(std::uint64_t list, std::uint64_t node, bool front) {
    const std::unique_lock lock(mutex_);
    const Added added = take(list, node, FieldKind::list_node);
    if (added != Added::yes) return added;
    auto& nodes = lists_[list];
    nodes.insert(front ? nodes.begin() : nodes.end(), node);
    return added;
}

std::uint64_t ObjectHeap::pop(std::uint64_t list, bool front) {
    const std::unique_lock lock(mutex_);
    const auto found = lists_.find(list);
    if (found == lists_.end() || found->second.empty()) return 0;
    auto& nodes = found->second;
    const std::uint64_t node = front ? nodes.front() : nodes.back();
    nodes.erase(front ? nodes.begin() : nodes.end() - 1);
    roots_.erase(node);
    return node;
}

std::uint64_t ObjectHeap::end_of(std::uint64_t list, bool front) const {
    const std::shared_lock lock(mutex_);
    const auto found = lists_.find(list);
    if (found == lists_.end() || found->second.empty()) return 0;
    return front ? found->second.front() : found->second.back();
}

// --- Trees.

ObjectHeap::Added ObjectHeap::claim(std::uint64_t tree, std::uint64_t node) {
    const std::unique_lock lock(mutex_);
    return take(tree, node, FieldKind::rb_node);
}

bool ObjectHeap::link(std::uint64_t tree, std::uint64_t node, std::uint64_t parent, bool left) {
    const std::unique_lock lock(mutex_);
    const auto owner = [&](std::uint64_t of) {
        const auto found = roots_.find(of);
        return found == roots_.end() ? 0 : found->second;
    };
    if (owner(node) != tree || (parent != 0 && owner(parent) != tree)) return false;
    return trees_.insert(tree, node, parent, left);
}

void ObjectHeap::abandon(std::uint64_t node) {
    const std::unique_lock lock(mutex_);
    leave(node);
    if (const Object* object = around(node)) release({object->region.begin});
}

bool ObjectHeap::unlink(std::uint64_t tree, std::uint64_t node) {
    const std::unique_lock lock(mutex_);
    const auto found = roots_.find(node);
    if (found == roots_.end() || found->second != tree || !trees_.has(node)) return false;
    trees_.erase(tree, node);
    roots_.erase(found);
    return true;
}

std::uint64_t ObjectHeap::top_of(std::uint64_t tree) const {
    const std::shared_lock lock(mutex_);
    return trees_.top(tree);
}

std::uint64_t ObjectHeap::first_of(std::uint64_t tree) const {
    const std::shared_lock lock(mutex_);
    return trees_.first(tree);
}

std::uint64_t ObjectHeap::child_of(std::uint64_t tree, std::uint64_t node, bool left) const {
    const std::shared_lock lock(mutex_);
    const auto found = roots_.find(node);
    return found != roots_.end() && found->second == tree ? trees_.child(node, left) : 0;
}

}  // namespace bpftwin
