// The memory that a program may touch, as a table of regions. Checked mode resolves every access
// against it; `probe_read` helpers always do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bpftwin {

/// A run of bytes with one owner. With a `stride` it is a row of equal elements (map values) and an
/// access must stay within the first `element` bytes of one of them.
struct Region {
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
    bool writable = true;
    std::uint32_t stride = 0;   ///< 0: one undivided piece.
    std::uint32_t element = 0;  ///< Usable bytes of each element.
    std::string name;           ///< "stack of frame 0", "packet", "values of map counts".
    /// In place of a name where regions come and go fast: "record of ring buffer" and whose. Both
    /// outlive the region.
    std::string_view kind = {}, owner = {};

    [[nodiscard]] std::uint64_t end() const { return begin + size; }
    /// What it is called in messages.
    [[nodiscard]] std::string title() const;
    [[nodiscard]] bool holds(std::uint64_t address, std::uint64_t bytes) const;
};

/// Memory that comes and goes while programs run. Thread-safe.
class MemorySource {
public:
    virtual ~MemorySource() = default;
    [[nodiscard]] virtual bool allows(std::uint64_t address, std::uint64_t bytes,
                                      bool write) const = 0;
    /// The region around `address`, or the nearest one within 4 KiB, or null. It stays.
    [[nodiscard]] virtual const Region* nearest(std::uint64_t address) const = 0;
    /// Whether an access there that is not allowed reads zeros, or writes nothing, and the program
    /// goes on. Safe in a signal handler.
    [[nodiscard]] virtual bool is_sparse(std::uint64_t) const { return false; }
};

/// Regions of one run on top of those that the whole instance shares.
class Memory {
public:
    explicit Memory(const Memory* shared = nullptr) : shared_(shared) {}

    /// Adds a region; regions never overlap.
    void add(Region region);
    /// Removes the region that begins at `begin`.
    void remove(std::uint64_t begin);

    /// Looks there too for what is in no region.
    void consult(const MemorySource& source) { sources_.push_back(&source); }

    /// Whether `bytes` at `address` may be read (or written) as a whole.
    [[nodiscard]] bool allows(std::uint64_t address, std::uint64_t bytes, bool write) const;
    /// The region around `address`, or the nearest one within 4 KiB, or null.
    [[nodiscard]] const Region* nearest(std::uint64_t address) const;
    /// Whether one of the sources says so of the address (`MemorySource::is_sparse`).
    [[nodiscard]] bool is_sparse(std::uint64_t address) const;

private:
    [[nodiscard]] const Region* find(std::uint64_t address) const;
    [[nodiscard]] bool sources_allow(std::uint64_t address, std::uint64_t bytes, bool write) const;

    std::vector<Region> regions_;  ///< Sorted by `begin`.
    const Memory* shared_;
    std::vector<const MemorySource*> sources_;
};

}  // namespace bpftwin
