-- Every request has a path of its own, so that a trace can be checked against what was asked.
local thread_count = 0
function setup(thread)
  thread_count = thread_count + 1
  thread:set("id", thread_count)
end
local n = 0
-- Argument: milliseconds that each connection waits before a request.
function init(args)
  local pause = tonumber(args[1] or 0)
  if pause > 0 then
    function delay() return pause end
  end
end
function request()
  n = n + 1
  return wrk.format("GET", "/work/" .. id .. "-" .. n)
end
function done(summary, latency)
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
