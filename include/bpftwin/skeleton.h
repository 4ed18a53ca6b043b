// What headers of `bpftwin gen skeleton` are made of: typed access to the maps, programs and
// globals of an object that is part of the executable.
//
// All values are copied (memcpy): no pointer into a map is handed out, so any engine can be behind
// it, a kernel too, and nothing dangles. Sizes are checked against the object at each access. What
// C++ leaves open stays so: a bool that is a member must be 0 or 1 in the map, and `{}` makes of a
// union no more than its first member.
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "bpftwin/edit.h"
#include "bpftwin/engine.h"
#include "bpftwin/target.h"

namespace bpftwin {

namespace skeleton {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

/// The object of a skeleton: a definition, then also an instance of it.
struct State {
    ObjectSpec spec;
    std::unique_ptr<Instance> instance;
};

template <class T>
Bytes to_bytes(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    Bytes bytes(sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}
inline Bytes to_bytes(const Bytes& value) { return value; }

/// @return an Error where `bytes` are not as many as a `T` has.
template <class T>
Result<T> from_bytes(ByteView bytes) {
    if constexpr (std::is_same_v<T, Bytes>) {
        return Bytes(bytes.begin(), bytes.end());
    } else {
        static_assert(std::is_trivially_copyable_v<T>);
        if (bytes.size() != sizeof(T))
            return fail(std::to_string(bytes.size()) + " bytes, but the type has " +
                        std::to_string(sizeof(T)));
        // A bool in memory may have any bits, one in C++ may not.
        if constexpr (std::is_same_v<T, bool>) {
            return bytes.front() != std::byte{0};
        } else {
            T value{};
            std::memcpy(&value, bytes.data(), sizeof value);
            return value;
        }
    }
}

/// A map of the object. Before `load` there is only its definition.
/// @tparam Key, Value types with exactly the map's sizes, or Bytes.
/// @tparam per_cpu whether a key has a value for each possible CPU: all are read and written.
template <class Key, class Value, bool per_cpu = false>
class Map {
public:
    using Values = std::conditional_t<per_cpu, std::vector<Value>, Value>;
    struct Entry {
        Key key;
        Values value;
    };

    Map(State& state, std::string_view name) : state_(&state), name_(name) {}

    /// The value of `key`; an Error with `code` ENOENT if there is none.
    [[nodiscard]] Result<Values> lookup(const Key& key) const {
        auto map = view();
        if (!map) return std::unexpected(map.error());
        const auto bytes = (*map)->lookup(to_bytes(key));
        return bytes ? values_of(*bytes) : std::unexpected(bytes.error());
    }

    /// @param flags BPF_ANY, BPF_NOEXIST, BPF_EXIST.
    Result<void> update(const Key& key, const Values& value, std::uint64_t flags = 0) const {
        auto map = view();
        if (!map) return std::unexpected(map.error());
        std::vector<Bytes> bytes;
        if constexpr (per_cpu)
            for (const Value& one : value) bytes.push_back(to_bytes(one));
        else
            bytes.push_back(to_bytes(value));
        return (*map)->update(to_bytes(key), bytes, flags);
    }

    Result<void> erase(const Key& key) const {
        auto map = view();
        return map ? (*map)->erase(to_bytes(key)) : std::unexpected(map.error());
    }

    /// All entries in iteration order.
    [[nodiscard]] Result<std::vector<Entry>> entries() const {
        auto map = view();
        if (!map) return std::unexpected(map.error());
        const auto raw = (*map)->entries();
        if (!raw) return std::unexpected(raw.error());
        std::vector<Entry> list;
        for (const MapEntry& entry : *raw) {
            auto key = from_bytes<Key>(entry.key);
            if (!key) return wrong("key", key.error());
            auto value = values_of(entry.values);
            if (!value) return std::unexpected(value.error());
            list.push_back({std::move(*key), std::move(*value)});
        }
        return list;
    }

    /// The map of the instance, for bytes; an Error before `load`.
    [[nodiscard]] Result<MapView*> view() const {
        if (!state_->instance) return fail(place() + ": not loaded yet; call load() first");
        if (MapView* map = state_->instance->map(name_)) return map;
        return fail(place() + ": the engine did not create it");
    }

    /// Its definition, which may be edited before `load`; null if it was removed.
    [[nodiscard]] MapSpec* spec() const { return state_->spec.map(name_); }

private:
    [[nodiscard]] std::string place() const { return "map " + std::string(name_); }
    [[nodiscard]] std::unexpected<Error> wrong(std::string_view what, const Error& error) const {
        return std::unexpected(error.in(place() + ": " + std::string(what)));
    }

    [[nodiscard]] Result<Values> values_of(const std::vector<Bytes>& bytes) const {
        std::vector<Value> values;
        for (const Bytes& one : bytes) {
            auto value = from_bytes<Value>(one);
            if (!value) return wrong("value", value.error());
            values.push_back(std::move(*value));
        }
        if constexpr (per_cpu) {
            return values;
        } else {
            if (values.empty()) return wrong("value", {"none was given", ENOENT});
            return std::move(values.front());
        }
    }

    State* state_;
    std::string_view name_;
};

/// A program of the object.
class Program {
public:
    Program(State& state, std::string_view name) : state_(&state), name_(name) {}

    /// Runs it; an Error before `load`, or for an input that does not fit.
    Result<RunResult> run(const RunInput& input = {}) const {
        if (!state_->instance)
            return fail("program " + std::string(name_) + ": not loaded yet; call load() first");
        return state_->instance->run(name_, input);
    }

    /// Its definition, which may be edited before `load`; null if it was removed.
    [[nodiscard]] ProgramSpec* spec() const { return state_->spec.program(name_); }

private:
    State* state_;
    std::string_view name_;
};

/// The bytes of a data section now: first values before `load`, live ones after it.
class Section {
public:
    Section(State& state, std::string_view name) : state_(&state), name_(name) {}

    [[nodiscard]] Result<Bytes> read() const {
        const MapSpec* spec = map();
        if (spec == nullptr) return gone();
        if (!state_->instance) return padded(spec->contents, spec->value_size);
        MapView* live = state_->instance->map(spec->name);
        if (live == nullptr) return gone();
        auto values = live->lookup(to_bytes(std::uint32_t{0}));
        if (!values) return std::unexpected(values.error());
        if (values->empty()) return gone();
        return std::move(values->front());
    }

    Result<void> write(Bytes bytes) const {
        MapSpec* spec = map();
        if (spec == nullptr) return gone();
        if (!state_->instance) {
            spec->contents = std::move(bytes);
            return {};
        }
        // Engines let user space write what the kernel refuses once it is frozen.
        if (spec->frozen) return fail(std::string(name_) + ": read-only once it is loaded", EPERM);
        MapView* live = state_->instance->map(spec->name);
        if (live == nullptr) return gone();
        return live->update(to_bytes(std::uint32_t{0}), {std::move(bytes)}, 0);
    }

    [[nodiscard]] std::string_view name() const { return name_; }

private:
    [[nodiscard]] MapSpec* map() const {
        for (MapSpec& map : state_->spec.maps)
            if (map.section == name_) return &map;
        return nullptr;
    }
    static Bytes padded(Bytes bytes, std::size_t size) {
        bytes.resize(size);
        return bytes;
    }
    [[nodiscard]] std::unexpected<Error> gone() const {
        return fail("section " + std::string(name_) + ": its map does not exist");
    }

    State* state_;
    std::string_view name_;
};

/// A global variable. After `load` writing one reads and writes its section: do not do it while a
/// program runs.
template <class T>
class Global {
public:
    Global(Section section, std::string_view name, std::uint32_t offset)
        : section_(section), name_(name), offset_(offset) {}

    [[nodiscard]] Result<T> read() const {
        const auto bytes = section_.read();
        if (!bytes) return std::unexpected(bytes.error());
        if (!is_inside(*bytes)) return outside();
        return from_bytes<T>(ByteView(*bytes).subspan(offset_, sizeof(T)));
    }
    /// @return an Error for constants once they are loaded.
    Result<void> write(const T& value) const {
        auto bytes = section_.read();
        if (!bytes) return std::unexpected(bytes.error());
        if (!is_inside(*bytes)) return outside();
        std::memcpy(bytes->data() + offset_, &value, sizeof value);
        return section_.write(std::move(*bytes));
    }

    /// The same with an exception (std::bad_expected_access<Error>) instead of an Error.
    operator T() const { return read().value(); }
    const Global& operator=(const T& value) const {
        write(value).value();
        return *this;
    }

private:
    [[nodiscard]] bool is_inside(ByteView bytes) const {
        return bytes.size() >= sizeof(T) && offset_ <= bytes.size() - sizeof(T);
    }
    [[nodiscard]] std::unexpected<Error> outside() const {
        return fail("global " + std::string(name_) + ": is not inside its section");
    }

    Section section_;
    std::string_view name_;
    std::uint32_t offset_;
};

}  // namespace skeleton

/// An object that is part of the executable. Generated classes add its maps, programs and globals
/// by name; what those return stays valid when the skeleton is moved.
class Skeleton {
public:
    /// The definition, to be edited before `load`.
    [[nodiscard]] ObjectSpec& spec() { return state_->spec; }
    /// Resolves what the object asks of a kernel (CO-RE, `__kconfig`, `__ksym`) for engines of this
    /// process: before `load`, with `target_for` or types of your own. Kernels as engines do so for
    /// themselves. What the target lacks the programs say that need it, when they are run.
    void make_ready(const Target& target) {
        resolve_core(state_->spec, target);
        resolve_externs(state_->spec, target);
    }
    /// Makes an instance, in place of the one there was. Constants and globals begin as `spec`
    /// says.
    Result<void> load(Engine& engine, const EngineOptions& options = {}) {
        auto instance = engine.instantiate(state_->spec, options);
        if (!instance) return std::unexpected(instance.error());
        state_->instance = std::move(*instance);
        return {};
    }
    /// The instance, or null before `load`.
    [[nodiscard]] Instance* instance() { return state_->instance.get(); }

protected:
    explicit Skeleton(ObjectSpec spec)
        : state_(std::make_unique<skeleton::State>(std::move(spec), nullptr)) {}
    [[nodiscard]] skeleton::State& state() { return *state_; }

private:
    std::unique_ptr<skeleton::State> state_;
};

}  // namespace bpftwin
