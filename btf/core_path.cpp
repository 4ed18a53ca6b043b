// A relocation's access string, followed through the types that it was compiled with.
#include <cerrno>
#include <charconv>

#include "btf/core.h"
#include "btf/core_walk.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

std::unexpected<Error> bad(std::string_view access, std::string_view what) {
    return fail(fmt::format("access \"{}\": {}", access, what), EINVAL);
}

/// "0:1:2" as numbers.
Result<std::vector<std::uint32_t>> numbers_of(std::string_view access) {
    std::vector<std::uint32_t> numbers;
    const char* at = access.data();
    const char* const end = at + access.size();
    do {
        if (!numbers.empty()) ++at;
        std::int32_t number = 0;
        const auto [next, error] = std::from_chars(at, end, number);
        if (error != std::errc{} || number < 0 || (next != end && *next != ':'))
            return bad(access, "is not a list of numbers");
        if (numbers.size() == core_walk::most_steps) return bad(access, "has more than 64 numbers");
        numbers.push_back(static_cast<std::uint32_t>(number));
        at = next;
    } while (at != end);
    return numbers;
}

/// Follows the numbers after the first, from `id`.
class FieldWalk {
public:
    FieldWalk(CorePath& path, std::string_view access) : path_(path), access_(access) {}

    Result<void> run(std::uint32_t id) {
        if (auto first = core_walk::enter_element(path_, id, path_.numbers.front()); !first)
            return first;
        for (std::size_t i = 1; i < path_.numbers.size(); ++i) {
            const auto next = step(id, path_.numbers[i]);
            if (!next) return std::unexpected(next.error());
            id = path_.btf->resolve(*next);
        }
        return {};
    }

private:
    /// @return the type of the member or element.
    Result<std::uint32_t> step(std::uint32_t id, std::uint32_t index) {
        const BtfType& type = path_.btf->type(id);
        if (is_aggregate(type.kind)) return member(id, index);
        if (type.kind == BtfKind::array) return element(type, index);
        return bad(access_,
                   fmt::format("{} has neither members nor elements", describe(*path_.btf, id)));
    }

    Result<std::uint32_t> member(std::uint32_t id, std::uint32_t index) {
        const BtfType& type = path_.btf->type(id);
        if (index >= type.count)
            return bad(access_,
                       fmt::format("{} has no member {}", describe(*path_.btf, id), index));
        const BtfMember& member = path_.btf->members(type)[index];
        path_.bit_offset += member.bit_offset;
        if (!member.name.empty()) path_.steps.push_back({id, index, member.name});
        return member.type;
    }

    Result<std::uint32_t> element(const BtfType& array, std::uint32_t index) {
        const std::uint32_t of = path_.btf->resolve(array.type);
        if (!core_walk::has_element(path_, array, index))
            return bad(access_, fmt::format("an array has no element {}", index));
        if (auto entered = core_walk::enter_element(path_, of, index); !entered)
            return std::unexpected(entered.error());
        return of;
    }

    CorePath& path_;
    std::string_view access_;
};

Result<void> enter_enumerator(CorePath& path, std::string_view access) {
    const std::uint32_t id = path.btf->resolve(path.root);
    const BtfType& type = path.btf->type(id);
    const std::uint32_t index = path.numbers.front();
    if (!is_enumeration(type.kind) || path.numbers.size() > 1 || index >= type.count)
        return bad(access, fmt::format("is no enumerator of {}", describe(*path.btf, id)));
    path.steps.push_back({id, index, path.btf->enumerators(type)[index].name});
    return {};
}

}  // namespace

Result<CorePath> core_path(const Btf& local, CoreKind kind, std::uint32_t root,
                           std::string_view access) {
    CorePath path{.btf = &local, .kind = kind, .root = root};
    const CoreSubject subject = subject_of(kind);
    if (subject == CoreSubject::type) {
        if (access != "0") return bad(access, "must be \"0\" where a type is meant");
        return path;
    }
    auto numbers = numbers_of(access);
    if (!numbers) return std::unexpected(numbers.error());
    path.numbers = std::move(*numbers);
    const Result<void> followed = subject == CoreSubject::enumerator
                                      ? enter_enumerator(path, access)
                                      : FieldWalk(path, access).run(local.resolve(root));
    if (!followed) return std::unexpected(followed.error());
    return path;
}

}  // namespace bpftwin
