// What the room counts about itself. events = used + dropped, and
// requests = spans + open + dropped, each dropped one with its reason.
#pragma once

#include "base/metrics.h"

namespace tarsier::assemble {

struct Counters {
  Counters();

  Counter& events;       // every call, open, close, flow record and loss notice
  Counter& events_lost;  // the ring was full
  // Calls of which nothing was used.
  // No request is being served where it was made; a question that was not answered.
  Counter &dropped_nobodys, &dropped_no_answer;
  Counter &dropped_not_http, &dropped_no_request, &dropped_upgraded, &dropped_bad_head,
      &dropped_unfinished_head, &dropped_unsynchronised;
  Counter& resynchronised;   // a message was found again after its framing was lost
  Counter& framing_lost;     // bytes that were needed to find the end of a message were not seen
  Counter& head_incomplete;  // requests and answers of which the end of the head was not seen
  Counter& fields_unknown;   // header blocks with fields of a table older than the agent
  Counter& connections_evicted;

  Counter &server_requests, &client_requests;     // seen
  Counter& spans;                                 // emitted
  Counter &unsampled, &answer_lost, &traces_off;  // requests that became no span, and why
  Counter& logs;

  Counter &parent_local, &parent_remote, &parent_none;    // of spans, by where it is
  Counter &link_unknown, &link_ambiguous, &link_timeout;  // calls without a parent, and why
  Counter& join_timeout;  // the other end was expected on this host, and not seen
  Counter &routes_aggregated, &series_overflow, &series_expired;
  // With a worker that died: requests without an answer yet, requests not in its last checkpoint,
  // records not durable yet, series whose process ended meanwhile.
  Counter &open_lost, &measurements_lost, &records_lost, &series_orphaned;
  Counter& checkpoints_failed;
  Counter &flow_records, &flow_both_ends, &flow_overflow, &flow_evicted;
  Counter& refused;  // items that the sink did not take
};

Counters& counters();

}  // namespace tarsier::assemble
