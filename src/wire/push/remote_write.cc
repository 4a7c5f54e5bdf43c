// Prometheus remote write 1.0: prometheus.WriteRequest.
#include <string>

#include "base/metrics.h"
#include "wire/codec/protobuf.h"
#include "wire/push.h"

namespace tarsier::wire {
namespace {

template <FieldName Reason>
struct CountUncarried {
  static void count() {
    static Counter& counter = metrics().counter("tarsier_wire_uncarried_total",
                                                "Parts of a remote write that were not stored",
                                                {{"reason", Reason.text}});
    counter.add();
  }
};

}  // namespace

template <>
struct Schema<model::Label> {
  using List = Fields<Field<1, "name", Text, &model::Label::name>,
                      Field<2, "value", Text, &model::Label::value>>;
};
template <>
struct Schema<model::Sample> {
  using List = Fields<Field<1, "value", Real, &model::Sample::value>,
                      Field<2, "timestamp", Varint64, &model::Sample::time_ms>>;
};
template <>
struct Schema<model::SeriesSamples> {
  using T = model::SeriesSamples;
  using List =
      Fields<Field<1, "labels", Repeated<Message>, &T::labels>,
             Field<2, "samples", Repeated<Message>, &T::samples>,
             Field<3, "exemplars", Uncarried<CountUncarried<"exemplar">>, Self{}>,
             Field<4, "histograms", Uncarried<CountUncarried<"native_histogram">>, Self{}>>;
};

namespace {
using WriteRequest = Fields<Field<1, "timeseries", Repeated<Message>, &model::Batch::series>>;
}  // namespace

Result<model::Batch> decode_remote_write(std::string_view bytes) {
  TRY(model::Batch batch, decode_protobuf<model::Batch>(WriteRequest{}, bytes));
  for (model::SeriesSamples& series : batch.series) model::normalise(series.labels);
  return batch;
}

std::string encode_remote_write(const model::Batch& batch) {
  return encode_protobuf(WriteRequest{}, batch);
}

}  // namespace tarsier::wire
