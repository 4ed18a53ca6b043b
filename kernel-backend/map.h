// One map in a kernel, seen by bpf(2).
#pragma once

#include <cstdint>

#include "bpftwin/engine.h"
#include "bpftwin/run.h"
#include "helpers/special_fields.h"
#include "kernel-backend/kernel.h"

namespace bpftwin::kernel {

/// What the definition needs of others when it is created; 0: nothing.
struct MapParts {
    int btf = 0;                 ///< Descriptor of the object's BTF.
    int inner = 0;               ///< Descriptor of a map as maps of maps hold.
    const Btf* types = nullptr;  ///< Those of `btf`, for what of values is the kernel's business.
};

/// A map in a kernel. It is gone with this, unless a program that uses it is still there.
class KernelMap final : public MapView {
public:
    /// Creates the map, without contents.
    /// @return an Error with the kernel's errno.
    static Result<std::unique_ptr<KernelMap>> create(Kernel& kernel, const MapSpec& spec,
                                                     const MapParts& parts);

    [[nodiscard]] const MapSpec& spec() const override { return spec_; }
    [[nodiscard]] Result<std::vector<Bytes>> lookup(ByteView key) override;
    Result<void> update(ByteView key, const std::vector<Bytes>& values,
                        std::uint64_t flags) override;
    Result<void> erase(ByteView key) override;
    [[nodiscard]] Result<std::vector<MapEntry>> entries() override;
    Result<void> send(ByteView record) override;
    Result<std::vector<Bytes>> take(ByteView key) override;
    [[nodiscard]] Result<Bytes> key_after(std::optional<ByteView> key) override;
    [[nodiscard]] Result<MapBatch> lookup_batch(ByteView cursor, std::uint32_t count) override;
    Result<MapBatch> take_batch(ByteView cursor, std::uint32_t count) override;
    Result<MapBatch> update_batch(const std::vector<MapEntry>& entries,
                                  std::uint64_t flags) override;
    Result<MapBatch> erase_batch(const std::vector<Bytes>& keys) override;

    /// Lets only programs' reads through from now on.
    Result<void> freeze();
    /// Sees to it that what programs send to user space is kept, where the type does that.
    Result<void> open();
    /// Adds what programs sent since the last call.
    Result<void> drain(std::vector<Event>& events);

    [[nodiscard]] bool is_in(const Kernel& kernel) const { return kernel_ == &kernel; }
    [[nodiscard]] int descriptor() const { return descriptor_.number(); }
    /// The descriptor alone, when nobody asks for entries any more.
    Descriptor release() && { return std::move(descriptor_); }

private:
    KernelMap(Kernel& kernel, const MapSpec& spec, Descriptor descriptor)
        : kernel_(&kernel), spec_(spec), descriptor_(std::move(descriptor)) {}

    [[nodiscard]] std::uint32_t map_fd() const {
        return static_cast<std::uint32_t>(descriptor_.number());
    }
    [[nodiscard]] std::uint32_t copies() const;
    [[nodiscard]] std::size_t value_bytes() const;
    Result<std::vector<Bytes>> lookup_by(int command, ByteView key);
    Result<MapBatch> lookup_batch_by(int command, ByteView cursor, std::uint32_t count);
    [[nodiscard]] Bytes packed(const std::vector<Bytes>& values) const;
    [[nodiscard]] std::vector<Bytes> unpacked(ByteView all) const;
    [[nodiscard]] Result<bool> next_key(Bytes& key, bool first);

    Kernel* kernel_;
    MapSpec spec_;
    Descriptor descriptor_;
    std::vector<SpecialField> own_;  ///< Of the kernel: reads as zeros.
};

/// Whether each CPU has a value of its own.
bool is_per_cpu(MapType type);

}  // namespace bpftwin::kernel
