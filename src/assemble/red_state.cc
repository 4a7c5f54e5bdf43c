// RedMetrics as a state that a successor goes on from.
#include "assemble/counters.h"
#include "assemble/red.h"
#include "base/clock.h"

namespace tarsier::assemble {
namespace {

constexpr int64_t kAdoptWithinNs = 30 * kSecond;

}  // namespace

void RedMetrics::Totals::merge(const Totals& other) {
  changed = changed || other.changed;
  if (start_ns == 0 || (other.start_ns != 0 && other.start_ns < start_ns)) {
    start_ns = other.start_ns;
    sent_ns = other.sent_ns;
  }
  changed_ns = std::max(changed_ns, other.changed_ns);
  duration.merge(other.duration);
  request_body.merge(other.request_body);
  response_body.merge(other.response_body);
}

void RedMetrics::save(const Series& s, std::string& state) {
  put(state, s.process->pid);
  put(state, s.process->start_time);
  put(state, s.key.side);
  put(state, s.key.system);
  put(state, s.key.port);
  put(state, s.key.status);
  put_text(state, s.key.method);
  put_text(state, s.key.route);
  put_text(state, s.key.address);
  put<Totals>(state, s);
}

void RedMetrics::save(std::string& state) const {
  put(state, static_cast<uint64_t>(series_.size() + waiting_.size()));
  for (const auto& [key, s] : series_) save(*s, state);
  for (const auto& s : waiting_) save(*s, state);
}

size_t RedMetrics::restore(StateReader& state, int64_t now_ns) {
  uint64_t count = 0;
  if (!state.get(count)) return 0;
  while (waiting_.size() < count) {
    ProcessPtr process(new ProcessEntry);
    Key key{process.get(), {}, {}, 0, 0, {}, {}, {}};
    Totals totals;
    bool whole = state.get(process->pid) && state.get(process->start_time) && state.get(key.side) &&
                 state.get(key.system) && state.get(key.port) && state.get(key.status) &&
                 state.text(key.method) && state.text(key.route) && state.text(key.address) &&
                 state.get(totals);
    if (!whole) break;
    waiting_.push_back(make(key));
    static_cast<Totals&>(*waiting_.back()) = totals;
  }
  waiting_until_ns_ = now_ns + kAdoptWithinNs;
  return waiting_.size();
}

void RedMetrics::adopt(ProcessEntry& process) {
  std::erase_if(waiting_, [&](const std::unique_ptr<Series>& old) {
    if (old->process->pid != process.pid || old->process->start_time != process.start_time) {
      return false;
    }
    Key key = old->key;
    key.process = &process;
    auto found = series_.find(key);
    Series& s = found == series_.end() ? series(key) : *found->second;
    s.merge(*old);
    return true;
  });
}

}  // namespace tarsier::assemble
