// Whether two engines did the same: their results, field by field.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/run.h"

namespace bpftwin::compare {

/// The parts of a result, in the order in which they are compared.
enum class Field : std::uint8_t {
    trap,
    return_value,
    redirect,
    packet,
    context,
    events,
    trace,
    maps
};
inline constexpr Field all_fields[] = {Field::trap,   Field::return_value, Field::redirect,
                                       Field::packet, Field::context,      Field::events,
                                       Field::trace,  Field::maps};
/// "return value".
std::string_view name_of(Field field);

enum class Agreement : std::uint8_t {
    different,
    not_comparable,  ///< One of the two does not show it, or it depends on the clock, on chance or
                     ///< on who runs it.
};

/// Something in which two results do not agree, or of which that cannot be said.
struct Finding {
    Field field;
    Agreement agreement;
    /// One line: "packet: byte 3 is 0x01, expected 0x00".
    std::string text;
    /// Where they are different: the packet, context or record of both; of maps the value of `key`.
    Bytes expected = {}, actual = {};
    std::string map = {};
    Bytes key = {};
};

/// All findings about two results of the same run. Time and counted instructions may differ, and so
/// may the order of a map's entries and that of records in different maps; of traps only the kind
/// is compared. Values of maps that hold programs or maps are numbers that each kernel gives as it
/// likes: only their keys are compared.
/// @param varied the result of the expected engine in another world (clock, random numbers), or
/// null: what is different there says nothing about engines.
std::vector<Finding> findings(const RunResult& expected, const RunResult& actual,
                              const RunResult* varied = nullptr);

/// The text of the first difference, or nothing.
std::optional<std::string> difference(const RunResult& expected, const RunResult& actual);

}  // namespace bpftwin::compare
