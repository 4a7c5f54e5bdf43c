// What the host looks like to an agent: rights, mounts, lockdown. All of it from files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tarsier::capture {

// Names of the capabilities that are needed and not effective, e.g. "CAP_BPF".
std::vector<std::string> missing_capabilities(std::string_view status);

// Folder of the first mount of this type in the text of /proc/mounts; empty when there is none.
std::string mounted(std::string_view mounts, std::string_view type);

// "none", "integrity" or "confidentiality"; empty when the kernel has no lockdown. Works without
// securityfs mounted.
std::string lockdown_mode();
std::string parse_lockdown(std::string_view text);  // "none [integrity] confidentiality"

std::string kernel_release();
bool in_first_pid_namespace();  // sees every process of the host

}  // namespace tarsier::capture
