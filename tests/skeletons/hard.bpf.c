// What C says and C++ does not, in types of maps and globals.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value)* name

char LICENSE[] SEC("license") = "GPL";

enum class { private = -1, public = 2 };
enum tiny { tiny_value = 200 } __attribute__((packed));
typedef struct {
    u8 first;
    u64 second;
} unnamed_t;
struct empty {};
struct packed {
    u8 tag;
    u64 value;
} __attribute__((packed));
struct aligned {
    u32 value;
} __attribute__((aligned(64)));
struct bits {
    u32 low : 3;
    u32 : 5;
    u32 middle : 12;
    signed int top : 4;
    enum class kind : 3;
    u64 wide : 40;
    _Bool yes : 1;
};
struct event {
    int event;
};

struct hard {
    int class, new, this_, this;
    struct event event;
    struct {
        u16 inner_a;
        u32 inner_b;
    };
    union {
        u64 number;
        u8 bytes[3];
        struct {
            u8 x, y;
        } point;
    };
    struct {
        u8 deep[2][3];
    } named[2];
    struct packed packed;
    struct bits bits;
    struct empty empty;
    enum class kind;
    enum tiny tiny;
    _Bool flag;
    char text[5];
    void* pointer;
    int (*function)(int, ...);
    __int128 huge;
    unnamed_t unnamed;
    struct aligned aligned;
    const volatile char* const volatile names[2];
    double fraction;
};
struct flexible {
    u32 count;
    struct packed items[];
};

struct hard hard = {.class = 7, .named[1].deep[1][2] = 9, .bits = {.middle = 0xabc, .top = -3}};
int matrix[2][3] = {{1, 2, 3}, {4, 5, 6}};
enum class kind = public;
_Bool ready = 1;
unsigned __int128 big = 5;
struct flexible flexible;
int (*callback)(void);
static volatile int hidden = 3;
const volatile int state = 1, open = 2, bpftwin = 3, std = 4;
int grown[2] SEC(".data.more-names") = {1, 2};

struct {
    __uint(type, 1);
    __uint(max_entries, 4);
    __type(key, struct event);
    __type(
        value, struct {
            struct hard* next;
            u8 tag;
        });
} template SEC(".maps");
struct {
    __uint(type, 6);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, u64);
} per_cpu SEC(".maps");
struct {
    __uint(type, 2);
    __uint(max_entries, 1);
    __uint(key_size, 4);
    __uint(value_size, 12);
} plain SEC(".maps");
struct {
    __uint(type, 27);
    __uint(max_entries, 4096);
} ring SEC(".maps");

SEC("socket") int delete(void* context) {
    hard.class += hidden + state + open + bpftwin + std;
    return matrix[1][2] + kind + ready + (int)big + (callback != 0) + (int)flexible.count +
           grown[1];
}
