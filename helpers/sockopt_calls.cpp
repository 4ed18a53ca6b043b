// bpf_setsockopt and bpf_getsockopt (net/core/filter.c): the options of helpers/socket_options.def,
// and those that are text.
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <optional>

#include "helpers/calls.h"
#include "helpers/maps/attributes.h"
#include "helpers/network.h"
#include "vm/context.h"
#include "vm/runtime.h"
#include "vm/sockets.h"

namespace bpftwin::calls {
namespace {

enum class Kind : std::uint8_t { number, truth, write_only };

struct Option {
    int level;
    int number;
    int least;
    int most;
    int fresh;
    Kind kind;
};

constexpr auto options = std::to_array<Option>({
#define OPTION(level, number, name, least, most, fresh, kind) \
    {level, number, least, most, fresh, Kind::kind},
#include "helpers/socket_options.def"
});

namespace option {
constexpr int send_buffer = 7;
constexpr int receive_buffer = 8;
constexpr int priority = 12;
constexpr int receive_low = 18;
constexpr int bind_to_device = 25;
constexpr int mark = 36;
constexpr int bind_to_index = 62;
constexpr int congestion = 13;      // TCP.
constexpr int send_window = 1001;   // TCP_BPF_IW.
constexpr int window_clamp = 1002;  // TCP_BPF_SNDCWND_CLAMP.
constexpr int callbacks = 1008;     // TCP_BPF_SOCK_OPS_CB_FLAGS.
}  // namespace option

/// Whether the socket has options of that level.
bool has_level(const Socket& socket, int level) {
    switch (level) {
        case SOL_SOCKET: return true;
        case IPPROTO_IP: return socket.family == AF_INET;
        case IPPROTO_IPV6: return socket.family == AF_INET6;
        case IPPROTO_TCP: return socket.protocol == IPPROTO_TCP;
        default: return false;
    }
}

const Option* option_of(const Socket& socket, int level, int number) {
    if (!has_level(socket, level)) return nullptr;
    const auto* found = std::ranges::find_if(
        options, [&](const Option& row) { return row.level == level && row.number == number; });
    return found == options.end() ? nullptr : found;
}

/// A buffer's size as the kernel books it: twice what was asked for, within its limits.
int buffer_size(int wanted, int least) {
    constexpr std::uint32_t most = 212992;  // net.core.wmem_max and rmem_max.
    return std::max(static_cast<int>(std::min(static_cast<std::uint32_t>(wanted), most)) * 2,
                    least);
}

int kept_value(const Option& row, int value) {
    if (row.kind == Kind::truth) return value != 0 ? 1 : 0;
    if (row.level == SOL_SOCKET && row.number == option::send_buffer)
        return buffer_size(value, 4608);
    if (row.level == SOL_SOCKET && row.number == option::receive_buffer)
        return buffer_size(value, 2304);
    if (row.level == SOL_SOCKET && row.number == option::receive_low)
        return value < 0 ? INT_MAX : std::max(value, 1);
    return row.level != SOL_SOCKET && value == -1 ? 0 : value;
}

/// What the fields of the socket, and of the event, say of an option.
void follow(Runtime& runtime, LiveSocket& live, const Option& row, int value) {
    const auto number = static_cast<std::uint32_t>(value);
    if (row.level == SOL_SOCKET && row.number == option::mark) live.socket.mark = number;
    if (row.level == SOL_SOCKET && row.number == option::priority) live.socket.priority = number;
    if (row.level == SOL_SOCKET && row.number == option::bind_to_index)
        live.socket.interface = number;
    live.show();
    if (row.level != IPPROTO_TCP) return;
    if (row.number == option::callbacks) {
        live.callback_flags = number;
        runtime.effects().socket.callback_flags = number;
    }
    if (row.number == option::send_window) live.tcp.snd_cwnd = number;
    if (row.number == option::window_clamp) live.tcp.snd_ssthresh = number;
}

void record(Runtime& runtime, const LiveSocket& live, int level, int number, ByteView value) {
    runtime.effects().socket.options.push_back({.socket = live.socket.name,
                                                .level = level,
                                                .option = number,
                                                .value = Bytes(value.begin(), value.end())});
}

ByteView view_of(const void* value, int size) {
    return {static_cast<const std::byte*>(value), static_cast<std::size_t>(std::max(size, 0))};
}

/// The text up to its zero, at most `longest` bytes.
std::string text_in(const void* value, int size, std::size_t longest) {
    const std::size_t length = std::min<std::size_t>(static_cast<std::size_t>(size), longest);
    const char* text = static_cast<const char*>(value);
    return {text, std::find(text, text + length, '\0')};
}

long set_congestion(Runtime& runtime, LiveSocket& live, const void* value, int size) {
    constexpr std::size_t longest = 15;  // TCP_CA_NAME_MAX without its zero.
    if (size < 2) return -EINVAL;
    const std::string name = text_in(value, size, longest);
    if (name == "cdg") return -enotsupp;
    live.socket.congestion = name;
    record(runtime, live, IPPROTO_TCP, option::congestion, view_of(value, size));
    return 0;
}

long bind_to_device(Runtime& runtime, LiveSocket& live, const void* value, int size) {
    constexpr std::size_t longest = 15;  // IFNAMSIZ without its zero.
    const std::string name = text_in(value, size, longest);
    const auto& devices = network_of(runtime).interfaces;
    const auto found = std::ranges::find(devices, name, &Interface::name);
    if (!name.empty() && found == devices.end()) return -ENODEV;
    live.socket.interface = name.empty() ? 0 : found->index;
    live.show();
    record(runtime, live, SOL_SOCKET, option::bind_to_device, view_of(value, size));
    return 0;
}

long set_number(Runtime& runtime, LiveSocket& live, const Option& row, const void* from, int size) {
    int value = 0;
    if (size != sizeof value) return -EINVAL;
    std::memcpy(&value, from, sizeof value);
    if (value < row.least || value > row.most) return -EINVAL;
    value = kept_value(row, value);
    live.options[{row.level, row.number}] = value;
    follow(runtime, live, row, value);
    record(runtime, live, row.level, row.number, view_of(from, size));
    return 0;
}

/// The value now: as it was set, as the socket's description says, or a fresh socket's.
int value_now(const LiveSocket& live, const Option& row) {
    if (row.level == SOL_SOCKET && row.number == option::mark)
        return static_cast<int>(live.socket.mark);
    if (row.level == SOL_SOCKET && row.number == option::priority)
        return static_cast<int>(live.socket.priority);
    if (row.level == SOL_SOCKET && row.number == option::bind_to_index)
        return static_cast<int>(live.socket.interface);
    if (row.level == IPPROTO_TCP && row.number == option::callbacks)
        return static_cast<int>(live.callback_flags);
    const auto found = live.options.find({row.level, row.number});
    return found == live.options.end() ? row.fresh : found->second;
}

long read_option(const LiveSocket& live, int level, int number, void* to, int size) {
    if (!live.is_full()) return -EINVAL;
    if (level == IPPROTO_TCP && number == option::congestion && has_level(live.socket, level)) {
        if (size < 2) return -EINVAL;
        const std::string name =
            live.socket.congestion.substr(0, static_cast<std::size_t>(size) - 1);
        std::memset(to, 0, static_cast<std::size_t>(size));
        std::ranges::copy(name, static_cast<char*>(to));
        return 0;
    }
    const Option* row = option_of(live.socket, level, number);
    if (!row || row->kind == Kind::write_only || size != sizeof(int)) return -EINVAL;
    const int value = value_now(live, *row);
    std::memcpy(to, &value, sizeof value);
    return 0;
}

}  // namespace

long setsockopt(Runtime& runtime, LiveSocket* socket, int level, int number, const void* value,
                int size) {
    if (!socket || !socket->is_full()) return -EINVAL;
    if (level == IPPROTO_TCP && number == option::congestion && has_level(socket->socket, level))
        return set_congestion(runtime, *socket, value, size);
    if (level == SOL_SOCKET && number == option::bind_to_device)
        return bind_to_device(runtime, *socket, value, size);
    const Option* row = option_of(socket->socket, level, number);
    return row ? set_number(runtime, *socket, *row, value, size) : -EINVAL;
}

long getsockopt(Runtime&, LiveSocket* socket, int level, int number, void* value, int size) {
    const long error = socket ? read_option(*socket, level, number, value, size) : -EINVAL;
    if (error != 0 && size > 0) std::memset(value, 0, static_cast<std::size_t>(size));
    return error;
}

}  // namespace bpftwin::calls
