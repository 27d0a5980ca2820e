// Shows openapi.json. Text never becomes HTML.

const element = (name, text, ...children) => {
  const made = document.createElement(name);
  if (text !== null) made.textContent = text;
  made.append(...children);
  return made;
};

const named = (schema) => schema.$ref?.split("/").at(-1);

const shape = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return named(schema);
  if (schema.anyOf) return schema.anyOf.map(shape).join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return `${shape(schema.items) || "any"}[]`;
  return [schema.type, schema.format].filter(Boolean).join(" ") || "any";
};

const fields = (schema) =>
  Object.entries(schema.properties ?? {}).map(([name, value]) => {
    const required = schema.required?.includes(name) ? "required" : "";
    return row(name, shape(value), required);
  });

const row = (...cells) => element("tr", null, ...cells.map((cell) => element("td", cell)));

const table = (rows) => element("table", null, element("tbody", null, ...rows));

const sample = (example) =>
  element("pre", typeof example === "string" ? example : JSON.stringify(example, null, 2));

const body = (api, title, content) => {
  const [media, { schema, example }] = Object.entries(content)[0];
  const known = api.components.schemas[named(schema)];
  const heading = element("h4", `${title}: ${shape(schema)} (${media})`);
  const shown = known?.properties ? [heading, table(fields(known))] : [heading];
  return example === undefined ? shown : [...shown, sample(example)];
};

const operation = (api, path, method, described) => {
  const parts = [];
  if (described.parameters.length) {
    const rows = described.parameters.map((each) =>
      row(each.name, each.in, shape(each.schema), each.required ? "required" : "", String(each.example ?? "")));
    parts.push(element("h4", "Parameters"), table(rows));
  }
  if (described.requestBody) parts.push(...body(api, "Body", described.requestBody.content));
  for (const [status, answer] of Object.entries(described.responses)) {
    if (answer.content) parts.push(...body(api, status, answer.content));
  }
  const keys = described.security.flatMap(Object.keys).join(", ");
  parts.unshift(element("p", keys ? `Keys: ${keys}` : "Open to everyone"));
  const label = element("summary", null);
  const verb = element("span", method.toUpperCase());
  verb.className = "method";
  label.append(verb, element("code", path), " ", described.summary);
  return element("details", null, label, ...parts);
};

const api = await (await fetch("/schema/openapi.json")).json();
document.querySelector("#about").textContent = api.info.description;
const groups = new Map();
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, described] of Object.entries(methods)) {
    const tag = described.tags[0];
    if (!groups.has(tag)) groups.set(tag, []);
    groups.get(tag).push(operation(api, path, method, described));
  }
}
const schemes = Object.entries(api.components.securitySchemes).map(([name, scheme]) => row(name, scheme.description));
const types = Object.entries(api.components.schemas).map(([name, schema]) =>
  element("details", null, element("summary", name), element("p", schema.description ?? ""), table(fields(schema))));
document.querySelector("#operations").append(
  ...[...groups].flatMap(([tag, shown]) => [element("h2", tag), ...shown]),
  element("h2", "Keys"),
  table(schemes),
  element("h2", "Types"),
  ...types,
);
