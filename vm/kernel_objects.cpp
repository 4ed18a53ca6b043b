#include "vm/kernel_objects.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "btf/format.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace bpftwin {
namespace {

/// What stands for a struct whose layout is not known.
constexpr std::uint64_t unknown_size = 16 << 10;

std::uint64_t load_pointer(std::uint64_t address) {
    std::uint64_t value = 0;
    std::memcpy(&value, reinterpret_cast<const void*>(address), sizeof value);
    return value;
}

void store_pointer_at(std::uint64_t address, std::uint64_t value) {
    std::memcpy(reinterpret_cast<void*>(address), &value, sizeof value);
}

std::string type_text(const Btf& btf, std::uint32_t id) { return declaration(btf, id, ""); }

/// The text between quotes, where a backslash stands before a quote or another one.
Result<std::string> unquoted(std::string_view text) {
    std::string result;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"' && i + 1 == text.size()) return result;
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        result += text[i];
    }
    return fail(fmt::format("{} does not end with a quote", text), EINVAL);
}

}  // namespace

void KernelObjects::know_hook(std::vector<HookArgument> arguments, std::span<std::byte> context) {
    arguments_ = std::move(arguments);
    context_ = context;
    for (const HookArgument& argument : arguments_) {
        const auto words = (types_->size_of(argument.type).value_or(0) + 7) / 8;
        argument_words_ += static_cast<std::uint32_t>(words);
    }
    std::erase_if(arguments_, [&](const HookArgument& argument) {
        return argument.offset + types_->size_of(argument.type).value_or(0) > context_.size();
    });
}

Result<std::uint64_t> KernelObjects::allocate(std::uint64_t bytes, std::string name) {
    const std::uint64_t address = memory_.allocate(bytes, name);
    if (address != 0) return address;
    return fail(fmt::format("no room for {} ({} bytes)", name, bytes), ENOMEM);
}

std::uint64_t KernelObjects::variable(std::uint32_t type, std::uint32_t cpu) {
    if (!types_ || type >= types_->type_count() || types_->kind(type) != BtfKind::var) return 0;
    const auto [found, is_new] = variables_.try_emplace({type, cpu});
    if (!is_new) return found->second;
    const auto size = types_->size_of(types_->type(type).type);
    if (size && *size != 0)
        found->second =
            memory_.allocate(*size, fmt::format("{} of CPU {}", types_->type(type).name, cpu));
    return found->second;
}

std::uint64_t KernelObjects::make(std::string_view struct_name, bool writable) {
    std::uint64_t size = unknown_size;
    if (types_) {
        const auto id = types_->find(struct_name, BtfKind::struct_);
        if (!id) return 0;
        size = types_->size_of(*id).value_or(0);
    }
    return memory_.allocate(size, std::string(struct_name), writable);
}

// --- Paths

Result<KernelObjects::Place> KernelObjects::step(Place place, const PathStep& step, bool create) {
    switch (step.kind) {
        case PathStep::Kind::member: return member(place, step.name, create);
        case PathStep::Kind::element: return element(place, step.index, create);
        case PathStep::Kind::cast: return cast(place, step.name, create);
    }
    bug("PathStep::Kind");
}

Result<KernelObjects::Place> KernelObjects::walk(Place place, std::span<const PathStep> steps,
                                                 bool create) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (i + 1 < steps.size() && steps[i + 1].kind == PathStep::Kind::element)
            place.elements = steps[i + 1].index + 1;
        auto next = step(place, steps[i], create);
        if (!next) return next;
        place = *next;
    }
    return place;
}

Result<KernelObjects::Place> KernelObjects::pointee(Place place, std::uint32_t type,
                                                    std::uint64_t elements, bool create) {
    const auto size = types_->size_of(type);
    if (!size || *size == 0)
        return fail(fmt::format("{} is not known in full; say what it is by ':STRUCT'",
                                type_text(*types_, type)),
                    EINVAL);
    std::uint64_t target = load_pointer(place.address);
    if (target == 0 && create) {
        if (elements > ObjectMemory::capacity / *size)
            return fail(fmt::format("element {} is too far", elements - 1), E2BIG);
        auto made = allocate(*size * elements, type_text(*types_, type));
        if (!made) return std::unexpected(made.error());
        target = *made;
        store_pointer_at(place.address, target);
    }
    const std::uint64_t wanted = target + *size * (elements - 1);
    if (target != 0 && !memory_.holds(wanted, *size))
        return fail(
            fmt::format("a pointer holds {:#x}, where no {} is", target, type_text(*types_, type)),
            EFAULT);
    return Place{type, target};
}

