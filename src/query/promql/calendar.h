// Parts of a date, in UTC.
#pragma once

#include <cstdint>
#include <string_view>

namespace tarsier::query::promql {

using DatePart = double (*)(int64_t unix_seconds);
// For the functions minute, hour, day_of_week, ...; nullptr for another name.
DatePart date_part(std::string_view function);

// Cut off towards zero; what no int64 can hold becomes the smallest.
int64_t to_unix_seconds(double seconds);

}  // namespace tarsier::query::promql
