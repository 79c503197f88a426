// Says what is wrong with Kubernetes objects by the schemas of the npm package kubernetes-models, one line for
// each fault: node kubernetes_schema.cjs FOLDER < OBJECTS.json, where FOLDER has that package installed.
//
// A schema lets through what it does not know, as the API does with a warning. A key that its validator never
// looks at is such a one, and a fault here.
const { createRequire } = require("module");
const load = createRequire(`${process.argv[2]}/`);

function watched(value, path, unread) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item, at) => watched(item, `${path}[${at}]`, unread));
  const inner = {};
  for (const [key, item] of Object.entries(value)) {
    unread.add(`${path}.${key}`);
    inner[key] = watched(item, `${path}.${key}`, unread);
  }
  return new Proxy(inner, {
    get(object, key) {
      unread.delete(`${path}.${String(key)}`);
      return object[key];
    },
  });
}

function faults(object) {
  const name = `${object.kind}/${object.metadata?.name}`;
  const unread = new Set();
  const Model = load(`kubernetes-models/${object.apiVersion}/${object.kind}`)[object.kind];
  const model = new Model(object);
  for (const key of Object.keys(object)) model[key] = watched(object[key], key, unread);
  try {
    model.validate();
  } catch (error) {
    return [`${name}: ${error.message}`];
  }
  return [...unread].map((key) => `${name}: ${key}: unknown`);
}

const objects = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(objects.flatMap(faults).join("\n"));
