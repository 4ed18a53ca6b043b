#include "cli/mocks.h"

#include <array>
#include <cstring>
#include <optional>
#include <string_view>

#include "cli/hex.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "helpers/prototype.h"

namespace bpftwin::cli {
namespace {

constexpr int last_errno = 133;

std::optional<int> errno_named(std::string_view name) {
    for (int error = 1; error <= last_errno; ++error) {
        const char* known = strerrorname_np(error);
        if (known != nullptr && name == known) return error;
    }
    return std::nullopt;
}

Result<std::uint64_t> parse_value(std::string_view text) {
    if (text == "null") return 0;
    const bool negative = text.starts_with('-');
    if (const auto error = errno_named(text.substr(negative ? 1 : 0)))
        return static_cast<std::uint64_t>(-static_cast<std::int64_t>(*error));
    auto value = parse_integer(text);
    if (value) return value;
    return fail(fmt::format("'{}' is no integer, errno (-ENOMEM), null or real", text));
}

std::string argument_text(std::uint64_t value) {
    const auto number = static_cast<std::int64_t>(value);
    constexpr std::int64_t plain = std::int64_t{1} << 32;
    return number > -plain && number < plain ? fmt::to_string(number) : fmt::format("{:#x}", value);
}

/// How many arguments are worth showing: those of the prototype, of a kernel function all but
/// trailing zeros.
std::size_t arguments_of(const CallRecord& call) {
    std::size_t count = 0;
    const Helper* helper = helper_named(call.function);
    for (std::size_t i = 0; i < call.args.size(); ++i)
        if (helper ? helper->args[i].type != ArgType::none : call.args[i] != 0) count = i + 1;
    return count;
}

/// Without "bpf_" where that makes a helper's name of it.
std::string function_name(std::string_view text) {
    constexpr std::string_view prefix = "bpf_";
    if (text.starts_with(prefix) && helper_named(text.substr(prefix.size())))
        text.remove_prefix(prefix.size());
    return std::string(text);
}

}  // namespace

Result<Mock> parse_mock(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
        return fail(
            fmt::format("--mock {}: give FUNCTION=VALUE,…, like map_update_elem=-ENOMEM,0", text));
    Mock mock{.function = function_name(text.substr(0, equals))};
    std::string_view rest = std::string_view(text).substr(equals + 1);
    for (bool more = true; more;) {
        const std::size_t comma = rest.find(',');
        const std::string_view word = rest.substr(0, comma);
        more = comma != std::string_view::npos;
        if (more) rest.remove_prefix(comma + 1);
        if (word == "real") {
            mock.values.emplace_back(std::nullopt);
            continue;
        }
        auto value = parse_value(word);
        if (!value) return std::unexpected(value.error().in("--mock " + text));
        mock.values.emplace_back(*value);
    }
    return mock;
}

Result<Fault> parse_fault(const std::string& text) {
    const std::size_t equals = text.find('=');
    const std::string place = text.substr(0, equals);
    const std::size_t hash = place.find('#');
    Fault fault{.function = function_name(place.substr(0, hash))};
    if (fault.function.empty())
        return fail(fmt::format("--fail {}: give FUNCTION#K, like map_update_elem#2", text));
    if (hash != std::string::npos) {
        auto call = parse_integer(place.substr(hash + 1));
        if (!call || *call == 0)
            return fail(fmt::format("--fail {}: '{}' is no number of a call, from 1", text,
                                    place.substr(hash + 1)));
        fault.call = *call;
    }
    if (equals == std::string::npos) return fault;
    auto value = parse_value(std::string_view(text).substr(equals + 1));
    if (!value) return std::unexpected(value.error().in("--fail " + text));
    fault.result = static_cast<std::int64_t>(*value);
    return fault;
}

std::string result_text(std::uint64_t result) {
    // Many functions return an int, whose upper half means nothing.
    const auto low = static_cast<std::int32_t>(result);
    const bool is_int = result >> 32 == 0 || result >> 32 == 0xffff'ffff;
    const char* error = is_int && low < 0 && low >= -last_errno ? strerrorname_np(-low) : nullptr;
    return error ? fmt::format("{} ({})", low, error) : argument_text(result);
}

std::string call_text(const CallRecord& call) {
    std::vector<std::string> arguments;
    for (std::size_t i = 0; i < arguments_of(call); ++i)
        arguments.push_back(argument_text(call.args[i]));
    return fmt::format("{}({}) = {}{}", call.function, fmt::join(arguments, ", "),
                       result_text(call.result), call.replaced ? ", replaced" : "");
}

}  // namespace bpftwin::cli
