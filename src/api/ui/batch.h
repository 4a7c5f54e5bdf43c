// Everything that a screen needs, in one request: queries of the three languages.
//
//   {"from_ms": .., "to_ms": .., "queries": [{"id": "1", "kind": "prometheus", "expr": "up",
//     "step_ms": 5000, "instant": false, "limit": 100}]}
//   {"results": [{"id": "1", "status": "success", "data": {..}, "warnings": []},
//     {"id": "2", "status": "error", "error": ".."}]}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/answer.h"
#include "api/ui/pool.h"

namespace tarsier::api {

using Answerer = Result<Warnings> (*)(const Services&, query::QueryContext&, const Question&,
                                      wire::JsonWriter&);
struct Language {
  std::string_view kind;
  Answerer answer;
};

struct BatchQuery {
  std::string id;
  std::string kind;  // "prometheus", "loki" or "tempo"
  Question question;
};

// kInvalid names the query and the member. A query without from_ms, to_ms has the batch's; one
// without step_ms gets about 250 points.
Result<std::vector<BatchQuery>> parse_batch(std::string_view json);

// The queries run in parallel, each under its own limits: one that fails spoils no other. The
// answers stand in the order of the questions.
std::string answer_batch(const Services& services, std::string_view tenant,
                         const std::vector<BatchQuery>& queries,
                         const std::vector<Language>& languages, HelperPool& pool);

}  // namespace tarsier::api
