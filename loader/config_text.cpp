// Configuration files of kernels, which may be packed (/proc/config.gz).
#include <zlib.h>

#include <array>
#include <cerrno>

#include "bpftwin/target.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

/// A hundred times what a kernel has.
constexpr std::size_t longest_config = std::size_t{32} << 20;

bool is_packed(ByteView file) {
    return file.size() >= 2 && file[0] == std::byte{0x1f} && file[1] == std::byte{0x8b};
}

std::unexpected<Error> damaged(const char* why) {
    return fail(fmt::format("packed configuration: {}", why ? why : "the file ends too early"),
                EINVAL);
}

/// zlib's state, which ends with it.
struct Unpacker {
    z_stream stream{};
    bool is_ready;

    explicit Unpacker(ByteView file) {
        // zlib's interface has no const.
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(file.data()));
        stream.avail_in = static_cast<uInt>(file.size());
        constexpr int gzip_only = 16;
        is_ready = inflateInit2(&stream, gzip_only + MAX_WBITS) == Z_OK;
    }
    ~Unpacker() {
        if (is_ready) inflateEnd(&stream);
    }
    Unpacker(const Unpacker&) = delete;
    Unpacker& operator=(const Unpacker&) = delete;
};

Result<std::string> unpacked(ByteView file) {
    Unpacker unpacker(file);
    if (!unpacker.is_ready) return damaged(unpacker.stream.msg);
    std::string text;
    std::array<char, 65536> piece;
    int state = Z_OK;
    while (state == Z_OK) {
        unpacker.stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        unpacker.stream.avail_out = piece.size();
        state = inflate(&unpacker.stream, Z_NO_FLUSH);
        text.append(piece.data(), piece.size() - unpacker.stream.avail_out);
        if (text.size() > longest_config) return fail("a configuration of more than 32 MiB", EFBIG);
    }
    if (state != Z_STREAM_END) return damaged(unpacker.stream.msg);
    return text;
}

}  // namespace

Result<std::string> config_text(ByteView file) {
    if (file.size() > longest_config) return fail("a configuration of more than 32 MiB", EFBIG);
    if (is_packed(file)) return unpacked(file);
    return std::string(reinterpret_cast<const char*>(file.data()), file.size());
}

}  // namespace bpftwin
