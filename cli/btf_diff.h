// What `bpftwin btf diff` prints.
#pragma once

#include <span>
#include <string>

#include "btf/diff.h"
#include "cli/json.h"
#include "cli/terminal.h"

namespace bpftwin::cli {

/// A line per type that changed and below it one per member or enumerator: what is new (`+`), gone
/// (`-`) or different (`~`). Members in a row that only moved, all by as much, share a line.
std::string btf_changes_text(std::span<const BtfTypeChange> changes, const Style& style);
Json btf_changes_json(std::span<const BtfTypeChange> changes);

}  // namespace bpftwin::cli
