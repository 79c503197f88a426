#!/bin/bash
# Scaleway's client for JavaScript finds the number of pages by the number of entries that the first page tells.
# Where none is told, or none is left of it, `.all()` and `for await` end after the first page: no error, no
# warning, and a list that looks whole. Whoever cleans by such a list misses what is behind; whoever protects by
# it protects too little.
#
# Seen with: @scaleway/sdk-registry 1.2.0 and @scaleway/sdk-client 1.3.3 from npm, Node.js 20.20.2 and 18.20.4.
# Behaviour: without total_count in the body, the header X-Total-Count stands in for it; without both, the number of
#   pages is NaN, and the loop over them does not begin. It asks for no page until an empty one comes. (Answers of
#   the real API have total_count, as far as they are recorded.)
# Output seen:
#   @scaleway/sdk-registry 1.2.0
#   45 tags, total_count 45: 45 read with 3 requests
#   45 tags, a header with 45: 45 read with 3 requests
#   45 tags, no number: 20 read with 1 request
#   45 tags, total_count 20: 20 read with 1 request
#   a list without its number is cut after one page
#
# Exit status: 0 it is so, 1 it has changed, 2 it could not be tried. Needs node and npm, which fetches the
# packages into a temporary folder; asks a server of its own on 127.0.0.1.
set -u -o pipefail

package=@scaleway/sdk-registry version=1.2.0 client=@scaleway/sdk-client@1.3.3
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM

give_up() {
  printf 'could not be tried: %s\n' "$*" >&2
  exit 2
}

for tool in node npm; do
  command -v "$tool" >/dev/null || give_up "$tool is not installed"
done
cd "$folder" && echo '{}' >package.json || exit 2
npm install --no-audit --no-fund --ignore-scripts --loglevel=error "$package@$version" "$client" >/dev/null ||
  give_up "$package $version could not be installed"
echo "$package $version"

cat >try.cjs <<'SCRIPT'
const http = require("http");
const { createClient } = require("@scaleway/sdk-client");
const { Registryv1 } = require("@scaleway/sdk-registry");
const SIZE = 20;
const ID = "11111111-2222-4333-8444-555555555555";
const TAGS = Array.from({ length: 45 }, (_, n) => ({ id: ID, image_id: ID, name: `v${n}`, status: "ready", digest: "" }));
const ANSWERS = [
  ["total_count 45", { total_count: 45 }, {}],
  ["a header with 45", {}, { "X-Total-Count": "45" }],
  ["no number", {}, {}],
  ["total_count 20", { total_count: 20 }, {}],
];
let answer, requests;

const server = http.createServer((request, response) => {
  const [, total, headers] = answer;
  const page = Number(new URL(request.url, "http://localhost").searchParams.get("page") ?? 1);
  const body = { tags: TAGS.slice((page - 1) * SIZE, page * SIZE), ...total };
  requests++;
  response.writeHead(200, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
});
server.listen(0, "127.0.0.1", async () => {
  const apiURL = `http://127.0.0.1:${server.address().port}`;
  const keys = { accessKey: "SCW00000000000000000", secretKey: ID };
  const api = new Registryv1.API(createClient({ apiURL, defaultRegion: "fr-par", ...keys }));
  for (answer of ANSWERS) {
    requests = 0;
    const { length } = await api.listTags({ imageId: ID }).all();
    console.log(`45 tags, ${answer[0]}: ${length} read with ${requests} request${requests > 1 ? "s" : ""}`);
  }
  process.exit(0);
});
SCRIPT
said=$(node try.cjs) || give_up "the script failed"
echo "$said"
if [ "$(awk '{ print $(NF - 4) }' <<<"$said" | xargs)" = "45 45 20 20" ]; then
  echo "a list without its number is cut after one page"
else
  echo "it has changed"
  exit 1
fi
