#include "kernel-backend/channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>

namespace bpftwin::kernel {
namespace {

static_assert(std::endian::native == std::endian::little);

std::unexpected<Error> fail_by_errno() { return fail(std::strerror(errno), errno); }

/// For poll(2): milliseconds until the deadline, rounded up so that nothing spins; -1 for never.
int milliseconds_until(Deadline deadline) {
    if (deadline == no_deadline) return -1;
    const auto left = deadline - std::chrono::steady_clock::now();
    const auto count = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    return static_cast<int>(std::clamp<std::int64_t>(count, 0, std::numeric_limits<int>::max()));
}

/// As write(2), but a socket without a reader is EPIPE and no signal.
ssize_t write_some(int descriptor, ByteView bytes) {
    const ssize_t count =
        ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0 || errno != ENOTSOCK) return count;
    return ::write(descriptor, bytes.data(), bytes.size());
}

bool passes() { return errno == EINTR || errno == EAGAIN; }

}  // namespace

Channel::~Channel() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> Channel::wait(short event, Deadline deadline) const {
    pollfd waiting{descriptor_, event, 0};
    int count = 0;
    do {
        count = poll(&waiting, 1, milliseconds_until(deadline));
    } while (count < 0 && errno == EINTR);
    if (count == 0) return fail("no answer in time", ETIMEDOUT);
    if (count < 0) return fail_by_errno();
    return {};
}

Result<void> Channel::write_all(ByteView bytes, Deadline deadline) {
    while (!bytes.empty()) {
        if (auto ready = wait(POLLOUT, deadline); !ready) return ready;
        const ssize_t count = write_some(descriptor_, bytes);
        if (count < 0 && !passes()) return fail_by_errno();
        if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

Result<void> Channel::read_all(std::span<std::byte> bytes, Deadline deadline) {
    while (!bytes.empty()) {
        if (auto ready = wait(POLLIN, deadline); !ready) return ready;
        const ssize_t count = ::read(descriptor_, bytes.data(), bytes.size());
        if (count == 0) return fail("the other side is gone", EPIPE);
        if (count < 0 && errno == ECONNRESET) return fail("the other side is gone", EPIPE);
        if (count < 0 && !passes()) return fail_by_errno();
        if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

Result<void> Channel::send(ByteView frame, Deadline deadline) {
    if (frame.size() > longest_frame)
        return fail("message of " + std::to_string(frame.size()) + " bytes is too long", E2BIG);
    const auto length = static_cast<std::uint32_t>(frame.size());
    if (auto sent = write_all(std::as_bytes(std::span(&length, 1)), deadline); !sent) return sent;
    return write_all(frame, deadline);
}

Result<Bytes> Channel::receive(Deadline deadline) {
    std::uint32_t length = 0;
    if (auto got = read_all(std::as_writable_bytes(std::span(&length, 1)), deadline); !got)
        return std::unexpected(got.error());
    if (length > longest_frame)
        return fail("message announces " + std::to_string(length) + " bytes", EBADMSG);
    Bytes frame(length);
    if (auto got = read_all(frame, deadline); !got) return std::unexpected(got.error());
    return frame;
}

}  // namespace bpftwin::kernel