Result<KernelObjects::Place> KernelObjects::member(Place place, std::string_view name,
                                                   bool create) {
    const BtfType& before = types_->type(types_->resolve(place.type));
    if (before.kind == BtfKind::ptr) {
        auto followed = pointee(place, before.type, 1, create);
        if (!followed || followed->address == 0) return followed;
        place = *followed;
    }
    const std::uint32_t id = types_->resolve(place.type);
    const BtfType& type = types_->type(id);
    if (!is_aggregate(type.kind))
        return fail(fmt::format("{} has no members", type_text(*types_, place.type)), EINVAL);
    const auto found = member_named(*types_, type, name);
    if (!found)
        return fail(fmt::format("{} has no member '{}'{}", type_text(*types_, id), name,
                                suggest_member(*types_, type, name)),
                    EINVAL);
    Place result{found->type, place.address + found->bit / 8};
    if (found->bitfield_size != 0) {
        result.holder = id;
        result.holder_address = place.address;
        result.bit_field = name;
    }
    return result;
}

Result<KernelObjects::Place> KernelObjects::element(Place place, std::uint64_t index, bool create) {
    const BtfType& type = types_->type(types_->resolve(place.type));
    if (type.kind == BtfKind::ptr) {
        auto first = pointee(place, type.type, index + 1, create);
        if (!first || first->address == 0) return first;
        return Place{type.type, first->address + index * types_->size_of(type.type).value_or(0)};
    }
    if (type.kind != BtfKind::array)
        return fail(fmt::format("{} has no elements", type_text(*types_, place.type)), EINVAL);
    const auto size = types_->size_of(type.type).value_or(0);
    if (type.count != 0 && index >= type.count)
        return fail(fmt::format("element {} of {}", index, type.count), ERANGE);
    if (index > ObjectMemory::capacity || !memory_.holds(place.address + index * size, size))
        return fail(fmt::format("element {} is outside its object", index), ERANGE);
    return Place{type.type, place.address + index * size};
}

Result<KernelObjects::Place> KernelObjects::cast(Place place, std::string_view name, bool create) {
    const BtfType& type = types_->type(types_->resolve(place.type));
    if (type.kind != BtfKind::ptr)
        return fail(fmt::format("{} is no pointer, so that ':{}' says nothing",
                                type_text(*types_, place.type), name),
                    EINVAL);
    auto id = types_->find(name, BtfKind::struct_);
    if (!id) id = types_->find(name, BtfKind::union_);
    if (!id) return fail(fmt::format("the kernel has no struct {}", name), EINVAL);
    return pointee(place, *id, 1, create);
}

Result<KernelObjects::Place> KernelObjects::argument(std::string_view name) {
    const auto found = std::ranges::find(arguments_, name, &HookArgument::name);
    if (found == arguments_.end()) {
        std::vector<std::string_view> names;
        for (const HookArgument& argument : arguments_) names.push_back(argument.name);
        return fail(names.empty()
                        ? "the kernel's types do not tell the arguments of the program's hook"
                        : fmt::format("the hook has no argument '{}'; it has {}", name,
                                      fmt::join(names, ", ")),
                    EINVAL);
    }
    placed_.insert(found->offset);
    return Place{found->type, reinterpret_cast<std::uint64_t>(&context_[found->offset])};
}

