#include "app/privilege/privilege.h"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace tarsier::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCapabilityNames[] = {"CAP_CHOWN",
                                            "CAP_DAC_OVERRIDE",
                                            "CAP_DAC_READ_SEARCH",
                                            "CAP_FOWNER",
                                            "CAP_FSETID",
                                            "CAP_KILL",
                                            "CAP_SETGID",
                                            "CAP_SETUID",
                                            "CAP_SETPCAP",
                                            "CAP_LINUX_IMMUTABLE",
                                            "CAP_NET_BIND_SERVICE",
                                            "CAP_NET_BROADCAST",
                                            "CAP_NET_ADMIN",
                                            "CAP_NET_RAW",
                                            "CAP_IPC_LOCK",
                                            "CAP_IPC_OWNER",
                                            "CAP_SYS_MODULE",
                                            "CAP_SYS_RAWIO",
                                            "CAP_SYS_CHROOT",
                                            "CAP_SYS_PTRACE",
                                            "CAP_SYS_PACCT",
                                            "CAP_SYS_ADMIN",
                                            "CAP_SYS_BOOT",
                                            "CAP_SYS_NICE",
                                            "CAP_SYS_RESOURCE",
                                            "CAP_SYS_TIME",
                                            "CAP_SYS_TTY_CONFIG",
                                            "CAP_MKNOD",
                                            "CAP_LEASE",
                                            "CAP_AUDIT_WRITE",
                                            "CAP_AUDIT_CONTROL",
                                            "CAP_SETFCAP",
                                            "CAP_MAC_OVERRIDE",
                                            "CAP_MAC_ADMIN",
                                            "CAP_SYSLOG",
                                            "CAP_WAKE_ALARM",
                                            "CAP_BLOCK_SUSPEND",
                                            "CAP_AUDIT_READ",
                                            "CAP_PERFMON",
                                            "CAP_BPF",
                                            "CAP_CHECKPOINT_RESTORE"};

using CapabilityData = __user_cap_data_struct[_LINUX_CAPABILITY_U32S_3];

Status get_capabilities(CapabilityData& data) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  if (::syscall(SYS_capget, &header, data) != 0) return io_error("capget");
  return {};
}

// Everything that is not kept leaves the bounding set, so that no program started later gets it.
void drop_bounding_set(const std::vector<int>& kept) {
  for (int capability = 0; capability < 64; capability++) {
    bool keep = false;
    for (int k : kept) keep |= k == capability;
    if (!keep) ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);  // EINVAL beyond the last one
  }
}

}  // namespace

Result<User> find_user(const std::string& name) {
  errno = 0;
  const passwd* entry = ::getpwnam(name.c_str());
  if (!entry) {
    return not_found(fmt::format(
        "there is no user \"{}\" on this host; set capture.user to one that exists", name));
  }
  return User{name, entry->pw_uid, entry->pw_gid};
}

Status become(const User& user) {
  drop_bounding_set({});
  if (::setgroups(0, nullptr) != 0) return io_error("setgroups");
  if (::setresgid(user.gid, user.gid, user.gid) != 0) return io_error("setresgid");
  if (::setresuid(user.uid, user.uid, user.uid) != 0) return io_error("setresuid");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return io_error("PR_SET_NO_NEW_PRIVS");
  CapabilityData data{};
  TRY_STATUS(get_capabilities(data));
  for (const auto& word : data) {
    if (word.permitted || word.effective || word.inheritable) {
      return internal("capabilities are left after becoming " + user.name);
    }
  }
  return {};
}

Result<std::vector<std::string>> keep_capabilities(const std::vector<int>& capabilities) {
  CapabilityData data{};
  TRY_STATUS(get_capabilities(data));
  uint32_t mask[_LINUX_CAPABILITY_U32S_3] = {};
  for (int c : capabilities) mask[c / 32] |= 1u << (c % 32);
  drop_bounding_set(capabilities);
  for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
    data[i].permitted &= mask[i];
    data[i].effective = data[i].permitted;
    data[i].inheritable = 0;
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  if (::syscall(SYS_capset, &header, data) != 0) return io_error("capset");
  std::vector<std::string> kept;
  for (int c : capabilities) {
    if (data[c / 32].permitted & (1u << (c % 32))) kept.emplace_back(kCapabilityNames[c]);
  }
  return kept;
}

Status give_folder(const fs::path& folder, const User& user) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return io_error("create data folder " + folder.string(), error.value());
  struct stat info{};
  if (::stat(folder.c_str(), &info) != 0) return io_error("stat " + folder.string());
  if (info.st_uid == user.uid) return {};
  bool ours = fs::is_empty(folder, error) || fs::exists(folder / "lock", error);
  if (!ours) {
    return invalid(
        fmt::format("{} is not empty and was not made by tarsier: name an empty folder with --data",
                    folder.string()));
  }
  if (::lchown(folder.c_str(), user.uid, user.gid) != 0)
    return io_error("chown " + folder.string());
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (::lchown(entry.path().c_str(), user.uid, user.gid) != 0) {
      return io_error("chown " + entry.path().string());
    }
  }
  return {};
}

}  // namespace tarsier::app
