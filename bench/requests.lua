-- Requests for wrk: whole requests from a file, drawn by chance; {fresh} becomes a value that no request had before.
-- With a first day they are taken in turn, and the day 0000-00-00 is counted on from it with every turn.

local shots = {}
local thread_number = 0
local sent = 0

function setup(thread)
  thread:set("thread_number", thread_number)
  thread_number = thread_number + 1
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  while true do
    local length = file:read("*l")
    if not length then break end
    shots[#shots + 1] = file:read(tonumber(length))
  end
  file:close()
  first_day = tonumber(args[2])
  math.randomseed(os.time() * 10 + thread_number)
  stamp = os.time() .. "-" .. math.random(1, 2 ^ 30) .. "-"
end

function request()
  local shot = shots[first_day and sent % #shots + 1 or math.random(#shots)]
  if first_day then
    local day = first_day + math.floor(sent / #shots)
    shot = shot:gsub("0000%-00%-00", os.date("!%Y-%m-%d", 63072000 + 86400 * day))
  end
  sent = sent + 1
  return (shot:gsub("{fresh}", stamp .. sent, 1))
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "errors": %d, "p50_ms": %.3f, "p99_ms": %.3f}\n',
    summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
