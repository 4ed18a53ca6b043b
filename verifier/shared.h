// Values that several states have in common until one of them changes its own, and the memory that
// they are in: what is given back is used again, as states come and go by the thousand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <utility>

namespace bpftwin::verifier {

template <class T>
class Pool;

/// A value that copies of the pointer share. Null by default.
template <class T>
class Shared {
public:
    Shared() = default;
    Shared(const Shared& other) : node_(other.node_) {
        if (node_) ++node_->uses;
    }
    Shared(Shared&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    Shared& operator=(Shared other) noexcept {
        std::swap(node_, other.node_);
        return *this;
    }
    ~Shared() {
        if (node_ && --node_->uses == 0) node_->pool->give_back(node_);
    }

    explicit operator bool() const { return node_ != nullptr; }
    const T& operator*() const { return node_->value; }
    const T* operator->() const { return &node_->value; }
    /// Whether both are the same value in the same place.
    friend bool operator==(const Shared&, const Shared&) = default;

    /// The value for changing; it is the caller's alone from now on.
    T& change() {
        if (node_->uses != 1) *this = copy();
        return node_->value;
    }
    /// The same, where the caller knows that nothing shares it.
    T& own() { return node_->value; }
    /// A value of its own that is the same.
    [[nodiscard]] Shared copy() const { return node_->pool->make(node_->value); }

private:
    friend class Pool<T>;
    explicit Shared(typename Pool<T>::Node* node) : node_(node) {}

    typename Pool<T>::Node* node_ = nullptr;
};

/// A value that has one owner.
template <class T>
using Owned = std::unique_ptr<T, typename Pool<T>::GiveBack>;

/// Makes values. It must outlive them.
template <class T>
class Pool {
    struct Node;

public:
    class GiveBack {
    public:
        GiveBack() = default;
        void operator()(T*) const { node_->pool->give_back(node_); }

    private:
        friend class Pool;
        explicit GiveBack(Node* node) : node_(node) {}
        Node* node_ = nullptr;
    };

    /// @param memory where all values are; it must outlive the pool.
    explicit Pool(std::pmr::memory_resource& memory) : memory_(memory) {}
    ~Pool() = default;
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    template <class... Args>
    [[nodiscard]] Shared<T> make(Args&&... args) {
        return Shared<T>(make_node(std::forward<Args>(args)...));
    }
    template <class... Args>
    [[nodiscard]] Owned<T> make_owned(Args&&... args) {
        Node* node = make_node(std::forward<Args>(args)...);
        return {&node->value, GiveBack{node}};
    }

private:
    friend class Shared<T>;
    struct Node {
        Node() : next(nullptr) {}
        ~Node() {}  // NOLINT(modernize-use-equals-default): the value is gone before.
        union {
            T value;
            Node* next;  ///< Of those that are free.
        };
        Pool* pool = nullptr;
        std::uint32_t uses = 0;
    };

    template <class... Args>
    Node* make_node(Args&&... args) {
        if (!free_) grow();
        Node* node = std::exchange(free_, free_->next);
        ::new (static_cast<void*>(&node->value)) T(std::forward<Args>(args)...);
        node->uses = 1;
        return node;
    }
    void grow() {
        constexpr std::size_t few = 8;
        std::pmr::polymorphic_allocator<Node> allocator(&memory_);
        Node* nodes = allocator.allocate(few);
        for (std::size_t i = few; i-- > 0;) {
            std::construct_at(&nodes[i])->pool = this;
            nodes[i].next = std::exchange(free_, &nodes[i]);
        }
    }
    void give_back(Node* node) {
        std::destroy_at(&node->value);
        node->next = std::exchange(free_, node);
    }

    std::pmr::memory_resource& memory_;
    Node* free_ = nullptr;
};

}  // namespace bpftwin::verifier
