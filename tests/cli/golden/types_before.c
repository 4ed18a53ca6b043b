// The older of two sets of types that types.txt compares.
struct address {
    unsigned int ip;
};
struct session {
    int id;
    char user[8];
    struct address from;
    unsigned char flags : 3, kind : 2;
    union {
        long bytes;
        void *next;
    };
    short a, b, c, d;
};
enum state { NEW, OPEN, CLOSED };
struct gone {
    int x;
};

struct session session;
enum state state;
struct gone gone;

__attribute__((section("xdp"))) int run(struct session *s) {
    return s->id;
}