Result<KernelObjects::Place> KernelObjects::root_of(const ObjectPath& path, std::size_t& used) {
    used = path.root == "task" ? 0 : 1;
    const auto task_type = types_->find("task_struct", BtfKind::struct_);
    if (path.root == "task" && task_type) return Place{*task_type, current_task()};
    if (path.root == "task") return fail("the kernel's types have no task_struct", ENOENT);
    if (path.root == "regs") {
        used = 0;
        const auto type = types_->find("pt_regs", BtfKind::struct_);
        if (!type) return fail("the kernel's types have no pt_regs", ENOENT);
        return Place{*type, registers()};
    }
    const PathStep* first = path.steps.empty() ? nullptr : path.steps.data();
    if (path.root == "args" && first && first->kind == PathStep::Kind::member)
        return argument(first->name);
    if (path.root == "args" && first && first->kind == PathStep::Kind::element) {
        if (first->index < arguments_.size()) {
            const HookArgument& chosen = arguments_[first->index];
            placed_.insert(chosen.offset);
            return Place{chosen.type, reinterpret_cast<std::uint64_t>(&context_[chosen.offset])};
        }
        return fail(fmt::format("the hook has {} arguments", arguments_.size()), ERANGE);
    }
    if (path.root == "tasks" && task_type && first && first->kind == PathStep::Kind::element)
        return Place{*task_type, make_task(static_cast<std::uint32_t>(first->index))};
    const auto cgroup_type = types_->find("cgroup", BtfKind::struct_);
    if (path.root == "cgroups" && cgroup_type && first && first->kind == PathStep::Kind::element) {
        if (const auto known = tree_.find(first->index)) return Place{*cgroup_type, cgroup(*known)};
        return fail(fmt::format("the world has no cgroup {}", first->index), ENOENT);
    }
    return fail(fmt::format("'{}' is not task, tasks[PID], cgroups[ID], regs, args.NAME or args[N]",
                            path.root),
                EINVAL);
}

// --- Values

Result<std::uint64_t> KernelObjects::bytes_of(std::string_view text) {
    if (text.starts_with("hex:")) {
        const std::string_view digits = text.substr(4);
        auto made = allocate(std::max<std::size_t>(1, digits.size() / 2), "bytes");
        if (!made || digits.size() % 2 != 0)
            return made ? fail("'hex:' needs an even number of digits", EINVAL) : made;
        for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
            unsigned value = 0;
            const auto [end, error] = std::from_chars(&digits[i], &digits[i] + 2, value, 16);
            if (error != std::errc{} || end != &digits[i] + 2)
                return fail(fmt::format("'{}' are no hexadecimal digits", digits.substr(i, 2)),
                            EINVAL);
            *reinterpret_cast<std::uint8_t*>(*made + i / 2) = static_cast<std::uint8_t>(value);
        }
        return made;
    }
    const auto string = unquoted(text);
    if (!string) return std::unexpected(string.error());
    auto made = allocate(string->size() + 1, "string");
    if (made) std::ranges::copy(*string, reinterpret_cast<char*>(*made));
    return made;
}

Result<void> KernelObjects::store_pointer(const Place& place, const BtfType& pointer,
                                          std::string_view text) {
    std::uint64_t value = 0;
    if (text.starts_with('&')) {
        const auto path = parse_object_path(text.substr(1));
        if (!path) return std::unexpected(path.error());
        std::size_t used = 0;
        auto target = root_of(*path, used);
        if (target) target = walk(*target, std::span(path->steps).subspan(used), true);
        if (!target) return std::unexpected(target.error());
        value = target->address;
        // `&args.task` means the object that the argument points to.
        const BtfType& type = types_->type(types_->resolve(target->type));
        if (type.kind == BtfKind::ptr) {
            auto object = pointee(*target, type.type, 1, true);
            if (!object) return std::unexpected(object.error());
            value = object->address;
        }
    } else if (text.starts_with('"') || text.starts_with("hex:")) {
        auto bytes = bytes_of(text);
        if (!bytes) return std::unexpected(bytes.error());
        value = *bytes;
    } else if (text.starts_with('{')) {
        auto target = pointee(place, pointer.type, 1, true);
        return target ? store(*target, text) : std::unexpected(target.error());
    } else {
        const std::string_view digits = text.starts_with("0x") ? text.substr(2) : text;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(),
                                                  value, text.starts_with("0x") ? 16 : 10);
        if (error != std::errc{} || end != digits.data() + digits.size())
            return fail(
                fmt::format("'{}' is no address, \"text\", hex:BYTES, {{…}} or &PATH", text),
                EINVAL);
    }
    store_pointer_at(place.address, value);
    return {};
}

