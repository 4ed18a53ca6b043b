#include "vm/tcp_sock.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace bpftwin {
namespace {

struct TcpField {
    std::string_view name;
    std::size_t offset;
    std::size_t size;
};

constexpr auto tcp_fields = std::to_array<TcpField>({
#define FIELD(name) {#name, offsetof(bpf_tcp_sock, name), sizeof(bpf_tcp_sock::name)},
#include "vm/tcp_sock.def"
});

}  // namespace

bool store_tcp_field(bpf_tcp_sock& to, std::string_view name, std::uint64_t value) {
    const auto row = std::ranges::find(tcp_fields, name, &TcpField::name);
    if (row == tcp_fields.end() || (row->size == 4 && value >> 32 != 0)) return false;
    std::memcpy(reinterpret_cast<std::byte*>(&to) + row->offset, &value, row->size);
    return true;
}

}  // namespace bpftwin
