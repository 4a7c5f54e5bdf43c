// All programs, one object. See maps.h for what the loader sets.
#include "iterate.h"
#include "sockets.h"
#include "syscalls.h"
#include "tls.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";
