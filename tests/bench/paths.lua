-- wrk: asks for the paths of the file in $BENCH_PATHS one after another, with the Accept header of manifests. A digest
-- behind a path makes it a conditional request.
local requests = {}
local next_path = 0

for line in io.lines(os.getenv("BENCH_PATHS")) do
  local path, digest = line:match("^(%S+) ?(%S*)$")
  local headers = { ["Accept"] = os.getenv("BENCH_ACCEPT"), ["User-Agent"] = "clean-registry" }
  if digest ~= "" then
    headers["If-None-Match"] = '"' .. digest .. '"'
  end
  requests[#requests + 1] = { path = path, headers = headers }
end

request = function()
  next_path = next_path % #requests + 1
  return wrk.format("GET", requests[next_path].path, requests[next_path].headers)
end
