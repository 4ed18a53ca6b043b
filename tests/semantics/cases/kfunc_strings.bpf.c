// Functions on strings whose length nobody knows.
//! covers: kfunc bpf_strcmp
//! covers: kfunc bpf_strchr
//! covers: kfunc bpf_strchrnul
//! covers: kfunc bpf_strnchr
//! covers: kfunc bpf_strrchr
//! covers: kfunc bpf_strlen
//! covers: kfunc bpf_strnlen
//! covers: kfunc bpf_strspn
//! covers: kfunc bpf_strcspn
//! covers: kfunc bpf_strstr
//! covers: kfunc bpf_strnstr
//! since: 6.17
#include "case.h"

int bpf_strcmp(const char* left, const char* right) __ksym __weak;
int bpf_strchr(const char* text, char c) __ksym __weak;
int bpf_strchrnul(const char* text, char c) __ksym __weak;
int bpf_strnchr(const char* text, __u64 count, char c) __ksym __weak;
int bpf_strrchr(const char* text, int c) __ksym __weak;
int bpf_strlen(const char* text) __ksym __weak;
int bpf_strnlen(const char* text, __u64 count) __ksym __weak;
int bpf_strspn(const char* text, const char* accept) __ksym __weak;
int bpf_strcspn(const char* text, const char* reject) __ksym __weak;
int bpf_strstr(const char* text, const char* wanted) __ksym __weak;
int bpf_strnstr(const char* text, const char* wanted, __u64 count) __ksym __weak;

char text[] = "hello world";

//! test: lengths and comparisons
//! run: --prog lengths
//! expect: seen = {11, 5, 11, 0, -1, 1, -34, 0}
SEC("tc")
int lengths(struct __sk_buff* skb) {
    SEE_INT(0, bpf_strlen(text));
    SEE_INT(1, bpf_strnlen(text, 5));
    SEE_INT(2, bpf_strnlen(text, 100));
    SEE_INT(3, bpf_strcmp(text, "hello world"));
    SEE_INT(4, bpf_strcmp(text, "hello worle"));
    SEE_INT(5, bpf_strcmp(text, "hello"));
    SEE_INT(6, bpf_strlen((const char*)8));
    return 0;
}

//! test: characters
//! run: --prog characters
//! expect: seen = {4, -2, 11, 11, -2, 7, -2, 9}
SEC("tc")
int characters(struct __sk_buff* skb) {
    SEE_INT(0, bpf_strchr(text, 'o'));
    SEE_INT(1, bpf_strchr(text, 'x'));
    SEE_INT(2, bpf_strchr(text, 0));
    SEE_INT(3, bpf_strchrnul(text, 'x'));
    SEE_INT(4, bpf_strnchr(text, 4, 'o'));
    SEE_INT(5, bpf_strrchr(text, 'o'));
    SEE_INT(6, bpf_strrchr(text, 'x'));
    SEE_INT(7, bpf_strrchr(text, 'l'));
    return 0;
}

//! test: sets and texts
//! run: --prog texts
//! expect: seen = {5, 5, 6, -2, 0, -2, 6, 0}
SEC("tc")
int texts(struct __sk_buff* skb) {
    SEE_INT(0, bpf_strspn(text, "ehlo"));
    SEE_INT(1, bpf_strcspn(text, " w"));
    SEE_INT(2, bpf_strstr(text, "world"));
    SEE_INT(3, bpf_strstr(text, "worlds"));
    SEE_INT(4, bpf_strstr(text, ""));
    SEE_INT(5, bpf_strnstr(text, "world", 10));
    SEE_INT(6, bpf_strnstr(text, "world", 11));
    SEE_INT(7, bpf_strnstr(text, "hello", 5));
    return 0;
}
