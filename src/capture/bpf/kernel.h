// The few kernel structures that the programs look into, with only the members they use. Offsets
// are fixed up when the programs are loaded (CO-RE), so this fits every kernel that has them.
#pragma once

#include <linux/bpf.h>
//
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

typedef __u8 bool;
#define false 0
#define true 1

enum { AF_INET = 2, AF_INET6 = 10 };
enum { IPPROTO_TCP = 6, IPPROTO_UDP = 17, IPPROTO_MPTCP = 262 };
enum { MSG_PEEK = 2 };
enum { S_IFMT = 0170000, S_IFSOCK = 0140000 };
enum { TS_COMPAT = 2 };  // x86 thread_info.status: a 32-bit system call
enum tcp_state {
  TCP_ESTABLISHED = 1,
  TCP_SYN_SENT = 2,
  TCP_SYN_RECV = 3,
  TCP_CLOSE = 7,
  TCP_CLOSE_WAIT = 8,
  TCP_LISTEN = 10,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
  union {
    __be32 u6_addr32[4];
  } in6_u;
};

struct ns_common {
  unsigned int inum;
};
struct net {
  struct ns_common ns;
};
typedef struct {
  struct net* net;
} possible_net_t;

typedef struct {
  long counter;
} atomic64_t;
typedef struct {
  int counter;
} atomic_t;

struct sock_common {
  __be32 skc_daddr;
  __be32 skc_rcv_saddr;
  __be16 skc_dport;
  __u16 skc_num;
  short unsigned int skc_family;
  volatile unsigned char skc_state;
  possible_net_t skc_net;
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
  atomic64_t skc_cookie;
};

struct sock {
  struct sock_common __sk_common;
  __u16 sk_protocol;
};

struct inet_sock {
  __be16 inet_sport;
};

struct tcp_sock {
  __u32 rcv_nxt;
  __u32 copied_seq;
  __u32 write_seq;
  __u32 segs_in;
  __u32 segs_out;
  __u64 bytes_received;
  __u64 bytes_sent;
  __u64 bytes_retrans;
};

struct inode {
  unsigned short i_mode;
};
struct file {
  struct inode* f_inode;
  void* private_data;
};
struct socket {
  short type;
  struct sock* sk;
};
struct fdtable {
  unsigned int max_fds;
  struct file** fd;
};
struct files_struct {
  struct fdtable* fdt;
};

struct thread_struct {
  unsigned long fsbase;
};
struct thread_info {
  __u32 status;
};
struct signal_struct {
  atomic_t live;
};
struct task_struct {
  struct thread_info thread_info;
  int pid;
  int tgid;
  struct task_struct* real_parent;
  struct files_struct* files;
  struct signal_struct* signal;
  struct thread_struct thread;
};

struct pt_regs {
  unsigned long bp, bx;
  unsigned long r14, r10, r9, r8;
  unsigned long ax, cx, dx, si, di;
  unsigned long orig_ax;
  unsigned long sp;
};

struct bpf_iter_meta {
  struct seq_file* seq;
};
struct bpf_iter__task_file {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
  __u32 fd;
  struct file* file;
};

#pragma clang attribute pop

// Linux 6.2, no call: the verifier replaces it.
extern void* bpf_rdonly_cast(const void* object, __u32 type) __ksym __weak;
