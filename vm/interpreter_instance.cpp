// The interpreter as an engine: an object's programs as threaded code.
#include "bpftwin/engine.h"
#include "vm/code.h"
#include "vm/instance.h"
#include "vm/interpreter.h"
#include "vm/interpreter_machine.h"
#include "vm/invariants.h"

namespace bpftwin {
namespace {

class InterpreterInstance final : public UserInstance {
public:
    static Result<std::unique_ptr<Instance>> create(const ObjectSpec& object,
                                                    const EngineOptions& options) {
        auto maps =
            MapSet::create(object, cpu_count_of(options), options.maps, options.kernel_types.get());
        if (!maps) return std::unexpected(maps.error());
        return std::unique_ptr<Instance>(
            new InterpreterInstance(object, std::move(*maps), options));
    }

protected:
    [[nodiscard]] Result<CodeInfo> prepared(std::size_t program) const override {
        const Prepared& one = prepared_[program];
        if (!one.image) return std::unexpected(one.image.error());
        return CodeInfo{one.image->bytes(), one.ns};
    }
    std::unique_ptr<Machine> machine(std::size_t program, const RunInput& input, Packet* packet,
                                     Context* context) override {
        return std::make_unique<InterpreterMachine>(mode_, programs_, *images_[program], input,
                                                    packet, context);
    }

private:
    struct Prepared {
        Result<Image> image;  ///< An Error where it cannot run here.
        std::uint64_t ns;     ///< What it took.
    };

    InterpreterInstance(const ObjectSpec& given, MapSet map_set, const EngineOptions& options)
        : UserInstance(given, std::move(map_set), options), mode_(mode_of(options)) {
        const auto addresses = maps().addresses();
        for (const ProgramSpec& program : object().programs)
            prepared_.push_back(prepare(program, addresses));
        for (const Prepared& one : prepared_) images_.push_back(one.image ? &*one.image : nullptr);
        programs_ = {images_, maps().by_address(), &maps().memory()};
        if (mode_ != Mode::observed) return;
        invariants_ = InvariantPlan::create(object(), options.claims, maps());
        programs_.invariants = &invariants_;
    }

    static Mode mode_of(const EngineOptions& options) {
        if (options.safety == Safety::unsafe) return Mode::fast;
        return options.claims.empty() ? Mode::checked : Mode::observed;
    }

    [[nodiscard]] Prepared prepare(const ProgramSpec& program,
                                   std::span<const MapAddress> addresses) const {
        const auto begin = std::chrono::steady_clock::now();
        auto image = Image::prepare(program, addresses, handlers(mode_));
        return {std::move(image), nanoseconds_since(begin)};
    }

    Mode mode_;
    std::vector<Prepared> prepared_;    ///< By program.
    std::vector<const Image*> images_;  ///< The same, null for errors.
    ProgramSet programs_;
    InvariantPlan invariants_;
};

class Interpreter final : public Engine {
public:
    [[nodiscard]] std::string_view name() const override { return "interp"; }
    Result<std::unique_ptr<Instance>> instantiate(const ObjectSpec& object,
                                                  const EngineOptions& options) override {
        return InterpreterInstance::create(object, options);
    }
};

}  // namespace

std::unique_ptr<Engine> make_interpreter() { return std::make_unique<Interpreter>(); }

}  // namespace bpftwin
