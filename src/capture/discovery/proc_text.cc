#include "capture/discovery/proc_text.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tarsier::capture {
namespace {

constexpr size_t kListeningMax = 65'536;
constexpr size_t kAttributesMax = 128;

std::string_view take_until(std::string_view& text, char separator) {
  size_t end = std::min(text.find(separator), text.size());
  std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return take_until(text, ' ');
}

template <typename T>
std::optional<T> parse_number(std::string_view text, int base = 10) {
  T value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view trim(std::string_view text) {
  size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// A malformed escape stays as it was written.
std::string percent_decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i++) {
    auto byte = text[i] == '%' && i + 2 < text.size()
                    ? parse_number<uint8_t>(text.substr(i + 1, 2), 16)
                    : std::nullopt;
    out += byte ? static_cast<char>(*byte) : text[i];
    if (byte) i += 2;
  }
  return out;
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool is_id(std::string_view token) {
  constexpr size_t kId = 64, kEcsTask = 32;
  size_t hex = 0;
  while (hex < token.size() && is_hex(token[hex])) hex++;
  if (hex == kId) return token.size() == kId;
  bool digits = std::all_of(token.begin() + static_cast<ptrdiff_t>(std::min(hex + 1, token.size())),
                            token.end(), [](char c) { return c >= '0' && c <= '9'; });
  return hex == kEcsTask && token.size() > kEcsTask + 1 && token[hex] == '-' && digits;
}

// "docker-<id>.scope" -> "<id>"; "cri-containerd:<id>" likewise.
std::string_view strip_scope(std::string_view name) {
  if (name.ends_with(".scope")) name.remove_suffix(6);
  if (is_id(name)) return name;
  size_t cut = name.find_last_of("-:");
  return cut == name.npos ? name : name.substr(cut + 1);
}

// The innermost container's id in a cgroup's path. A container's monitor is outside of it.
std::string_view id_in_path(std::string_view path) {
  std::string_view found;
  while (!path.empty()) {
    std::string_view name = take_until(path, '/');
    if (name.find("conmon") != name.npos) continue;
    std::string_view candidate = strip_scope(name);
    if (is_id(candidate)) found = candidate;
  }
  return found;
}

// ".../containers/<id>/..." of a bind mount's source.
std::string_view id_in_mount(std::string_view line) {
  for (std::string_view folder : {"/docker/containers/", "/overlay-containers/"}) {
    size_t at = line.find(folder);
    if (at == line.npos) continue;
    std::string_view id = line.substr(at + folder.size());
    id = id.substr(0, id.find('/'));
    if (is_id(id)) return id;
  }
  return {};
}

}  // namespace

std::optional<Stat> parse_stat(std::string_view text) {
  // The name in parentheses may hold anything, parentheses and newlines too; the last one ends it.
  size_t end = text.rfind(')');
  if (end == text.npos) return std::nullopt;
  text.remove_prefix(end + 1);
  std::string_view state = take_word(text);
  auto parent = parse_number<uint32_t>(take_word(text));
  for (int i = 0; i < 17; i++) take_word(text);
  auto start = parse_number<uint64_t>(take_word(text));
  if (state.size() != 1 || !parent || !start) return std::nullopt;
  for (int i = 0; i < 5; i++) take_word(text);
  auto stack = parse_number<uint64_t>(take_word(text));
  return Stat{state[0], *parent, *start, stack.value_or(0)};
}

std::optional<uint64_t> parse_bracketed(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix) || !text.ends_with(']')) return std::nullopt;
  text.remove_prefix(prefix.size());
  text.remove_suffix(1);
  return parse_number<uint64_t>(text);
}

// "  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 12345 ..."
void parse_listening(std::string_view text, PortsByInode& out) {
  constexpr std::string_view kListen = "0A";
  while (!text.empty() && out.size() < kListeningMax) {
    std::string_view line = take_until(text, '\n');
    take_word(line);
    std::string_view local = take_word(line);
    take_word(line);
    if (take_word(line) != kListen) continue;
    for (int i = 0; i < 5; i++) take_word(line);
    auto inode = parse_number<uint64_t>(take_word(line));
    size_t colon = local.find(':');
    if (colon == local.npos || !inode) continue;
    auto port = parse_number<uint16_t>(local.substr(colon + 1), 16);
    if (port) out.emplace(*inode, *port);
  }
}

std::vector<std::string_view> split_nul(std::string_view text, size_t max) {
  std::vector<std::string_view> out;
  while (!text.empty() && out.size() < max) out.push_back(take_until(text, '\0'));
  return out;
}

std::optional<std::string_view> variable(const std::vector<std::string_view>& environment,
                                         std::string_view name) {
  for (std::string_view entry : environment) {
    if (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name)) {
      return entry.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

model::Attributes parse_resource_attributes(std::string_view text) {
  model::Attributes out;
  while (!text.empty() && out.size() < kAttributesMax) {
    std::string_view pair = take_until(text, ',');
    size_t equals = pair.find('=');
    if (equals == pair.npos) continue;
    std::string_view key = trim(pair.substr(0, equals));
    if (key.empty()) continue;
    model::set(out, key, {percent_decode(trim(pair.substr(equals + 1)))});
  }
  return out;
}

std::string container_id(std::string_view cgroup, std::string_view mountinfo) {
  while (!cgroup.empty()) {
    std::string_view line = take_until(cgroup, '\n');
    take_until(line, ':');  // hierarchy
    take_until(line, ':');  // controllers
    std::string_view id = id_in_path(line);
    if (!id.empty()) return std::string(id);
  }
  while (!mountinfo.empty()) {
    std::string_view id = id_in_mount(take_until(mountinfo, '\n'));
    if (!id.empty()) return std::string(id);
  }
  return {};
}

std::vector<std::string_view> parse_mapped_files(std::string_view text, size_t max) {
  std::vector<std::string_view> out;
  while (!text.empty() && out.size() < max) {
    std::string_view line = take_until(text, '\n');
    for (int i = 0; i < 5; i++) take_word(line);
    line = trim(line);
    // The mappings of one file follow each other.
    if (line.starts_with('/') && (out.empty() || out.back() != line)) out.push_back(line);
  }
  return out;
}

}  // namespace tarsier::capture
