// The room's one thread of work: events go to connections, finished exchanges to records.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <vector>

#include "assemble/assemble.h"
#include "assemble/connections.h"
#include "assemble/reporter.h"
#include "assemble/trace/correlator.h"

namespace tarsier::assemble {

class AssemblerImpl : public Assembler, private Listener {
 public:
  AssemblerImpl(const Options& options, const Clock& clock, model::Sink& out);
  ~AssemblerImpl() override;

  void on_process(const capture::Process& process) override;
  void on_process_exit(uint32_t pid) override;
  void on_open(const capture::ts_open& event) override;
  void on_data(const capture::ts_data& event, const capture::ts_go_server* server,
               const capture::ts_go_client* client, std::string_view payload) override;
  void on_go_procs(const capture::ts_go_procs& event) override;
  void on_go_stream(const capture::ts_go_stream& event) override;
  void on_close(const capture::ts_header& event) override;
  void on_flow(const capture::ts_flow& event) override;
  void on_lost(uint64_t events) override;
  void tick() override;
  void flush() override;

 private:
  Exchange& make_exchange() override { return pool_.take(); }
  void on_request(Exchange& exchange, const Call& call, const Carrier& carrier) override;
  void on_answer(Exchange& exchange, const Call& call) override;
  void on_finished(Exchange& exchange, bool lost) override;
  void on_unsettled() override;
  NodePtr cause_of(const Call& call) override;
  void on_call(Exchange& exchange, const Call& call, NodePtr cause) override;

  Connection& connection(uint64_t cookie);
  Call with_look(const Exchange& exchange, Call call) const;
  ProcessEntry* process_of(const Call& call);
  void name(Exchange& exchange, const Call& call);
  bool recognise(Connection& connection, const Call& call);
  bool recognise_asked(Connection& connection, const Call& call);
  void leave_asked(Connection& connection, const Call& call);
  void close(Connection& connection, bool seen);
  void close_quiet(uint64_t now_ns);
  void report_decided();
  void report(Exchange& exchange);
  void report_overdue(uint64_t now_ns, bool all);
  void discard(Exchange& exchange);

  const Options options_;
  const Clock& clock_;
  Processes processes_;
  ExchangePool pool_;
  Connections connections_;
  Correlator correlator_;
  Checkpoint checkpoint_;
  Reporter reporter_;
  Connection* current_ = nullptr;    // whose call is being read
  std::vector<uint64_t> unsettled_;  // cookies of connections that only silence settles
  struct Held {
    uint64_t deadline_ns;
    NodePtr node;
  };
  std::deque<Held> held_;         // finished, but not decided
  std::vector<NodePtr> unnamed_;  // finished, but discovery has not told whose they are
};

}  // namespace tarsier::assemble
