// The text of /proc: what the kernel wrote, though parts of it (names, arguments, environment) are
// a process's own words. Parsers skip what they cannot read and never fail as a whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/value.h"

namespace tarsier::capture {

// /proc/<pid>/stat.
struct Stat {
  char state = 0;  // 'Z': a zombie
  uint32_t parent = 0;
  uint64_t start_time = 0;   // clock ticks since boot
  uint64_t stack_start = 0;  // random at each exec, kept by a fork; 0: not shown
};
std::optional<Stat> parse_stat(std::string_view text);

// The number of "socket:[123]" or "net:[4026531840]", given the text up to the bracket.
std::optional<uint64_t> parse_bracketed(std::string_view text, std::string_view prefix);

// Ports in state LISTEN by socket inode, from /proc/<pid>/net/tcp or tcp6; added to `out`.
using PortsByInode = std::unordered_map<uint64_t, uint16_t>;
void parse_listening(std::string_view text, PortsByInode& out);

// NUL-terminated strings, as in cmdline and environ; the first `max` of them.
std::vector<std::string_view> split_nul(std::string_view text, size_t max);

// The value of NAME=value; nullopt when the variable is not set.
std::optional<std::string_view> variable(const std::vector<std::string_view>& environment,
                                         std::string_view name);

// OTEL_RESOURCE_ATTRIBUTES: "key=value,key=value", values percent-encoded.
model::Attributes parse_resource_attributes(std::string_view text);

// The container's id from /proc/<pid>/cgroup (versions 1 and 2; Docker, containerd, CRI-O, Podman,
// ECS), or from the mounts that Docker and Podman make (/proc/<pid>/mountinfo), which still show it
// where the process has a cgroup namespace of its own. Empty outside containers.
std::string container_id(std::string_view cgroup, std::string_view mountinfo);

// Paths of the files that a process has mapped, from /proc/<pid>/maps; each once, `max` at most.
std::vector<std::string_view> parse_mapped_files(std::string_view text, size_t max);

}  // namespace tarsier::capture
