// From registers to the typed arguments of helpers/calls.h, and back: the kernel's BPF_CALL_n
// macros.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "helpers/map.h"
#include "helpers/maps/cgroup_storage.h"
#include "helpers/maps/local_storage.h"
#include "helpers/maps/ring_buffer.h"
#include "helpers/maps/stack_trace_map.h"
#include "helpers/maps/user_ring_buffer.h"
#include "helpers/require.h"
#include "vm/context.h"
#include "vm/runtime.h"
#include "vm/sockets.h"

namespace bpftwin {

/// How a register becomes an argument of type T. `valid` stops the program where the register, or
/// the program's type, has no such thing to offer: only programs that no verifier saw do that.
template <class T>
struct Argument;

template <std::integral T>
struct Argument<T> {
    static bool valid(Runtime&, std::uint64_t) { return true; }
    static T from(Runtime&, std::uint64_t value) { return static_cast<T>(value); }
};

template <class T>
struct Argument<T*> {
    static bool valid(Runtime&, std::uint64_t) { return true; }
    static T* from(Runtime&, std::uint64_t value) { return reinterpret_cast<T*>(value); }
};

template <>
struct Argument<Map&> {
    static bool valid(Runtime&, std::uint64_t) { return true; }
    static Map& from(Runtime&, std::uint64_t value) { return *reinterpret_cast<Map*>(value); }
};

/// A `const_map_ptr` that must be a ring buffer.
template <>
struct Argument<RingBuffer&> {
    static bool valid(Runtime& runtime, std::uint64_t value) {
        return require_map_type(runtime, Argument<Map&>::from(runtime, value), MapType::ringbuf);
    }
    static RingBuffer& from(Runtime&, std::uint64_t value) {
        return static_cast<RingBuffer&>(*reinterpret_cast<Map*>(value));
    }
};

/// Maps that a helper knows more of.
template <>
struct Argument<UserRingBuffer&> {
    static bool valid(Runtime& runtime, std::uint64_t value) {
        return require_map_type(runtime, Argument<Map&>::from(runtime, value),
                                MapType::user_ringbuf);
    }
    static UserRingBuffer& from(Runtime&, std::uint64_t value) {
        return static_cast<UserRingBuffer&>(*reinterpret_cast<Map*>(value));
    }
};

template <>
struct Argument<StackTraceMap&> {
    static bool valid(Runtime& runtime, std::uint64_t value) {
        return require_map_type(runtime, Argument<Map&>::from(runtime, value),
                                MapType::stack_trace);
    }
    static StackTraceMap& from(Runtime&, std::uint64_t value) {
        return static_cast<StackTraceMap&>(*reinterpret_cast<Map*>(value));
    }
};

/// Values of programs in cgroups, one or one per CPU.
template <>
struct Argument<CgroupStorage&> {
    static bool valid(Runtime& runtime, std::uint64_t value) {
        if (dynamic_cast<CgroupStorage*>(&Argument<Map&>::from(runtime, value))) return true;
        refuse_argument(runtime, "the map holds no values of programs in cgroups");
        return false;
    }
    static CgroupStorage& from(Runtime&, std::uint64_t value) {
        return static_cast<CgroupStorage&>(*reinterpret_cast<Map*>(value));
    }
};

/// Local storage of any kind of owner; which one the verifier has checked.
template <>
struct Argument<LocalStorage&> {
    static bool valid(Runtime& runtime, std::uint64_t value) {
        if (dynamic_cast<LocalStorage*>(&Argument<Map&>::from(runtime, value))) return true;
        refuse_argument(runtime, "the map holds no values of objects");
        return false;
    }
    static LocalStorage& from(Runtime&, std::uint64_t value) {
        return static_cast<LocalStorage&>(*reinterpret_cast<Map*>(value));
    }
};

/// A `ctx` whose packet the helper works on.
template <>
struct Argument<Packet&> {
    static bool valid(Runtime& runtime, std::uint64_t) { return require_packet(runtime); }
    static Packet& from(Runtime& runtime, std::uint64_t) { return *runtime.packet(); }
};

/// A pointer to a socket, or the context of a program that works for one. Null is a socket that a
/// helper may be given, and says so itself.
template <>
struct Argument<LiveSocket*> {
    static bool valid(Runtime& runtime, std::uint64_t value) {
        return value == 0 || from(runtime, value) || refuse_socket(runtime, value);
    }
    static LiveSocket* from(Runtime& runtime, std::uint64_t value) {
        SocketTable* sockets = runtime.context().sockets();
        if (!sockets || value == 0) return nullptr;
        return value == runtime.context().address() ? &sockets->own() : sockets->at(value);
    }
};

inline std::uint64_t to_register(void* result) { return reinterpret_cast<std::uint64_t>(result); }
inline std::uint64_t to_register(std::integral auto result) {
    return static_cast<std::uint64_t>(result);
}

template <auto function>
struct Adapter;

template <class Result, class... Args, Result (*function)(Runtime&, Args...)>
struct Adapter<function> {
    static std::uint64_t call(Runtime& runtime, std::uint64_t r1, std::uint64_t r2,
                              std::uint64_t r3, std::uint64_t r4, std::uint64_t r5) {
        return spread(runtime, {r1, r2, r3, r4, r5}, std::index_sequence_for<Args...>());
    }

private:
    template <std::size_t... Index>
    static std::uint64_t spread(Runtime& runtime, const std::array<std::uint64_t, 5>& registers,
                                std::index_sequence<Index...>) {
        if (!(Argument<Args>::valid(runtime, registers[Index]) && ...)) return 0;
        if constexpr (std::is_void_v<Result>) {
            function(runtime, Argument<Args>::from(runtime, registers[Index])...);
            return 0;
        } else {
            return to_register(
                function(runtime, Argument<Args>::from(runtime, registers[Index])...));
        }
    }
};

}  // namespace bpftwin
