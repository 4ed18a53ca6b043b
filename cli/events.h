// Which types the records of ring buffers and perf event arrays have, from `--event` arguments.
#pragma once

#include <map>
#include <span>
#include <string>

#include "bpftwin/error.h"
#include "bpftwin/run.h"
#include "bpftwin/spec.h"
#include "cli/values.h"

namespace bpftwin::cli {

/// Record types: one per map, and one for all others. Neither need be known.
class EventTypes {
public:
    /// @param arguments "TYPE" for all maps or "MAP=TYPE"; TYPE is a name in the object's BTF, with
    /// or without "struct".
    static Result<EventTypes> parse(const ObjectSpec& object,
                                    std::span<const std::string> arguments);

    /// The type of that map's records; without BTF if it is not known.
    [[nodiscard]] ValueType of(const std::string& map) const;

private:
    std::map<std::string, ValueType> by_map_;  ///< "": all other maps.
};

}  // namespace bpftwin::cli
