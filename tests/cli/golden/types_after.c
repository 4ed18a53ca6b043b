// The newer of two sets of types that types.txt compares.
struct address {
    unsigned int ip;
    unsigned short port;
};
struct session {
    int id;
    char user[16];
    struct address from;
    unsigned char flags : 4, kind : 2;
    union {
        void *next;
        struct {
            int packets, errors;
        };
    };
    short a, b, c, d;
};
enum state { NEW, CLOSED, LOST };
struct added {
    long x, y;
};

struct session session;
enum state state;
struct added added;

__attribute__((section("xdp"))) int run(struct session *s, int n) {
    return s->id + n;
}
