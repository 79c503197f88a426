-- wrk: asks for the paths of the file in $BENCH_PATHS one after another, with the Accept header of manifests.
local paths = {}
local next_path = 0

for path in io.lines(os.getenv("BENCH_PATHS")) do
  paths[#paths + 1] = path
end

request = function()
  next_path = next_path % #paths + 1
  return wrk.format("GET", paths[next_path], { ["Accept"] = os.getenv("BENCH_ACCEPT"), ["User-Agent"] = "clean-registry" })
end
