/** Where a secret is kept; the secret itself is never written down here. */
export type SecretReference =
  /** `env:NAME`, or `{{ NAME }}`. */
  | { readonly kind: 'env'; readonly name: string }
  /** `file:PATH` */
  | { readonly kind: 'file'; readonly path: string }
  /** `ssm:/path`, or `ssm:` and an ARN: a parameter of AWS Systems Manager. */
  | { readonly kind: 'ssm'; readonly name: string }
  /** `secretsmanager:id#key`: without a key, the whole secret. */
  | { readonly kind: 'secretsmanager'; readonly id: string; readonly key: string | undefined };

/** The reference that a text is, or undefined: it is something else, perhaps the secret itself. */
export function parseSecretReference(text: string): SecretReference | undefined {
  const trimmed = text.trim();
  const variable = /^\{\{\s*([A-Za-z_]\w*)\s*\}\}$/.exec(trimmed)?.[1];
  if (variable !== undefined) return { kind: 'env', name: variable };
  const [, scheme, rest = ''] = /^([a-z]+):(.+)$/.exec(trimmed) ?? [];
  switch (scheme) {
    case 'env':
      return /^[A-Za-z_]\w*$/.test(rest) ? { kind: 'env', name: rest } : undefined;
    case 'file':
      return { kind: 'file', path: rest.replace(/^\/\/(?=\/)/, '') };
    case 'ssm':
      return /^[\w./:-]+$/.test(rest) ? { kind: 'ssm', name: rest } : undefined;
    case 'secretsmanager': {
      const [, id, key] = /^([^#\s]+)(?:#(.+))?$/.exec(rest) ?? [];
      return id === undefined ? undefined : { kind: 'secretsmanager', id, key };
    }
    default:
      return undefined;
  }
}

/** The names of `{{ NAME }}` inside of a text that is more than one of them. */
export const templatePattern: RegExp = /\{\{\s*([A-Za-z_]\w*)\s*\}\}/g;
