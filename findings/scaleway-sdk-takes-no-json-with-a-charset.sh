#!/bin/bash
# Scaleway's client for JavaScript parses an answer only if its Content-Type is "application/json" to the letter.
# Behind a proxy or a server that writes "application/json; charset=utf-8", or "Application/JSON", which mean the
# same (RFC 9110, 8.3.1), every call fails, though the answer is well: the text is handed on unparsed.
#
# Seen with: @scaleway/sdk-registry 1.2.0 and @scaleway/sdk-client 1.3.3 from npm, Node.js 20.20.2 and 18.20.4.
# Behaviour: ScalewayError "could not parse '…' response". An error that has such a type is read all the same. The
#   request of the client itself, where it has a body, names the type with "; charset=utf-8".
# Output seen:
#   @scaleway/sdk-registry 1.2.0
#   application/json: read
#   application/json; charset=utf-8: ScalewayError
#   Application/JSON: ScalewayError
#   403, application/json; charset=utf-8: PermissionsDeniedError
#   only that one type is taken for JSON
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
const JSON_TYPE = "application/json";
const CHARSET = `${JSON_TYPE}; charset=utf-8`;
const REFUSAL = { type: "permissions_denied", message: "no", details: [] };
const ANSWERS = [
  [JSON_TYPE, 200, { namespaces: [], total_count: 0 }],
  [CHARSET, 200, { namespaces: [], total_count: 0 }],
  ["Application/JSON", 200, { namespaces: [], total_count: 0 }],
  [CHARSET, 403, REFUSAL],
];
let answer;

async function verdict(api) {
  try {
    await api.listNamespaces();
    return "read";
  } catch (error) {
    return error.constructor.name;
  }
}

const server = http.createServer((_, response) => {
  const [type, status, body] = answer;
  response.writeHead(status, { "Content-Type": type }).end(JSON.stringify(body));
});
server.listen(0, "127.0.0.1", async () => {
  const id = "11111111-2222-4333-8444-555555555555";
  const apiURL = `http://127.0.0.1:${server.address().port}`;
  const keys = { accessKey: "SCW00000000000000000", secretKey: id };
  const api = new Registryv1.API(createClient({ apiURL, defaultRegion: "fr-par", ...keys }));
  for (answer of ANSWERS) {
    const status = answer[1] === 200 ? "" : `${answer[1]}, `;
    console.log(`${status}${answer[0]}: ${await verdict(api)}`);
  }
  process.exit(0);
});
SCRIPT
said=$(node try.cjs) || give_up "the script failed"
echo "$said"
if [ "$(awk '{ print $NF }' <<<"$said" | xargs)" = "read ScalewayError ScalewayError PermissionsDeniedError" ]; then
  echo "only that one type is taken for JSON"
else
  echo "it has changed"
  exit 1
fi
