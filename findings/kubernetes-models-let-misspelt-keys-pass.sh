#!/bin/bash
# The validators of the npm package kubernetes-models, which are made from the API's own schemas, take an object
# with a misspelt key: they check what they know and pass over the rest. A CronJob whose `backoffLimit` is
# written `backOffLimit` is valid, and its job is tried six times again, not never. (An API server warns of
# such a key, or refuses it where --validate=strict asks for that.)
#
# Seen with: kubernetes-models 4.5.1 from npm, Node.js 20.20.2.
# Behaviour: the schemas have no additionalProperties: false. A wrong type, a wrong word and a missing key are
#   told; a key that is not known is not, and a required key that is misspelt is told as missing.
# Output seen:
#   kubernetes-models 4.5.1
#   as it should be: valid
#   backoffLimit is "0", a string: refused
#   backOffLimit is 0: valid
#   a container has imag instead of image: valid
#   a misspelt key is let pass
#
# Exit status: 0 it is so, 1 it has changed, 2 it could not be tried. Needs node and npm, which fetches the
# package into a temporary folder.
set -u -o pipefail

package=kubernetes-models version=4.5.1
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
npm install --no-audit --no-fund --ignore-scripts --loglevel=error "$package@$version" >/dev/null ||
  give_up "$package $version could not be installed"
echo "$package $version"

cat >try.cjs <<'SCRIPT'
const { CronJob } = require("kubernetes-models/batch/v1/CronJob");

function job(spec, container) {
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "a", ...container }] } };
  const jobTemplate = { spec: { ...spec, template } };
  return new CronJob({ metadata: { name: "a" }, spec: { schedule: "17 3 * * *", jobTemplate } });
}

function verdict(text, object) {
  let found = "valid";
  try {
    object.validate();
  } catch {
    found = "refused";
  }
  console.log(`${text}: ${found}`);
}

verdict("as it should be", job({ backoffLimit: 0 }, { image: "b" }));
verdict('backoffLimit is "0", a string', job({ backoffLimit: "0" }, { image: "b" }));
verdict("backOffLimit is 0", job({ backOffLimit: 0 }, { image: "b" }));
verdict("a container has imag instead of image", job({ backoffLimit: 0 }, { imag: "b" }));
SCRIPT
said=$(node try.cjs) || give_up "the script failed"
echo "$said"
if [ "$(awk '{ print $NF }' <<<"$said" | xargs)" = "valid refused valid valid" ]; then
  echo "a misspelt key is let pass"
else
  echo "it has changed"
  exit 1
fi