Result<void> KernelObjects::store(const Place& place, std::string_view text) {
    const BtfType& type = types_->type(types_->resolve(place.type));
    if (type.kind == BtfKind::ptr) return store_pointer(place, type, text);
    std::uint32_t id = place.type;
    std::uint64_t address = place.address;
    std::string edit(text);
    if (!place.bit_field.empty()) {
        id = place.holder;
        address = place.holder_address;
        edit = fmt::format("{{.{} = {}}}", place.bit_field, text);
    }
    const auto size = types_->size_of(id).value_or(0);
    const auto* bytes = reinterpret_cast<const std::byte*>(address);
    auto value = edit_value(*types_, id, Bytes(bytes, bytes + size), edit);
    if (!value) return std::unexpected(value.error());
    std::ranges::copy(*value, reinterpret_cast<std::byte*>(address));
    return {};
}

Result<void> KernelObjects::set(const ObjectField& field) {
    const auto named = [&](const Error& error) {
        return std::unexpected(error.in("object " + field.path));
    };
    if (!types_)
        return named({"the kernel's types are not known, which objects are laid out by", ENOENT});
    const auto path = parse_object_path(field.path);
    if (!path) return named(path.error());
    listed_.clear();
    std::size_t used = 0;
    auto place = root_of(*path, used);
    if (place) place = walk(*place, std::span(path->steps).subspan(used), true);
    if (!place) return named(place.error());
    if (place->address == 0) return named({"no room for more objects", ENOMEM});
    const auto stored = store(*place, field.value);
    return stored ? stored : named(stored.error());
}

Result<void> KernelObjects::assign(std::uint64_t object, std::string_view struct_name,
                                   std::string_view path, std::string_view text) {
    const std::string whole = fmt::format("object.{}", path);
    const auto steps = parse_object_path(whole);
    const auto id = types_ ? types_->find(struct_name, BtfKind::struct_) : std::nullopt;
    if (!steps || !id) return fail("no such object", ENOENT);
    const auto place = walk({*id, object}, steps->steps, true);
    return place ? store(*place, text) : std::unexpected(place.error());
}

KernelObjects::Place KernelObjects::find(std::uint64_t object, std::string_view struct_name,
                                         std::string_view path) {
    const std::string whole = fmt::format("object.{}", path);
    const auto steps = parse_object_path(whole);
    const auto id = types_ ? types_->find(struct_name, BtfKind::struct_) : std::nullopt;
    if (!steps || !id || !memory_.holds(object, 1)) return {};
    Place place{*id, object};
    for (const PathStep& one : steps->steps) {
        const auto next = step(place, one, false);
        if (!next || next->address == 0) return {};
        place = *next;
    }
    return place;
}

std::uint64_t KernelObjects::address(std::uint64_t object, std::string_view struct_name,
                                     std::string_view path) {
    return find(object, struct_name, path).address;
}

std::uint64_t KernelObjects::number(std::uint64_t object, std::string_view struct_name,
                                    std::string_view path) {
    const Place place = find(object, struct_name, path);
    std::uint64_t value = 0;
    if (place.address == 0) return 0;
    const auto size = std::min<std::uint64_t>(8, types_->size_of(place.type).value_or(0));
    std::memcpy(&value, reinterpret_cast<const void*>(place.address), size);
    return value;
}

// --- Arguments

void KernelObjects::complete_arguments(const std::set<std::uint32_t>& given) {
    for (const HookArgument& argument : arguments_) {
        if (given.contains(argument.offset) || placed_.contains(argument.offset)) continue;
        const BtfType& type = types_->type(types_->resolve(argument.type));
        if (type.kind != BtfKind::ptr) continue;
        const std::uint32_t target = types_->resolve(type.type);
        const auto size = types_->size_of(target).value_or(0);
        const auto place = reinterpret_cast<std::uint64_t>(&context_[argument.offset]);
        if (!is_aggregate(types_->kind(target)) || size == 0 || load_pointer(place) != 0) continue;
        store_pointer_at(place, memory_.allocate(size, type_text(*types_, target)));
        placed_.insert(argument.offset);
    }
}

}  // namespace bpftwin
