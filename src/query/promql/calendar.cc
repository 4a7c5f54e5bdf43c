#include "query/promql/calendar.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <map>

namespace tarsier::query::promql {
namespace {

struct Date {
  int64_t year = 0;
  int64_t month = 0, day = 0, day_of_year = 0;  // from 1
  int64_t days = 0, second_of_day = 0;          // since the epoch
};

bool leap(int64_t year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

// Days since the epoch to a civil date, valid for any year (algorithm of H. Hinnant).
Date to_date(int64_t seconds) {
  constexpr int64_t kDay = 86'400;
  Date out;
  out.days = seconds / kDay - (seconds % kDay < 0 ? 1 : 0);
  out.second_of_day = seconds - out.days * kDay;
  const int64_t shifted = out.days + 719'468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const int64_t day_of_era = shifted - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_from_march =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * day_from_march + 2) / 153;
  out.day = day_from_march - (153 * month_from_march + 2) / 5 + 1;
  out.month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  out.year = year_of_era + era * 400 + (out.month <= 2 ? 1 : 0);
  constexpr int64_t kBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  out.day_of_year = kBefore[out.month - 1] + out.day + (out.month > 2 && leap(out.year) ? 1 : 0);
  return out;
}

double days_in_month(int64_t seconds) {
  constexpr double kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const Date date = to_date(seconds);
  return kDays[date.month - 1] + (date.month == 2 && leap(date.year) ? 1 : 0);
}
double day_of_week(int64_t seconds) {
  const int64_t day = (to_date(seconds).days + 4) % 7;  // 1970-01-01 was a Thursday
  return static_cast<double>(day < 0 ? day + 7 : day);
}
double day_of_month(int64_t seconds) {
  return static_cast<double>(to_date(seconds).day);
}
double day_of_year(int64_t seconds) {
  return static_cast<double>(to_date(seconds).day_of_year);
}
double month(int64_t seconds) {
  return static_cast<double>(to_date(seconds).month);
}
double year(int64_t seconds) {
  return static_cast<double>(to_date(seconds).year);
}
double hour(int64_t seconds) {
  return static_cast<double>(to_date(seconds).second_of_day / 3600);
}
double minute(int64_t seconds) {
  return static_cast<double>(to_date(seconds).second_of_day / 60 % 60);
}

}  // namespace

DatePart date_part(std::string_view function) {
  static const std::map<std::string_view, DatePart> parts = {{"days_in_month", days_in_month},
                                                             {"day_of_month", day_of_month},
                                                             {"day_of_week", day_of_week},
                                                             {"day_of_year", day_of_year},
                                                             {"hour", hour},
                                                             {"minute", minute},
                                                             {"month", month},
                                                             {"year", year}};
  const auto at = parts.find(function);
  return at == parts.end() ? nullptr : at->second;
}

int64_t to_unix_seconds(double seconds) {
  // Outside of this the calendar's arithmetic would overflow; years there mean nothing anyway.
  constexpr double kMax = 9.2e18;
  if (!(std::abs(seconds) < kMax)) return std::numeric_limits<int64_t>::min() / 2;
  return static_cast<int64_t>(seconds);
}

}  // namespace tarsier::query::promql
