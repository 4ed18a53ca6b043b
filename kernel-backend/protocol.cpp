#include "kernel-backend/protocol.h"

#include <bit>
#include <cerrno>
#include <concepts>
#include <cstring>
#include <limits>
#include <utility>

namespace bpftwin::kernel {
namespace {

static_assert(std::endian::native == std::endian::little);

class Writer {
public:
    void operator()(const auto&... fields) { (write(fields), ...); }
    Bytes take() { return std::move(bytes_); }

private:
    void write(std::integral auto number) { append(std::as_bytes(std::span(&number, 1))); }
    void write(Nothing /*nothing*/) {}
    void write(const Bytes& bytes) { write_list(bytes); }
    void write(const std::string& text) { write_list(std::as_bytes(std::span(text))); }
    void write(const Error& error) { (*this)(error.code, error.message); }
    void write(const Kernel::PerfRecord& record) { (*this)(record.cpu, record.data); }
    template <class Item>
    void write(const std::vector<Item>& items) {
        write(static_cast<std::uint32_t>(items.size()));
        for (const Item& item : items) write(item);
    }
    template <class Value>
    void write(const Result<Value>& result) {
        write(result.has_value());
        if (result)
            write(*result);
        else
            write(result.error());
    }
    template <class Message>
        requires requires(const Message& message, Writer& writer) {
            Message::fields(message, writer);
        }
    void write(const Message& message) {
        Message::fields(message, *this);
    }
    void write_list(ByteView bytes) {
        write(static_cast<std::uint32_t>(bytes.size()));
        append(bytes);
    }
    void append(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

    Bytes bytes_;
};

/// Fields of a message that is not trusted. What is missing is left as it was, and `whole` says so.
class Reader {
public:
    explicit Reader(ByteView frame) : rest_(frame) {}
    void operator()(auto&... fields) { (read(fields), ...); }
    /// Whether everything was there, and nothing more.
    [[nodiscard]] bool whole() const { return good_ && rest_.empty(); }

private:
    void read(bool& flag) {
        std::uint8_t number = 0;
        read(number);
        if (number > 1) good_ = false;
        flag = number == 1;
    }
    void read(std::integral auto& number) {
        const ByteView bytes = next(sizeof number);
        if (good_) std::memcpy(&number, bytes.data(), sizeof number);
    }
    void read(Nothing& /*nothing*/) {}
    void read(Bytes& bytes) {
        const ByteView view = next(length());
        bytes.assign(view.begin(), view.end());
    }
    void read(std::string& text) {
        const ByteView view = next(length());
        text.assign(reinterpret_cast<const char*>(view.data()), view.size());
    }
    void read(Error& error) { (*this)(error.code, error.message); }
    void read(Kernel::PerfRecord& record) { (*this)(record.cpu, record.data); }
    // Items are made as they are found: a count alone allocates nothing.
    template <class Item>
    void read(std::vector<Item>& items) {
        const std::uint32_t count = length();
        for (std::uint32_t i = 0; i < count && good_; ++i) {
            items.emplace_back();
            read(items.back());
        }
    }
    template <class Value>
    void read(Result<Value>& result) {
        bool present = false;
        read(present);
        if (!present) result = std::unexpected(Error{});
        if (present)
            read(*result);
        else
            read(result.error());
    }
    template <class Message>
        requires requires(Message& message, Reader& reader) { Message::fields(message, reader); }
    void read(Message& message) {
        Message::fields(message, *this);
    }

    std::uint32_t length() {
        std::uint32_t number = 0;
        read(number);
        return number;
    }
    ByteView next(std::size_t size) {
        if (size > rest_.size()) good_ = false;
        if (!good_) return {};
        const ByteView bytes = rest_.first(size);
        rest_ = rest_.subspan(size);
        return bytes;
    }

    ByteView rest_;
    bool good_ = true;
};

std::unexpected<Error> malformed(const char* what, ByteView frame) {
    return fail(std::string(what) + " of " + std::to_string(frame.size()) +
                    " bytes makes no sense: host and agent are of different versions",
                EBADMSG);
}

/// The request of the kind that the first byte names.
template <std::size_t... Kinds>
bool read_request(Request& request, std::size_t kind, Reader& reader,
                  std::index_sequence<Kinds...> /*kinds*/) {
    return ((kind == Kinds && (reader(request.emplace<Kinds>()), true)) || ...);
}

}  // namespace

Bytes encode(const Request& request) {
    Writer writer;
    writer(static_cast<std::uint8_t>(request.index()));
    std::visit([&](const auto& message) { writer(message); }, request);
    return writer.take();
}

Result<Request> decode_request(ByteView frame) {
    Reader reader(frame);
    std::uint8_t kind = std::numeric_limits<std::uint8_t>::max();
    reader(kind);
    Request request;
    constexpr auto kinds = std::make_index_sequence<std::variant_size_v<Request>>();
    if (!read_request(request, kind, reader, kinds) || !reader.whole())
        return malformed("request", frame);
    return request;
}

template <class Answer>
Bytes encode_answer(const Result<Answer>& answer) {
    Writer writer;
    writer(answer);
    return writer.take();
}

template <class Answer>
Result<Result<Answer>> decode_answer(ByteView frame) {
    Reader reader(frame);
    Result<Answer> answer;
    reader(answer);
    if (!reader.whole()) return malformed("answer", frame);
    return answer;
}

template Bytes encode_answer(const Result<Nothing>&);
template Bytes encode_answer(const Result<Bytes>&);
template Bytes encode_answer(const Result<std::vector<Bytes>>&);
template Bytes encode_answer(const Result<std::vector<std::string>>&);
template Bytes encode_answer(const Result<std::vector<Kernel::PerfRecord>>&);
template Bytes encode_answer(const Result<std::int32_t>&);
template Bytes encode_answer(const Result<Hello::Answer>&);
template Bytes encode_answer(const Result<BpfCall::Answer>&);
template Result<Result<Nothing>> decode_answer(ByteView);
template Result<Result<Bytes>> decode_answer(ByteView);
template Result<Result<std::vector<Bytes>>> decode_answer(ByteView);
template Result<Result<std::vector<std::string>>> decode_answer(ByteView);
template Result<Result<std::vector<Kernel::PerfRecord>>> decode_answer(ByteView);
template Result<Result<std::int32_t>> decode_answer(ByteView);
template Result<Result<Hello::Answer>> decode_answer(ByteView);
template Result<Result<BpfCall::Answer>> decode_answer(ByteView);

ByteView trimmed(ByteView bytes) {
    while (!bytes.empty() && bytes.back() == std::byte{}) bytes = bytes.first(bytes.size() - 1);
    return bytes;
}

}  // namespace bpftwin::kernel
