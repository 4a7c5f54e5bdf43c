// All programs, one object. See maps.h for what the loader sets.
#include "iterate.h"
#include "sockets.h"
#include "streams.h"
#include "syscalls.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";
