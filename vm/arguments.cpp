// Helper arguments against their prototype.
#include "vm/arguments.h"

#include <optional>
#include <string>

#include "fmt/format.h"
#include "helpers/dynptr.h"
#include "helpers/map.h"
#include "vm/context.h"
#include "vm/interpreter_machine.h"
#include "vm/sockets.h"

namespace bpftwin {
namespace {

bool holds_sockets(MapType type) { return type == MapType::sockmap || type == MapType::sockhash; }

/// The check of one call: walks the arguments from left to right, as sizes and maps refer back.
class ArgumentCheck {
public:
    ArgumentCheck(InterpreterMachine& machine, const Helper& helper,
                  std::span<const std::uint64_t, 5> values)
        : machine_(machine), helper_(helper), values_(values) {}

    bool run() {
        if (!available_to(helper_, machine_.program().type) &&
            machine_.program().type != ProgType::unspec)
            return refuse(
                0, fmt::format("not available to {} programs", name_of(machine_.program().type)));
        for (index_ = 0; index_ < helper_.args.size(); ++index_)
            if (!check(helper_.args[index_], values_[index_])) return false;
        return true;
    }

private:
    bool check(const Arg& arg, std::uint64_t value) {
        if (arg.or_null && value == 0) return true;
        switch (arg.type) {
            case ArgType::none:
            case ArgType::anything:
            case ArgType::stack:
            case ArgType::ringbuf_mem:  // Its helpers know their records, also one of no bytes.
                return true;
            case ArgType::const_map_ptr: return check_map(value);
            case ArgType::map_key: return check_memory(arg, value, map_->spec().key_size);
            case ArgType::map_value:
                if (holds_sockets(map_->spec().type)) return check_socket(value);
                return check_memory(arg, value, map_->spec().value_size);
            case ArgType::mem: return check_memory(arg, value, memory_size(arg));
            case ArgType::const_size:
                return value != 0 || refuse(value, "size is 0, must be at least 1");
            case ArgType::const_size_or_zero:
            case ArgType::const_alloc_size_or_zero: return true;
            case ArgType::ctx:
                return value == machine_.context().address() || refuse(value, "is not the context");
            case ArgType::spin_lock: return check_memory({.write = true}, value, 4);
            case ArgType::timer: return check_memory({.write = true}, value, 16);
            case ArgType::func:
                return machine_.image_of(value) != nullptr ||
                       refuse(value, "is not a function of the program");
            case ArgType::const_str: return check_string(value);
            case ArgType::sock_common:
            case ArgType::socket: return check_socket(value);
            case ArgType::btf_id:
                return machine_.allows(value, 1, false) ||
                       refuse(value, "is no object of the kernel");
            case ArgType::btf_id_sock_common:
                return machine_.allows(value, 1, false) || check_socket(value);
            case ArgType::dynptr:
            case ArgType::ringbuf_dynptr: return check_memory(arg, value, sizeof(Dynptr));
            case ArgType::kptr_xchg_dest:
                return check_memory({.write = true}, value, sizeof(std::uint64_t));
            case ArgType::percpu_btf_id:  // Its helpers know what there is for each CPU.
                return true;
        }
        return false;
    }

    bool check_map(std::uint64_t value) {
        if (!machine_.knows_map(value)) return refuse(value, "is not a map");
        map_ = reinterpret_cast<const Map*>(value);
        return true;
    }

    /// Bytes of a `mem` argument: of its type, or as the argument behind it says.
    std::uint64_t memory_size(const Arg& arg) const {
        if (arg.fixed != 0) return arg.fixed;
        return index_ + 1 < values_.size() ? static_cast<std::uint32_t>(values_[index_ + 1]) : 0;
    }

    bool check_memory(const Arg& arg, std::uint64_t address, std::uint64_t bytes) {
        if (bytes == 0 || machine_.allows(address, bytes, arg.write)) return true;
        return refuse(
            address,
            fmt::format("{} bytes there are not {}", bytes, arg.write ? "writable" : "readable"),
            static_cast<std::uint32_t>(bytes), arg.write);
    }

    /// A socket, or the context of a program that works for one; helpers know what null means.
    bool check_socket(std::uint64_t value) {
        SocketTable* sockets = machine_.context().sockets();
        const bool known = sockets && (value == machine_.context().address() || sockets->at(value));
        return value == 0 || known || refuse(value, "is no socket of the world");
    }

    bool check_string(std::uint64_t address) {
        for (std::uint64_t at = address; machine_.allows(at, 1, false); ++at)
            if (*reinterpret_cast<const char*>(at) == '\0') return true;
        return refuse(address, "no zero-terminated string there", 1);
    }

    bool refuse(std::uint64_t value, std::string_view what, std::uint32_t size = 0,
                bool write = false) {
        machine_.stop(
            {TrapKind::bad_argument,
             fmt::format("bpf_{}: argument {} ({:#x}): {}", helper_.name, index_ + 1, value, what),
             value, size, write});
        return false;
    }

    InterpreterMachine& machine_;
    const Helper& helper_;
    std::span<const std::uint64_t, 5> values_;
    std::size_t index_ = 0;
    const Map* map_ = nullptr;
};

}  // namespace

bool check_arguments(InterpreterMachine& machine, const Helper& helper,
                     std::span<const std::uint64_t, 5> r) {
    return ArgumentCheck(machine, prototype_for(helper, machine.program().type), r).run();
}

}  // namespace bpftwin
