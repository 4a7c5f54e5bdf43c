// What `tarsier doctor` looks at besides the kernel: the folder, the ports, the user, the clock.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/config/config.h"
#include "capture/probe.h"

namespace tarsier::app {

using capture::Feature;

// Everything is tried: a file is written and synced, each port is bound for a moment. Nothing
// stays behind.
Feature check_folder(const std::filesystem::path& folder, int64_t retention_bytes);
std::vector<Feature> check_ports(const Config::Server& server);
Feature check_port(const std::string& address, int64_t port, const std::string& what,
                   const std::string& setting);
Feature check_user(const std::string& name);
Feature check_clock();

struct Section {
  std::string title;
  std::vector<Feature> features;
};

// As people read it. `colour`: the output is a terminal.
std::string render(const std::vector<Section>& sections, bool colour);

// How many of the missing ones stop `tarsier up`.
size_t blockers(const std::vector<Section>& sections);

}  // namespace tarsier::app
