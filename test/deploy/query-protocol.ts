import type { Values } from './cloudformation-template.ts';

/** What an answer in XML is made of; lists repeat their element. */
export type Xml = { readonly [name: string]: string | Xml | readonly Xml[] | readonly string[] };

/** The form of a request in AWS's query protocol. */
export function fieldsOf(body: string): Values {
  return Object.fromEntries(new URLSearchParams(body));
}

/** `NAME.member.1`, `NAME.member.2` … */
export function membersOf(fields: Values, name: string): readonly string[] {
  const found: string[] = [];
  for (let index = 1; ; index++) {
    const value = fields[`${name}.member.${index}`];
    if (value === undefined) return found;
    found.push(value);
  }
}

export function xmlOf(xml: Xml): string {
  return Object.entries(xml)
    .map(([name, value]) => {
      const items = Array.isArray(value) ? (value as readonly (string | Xml)[]) : [value];
      return items.map((item) => `<${name}>${contentOf(item as string | Xml)}</${name}>`).join('');
    })
    .join('');
}

function contentOf(value: string | Xml): string {
  if (typeof value !== 'string') return xmlOf(value);
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
