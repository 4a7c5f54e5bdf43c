#include "assemble/counters.h"

namespace tarsier::assemble {
namespace {

Counter& plain(std::string_view name, std::string_view help) {
  return metrics().counter(name, help);
}

Counter& event_dropped(std::string reason) {
  return metrics().counter("tarsier_assemble_events_dropped_total",
                           "Events of which nothing was used", {{"reason", std::move(reason)}});
}

Counter& requests(std::string side) {
  return metrics().counter("tarsier_assemble_requests_total", "Requests seen",
                           {{"side", std::move(side)}});
}

Counter& request_dropped(std::string reason) {
  return metrics().counter("tarsier_assemble_requests_dropped_total",
                           "Requests that became no span", {{"reason", std::move(reason)}});
}

Counter& parent(std::string where) {
  return metrics().counter("tarsier_assemble_span_parents_total", "Spans, by where the parent is",
                           {{"parent", std::move(where)}});
}

Counter& died_with_worker(std::string what) {
  return metrics().counter("tarsier_assemble_lost_with_worker_total",
                           "What the death of the worker before this one took along",
                           {{"reason", std::move(what)}});
}

Counter& unlinked(std::string reason) {
  return metrics().counter("tarsier_assemble_spans_unlinked_total",
                           "Calls whose causing request could not be told",
                           {{"reason", std::move(reason)}});
}

}  // namespace

Counters::Counters()
    : events(plain("tarsier_assemble_events_total", "Raw events received")),
      events_lost(plain("tarsier_assemble_events_lost_total", "Events lost in a full ring")),
      dropped_nobodys(event_dropped("no_open_request")),
      dropped_no_answer(event_dropped("no_answer")),
      dropped_not_http(event_dropped("not_http")),
      dropped_no_request(event_dropped("answer_without_request")),
      dropped_upgraded(event_dropped("upgraded")),
      dropped_bad_head(event_dropped("bad_head")),
      dropped_unfinished_head(event_dropped("unfinished_head")),
      dropped_unsynchronised(event_dropped("unsynchronised")),
      resynchronised(plain("tarsier_assemble_resynchronised_total",
                           "Messages found again after their framing was lost")),
      framing_lost(plain("tarsier_assemble_framing_lost_total",
                         "Times that bytes needed to find a message's end were not seen")),
      head_incomplete(
          plain("tarsier_assemble_heads_incomplete_total", "Message heads whose end was not seen")),
      fields_unknown(plain("tarsier_assemble_heads_partly_unknown_total",
                           "HTTP/2 heads with fields that were named before anybody looked")),
      connections_evicted(plain("tarsier_assemble_connections_evicted_total",
                                "Connections forgotten because too many were tracked")),
      server_requests(requests("server")),
      client_requests(requests("client")),
      spans(plain("tarsier_assemble_spans_total", "Spans emitted")),
      unsampled(request_dropped("not_sampled")),
      answer_lost(request_dropped("answer_lost")),
      traces_off(request_dropped("traces_off")),
      logs(plain("tarsier_assemble_logs_total", "Request log records emitted")),
      parent_local(parent("local")),
      parent_remote(parent("remote")),
      parent_none(parent("none")),
      link_unknown(unlinked("unknown")),
      link_ambiguous(unlinked("ambiguous")),
      link_timeout(unlinked("timeout")),
      join_timeout(plain("tarsier_assemble_joins_timed_out_total",
                         "Requests whose other end was expected on this host, and not seen")),
      routes_aggregated(plain("tarsier_assemble_routes_aggregated_total",
                              "Requests counted under the route AGGREGATED")),
      series_overflow(plain("tarsier_assemble_series_overflow_total",
                            "Requests counted under the overflow series")),
      series_expired(plain("tarsier_assemble_series_expired_total",
                           "Series dropped because nothing came for long")),
      open_lost(died_with_worker("open_request")),
      measurements_lost(died_with_worker("after_checkpoint")),
      records_lost(died_with_worker("record_not_durable")),
      series_orphaned(died_with_worker("series_without_process")),
      checkpoints_failed(plain("tarsier_assemble_checkpoints_failed_total",
                               "States that did not fit into their memory")),
      flow_records(plain("tarsier_assemble_flow_records_total", "Flow records received")),
      flow_both_ends(plain("tarsier_assemble_flow_records_both_ends_total",
                           "Flow records of a connection's second end, not counted again")),
      flow_overflow(plain("tarsier_assemble_flows_overflow_total",
                          "Flow records counted under the overflow series")),
      flow_evicted(plain("tarsier_assemble_flow_connections_evicted_total",
                         "Flow connections forgotten because too many were tracked")),
      refused(plain("tarsier_assemble_items_refused_total", "Items that the sink refused")) {}

Counters& counters() {
  static Counters instance;
  return instance;
}

}  // namespace tarsier::assemble
