/** The parts of an OpenAPI document that the page shows. */
export interface Description {
  readonly info: { readonly title: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

interface Operation {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
  }[];
  readonly requestBody?: { readonly content?: Content };
  readonly responses?: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

type Content = Readonly<Record<string, { readonly schema?: unknown }>>;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const text = (value: string): string => value.replace(/[&<>"]/g, (character) => escapes[character]!);
const code = (value: string): string => `<code>${text(value)}</code>`;
const shape = (schema: unknown): string => `<pre>${text(JSON.stringify(schema, null, 2))}</pre>`;

function contentOf(content: Content | undefined): string {
  return Object.entries(content ?? {})
    .filter(([, { schema }]) => schema !== undefined)
    .map(([type, { schema }]) => `<details><summary>${text(type)}</summary>${shape(schema)}</details>`)
    .join('');
}

function operationSection(method: string, path: string, operation: Operation): string {
  const { summary = '', security, parameters = [], requestBody, responses = {} } = operation;
  const rows = Object.entries(responses).map(
    ([status, { description, content }]) =>
      `<tr><td>${text(status)}</td><td>${text(description)}${status.startsWith('2') ? contentOf(content) : ''}</td></tr>`,
  );
  const given = parameters.map(
    (each) => `<li>${code(each.name)} in ${text(each.in)}${each.required ? ', required' : ''}</li>`,
  );
  return `<section><h3>${text(method.toUpperCase())} ${code(path)}</h3>
<p>${text(summary)}${security?.length ? ' <em>Members only.</em>' : ''}</p>
${given.length ? `<ul>${given.join('')}</ul>` : ''}
${requestBody ? `<p>Body</p>${contentOf(requestBody.content)}` : ''}
<table><thead><tr><th>Status</th><th>Answer</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

/** The API's description as one page without scripts: it opens everywhere, also offline and under a strict policy. */
export function renderDescription({ info, paths, components }: Description): string {
  const byTag = new Map<string, string[]>();
  for (const [path, operations] of Object.entries(paths))
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags?.[0] ?? 'Other';
      byTag.set(tag, [...(byTag.get(tag) ?? []), operationSection(method, path, operation)]);
    }
  const sections = [...byTag].map(([tag, parts]) => `<h2>${text(tag)}</h2>${parts.join('')}`);
  const schemas = Object.entries(components?.schemas ?? {}).map(
    ([name, schema]) => `<details><summary>${text(name)}</summary>${shape(schema)}</details>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(info.title)} API</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
section { border-top: 1px solid color-mix(in srgb, currentcolor 20%, transparent); padding-block: .5rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: start; padding: .25rem .5rem; vertical-align: top; }
pre { overflow-x: auto; padding: .75rem; background: color-mix(in srgb, currentcolor 7%, transparent); border-radius: 6px; }
summary { cursor: pointer; }
</style></head><body>
<h1>${text(info.title)} API</h1><p>${text(info.description ?? '')}</p>
<p>For programs: <a href="/api/openapi.json">/api/openapi.json</a>. Errors are ${code('{"error": {"code", "message", "details"?}}')}.</p>
<main>${sections.join('\n')}</main>
<h2>Shapes</h2>${schemas.join('')}
</body></html>`;
}
