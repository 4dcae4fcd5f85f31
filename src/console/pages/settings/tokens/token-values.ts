import type { TokenBody } from '../../../../server/access/access-api.ts';

/** What a token for a program may do with one stream or table; `*` is each. */
export type Grant = { readonly kind: 'ingest' | 'query'; readonly name: string };

/** A token's form, as it is typed. */
export type TokenValues = {
  readonly name: string;
  /** `grants`: only what is listed. */
  readonly may: 'admin' | 'console' | 'read-only' | 'grants';
  readonly grants: readonly Grant[];
  /** Days until it expires; '' for never. */
  readonly days: string;
  /** One origin a line. */
  readonly origins: string;
  readonly rate: string;
};

export const noValues: TokenValues = {
  name: '',
  may: 'console',
  grants: [{ kind: 'ingest', name: '' }],
  days: '90',
  origins: '',
  rate: '',
};

/** What is sent for a form; what it doesn't show isn't. */
export function bodyOf(values: TokenValues, nowMs: number): TokenBody {
  const { name, may, days, rate } = values;
  const origins = originsOf(values);
  return {
    name: name.trim(),
    scopes: may === 'grants' ? grantsOf(values) : [may],
    ...(days === '' ? {} : { expires_at: new Date(nowMs + Number(days) * dayMs).toISOString() }),
    ...(origins.length === 0 ? {} : { origins }),
    ...(rate.trim() === '' ? {} : { rate: Number(rate) }),
  };
}

/** Whether it says enough to be sent; whether that is right is for the server to say. */
export function isWhole(values: TokenValues): boolean {
  const isGranted = values.may !== 'grants' || grantsOf(values).length > 0;
  return values.name.trim() !== '' && isGranted && !Number.isNaN(Number(values.rate));
}

/** Only tokens that do nothing but ingest may be in the pages of a site. */
export function mayServePages({ may, grants }: TokenValues): boolean {
  return may === 'grants' && grants.every(({ kind }) => kind === 'ingest');
}

function grantsOf({ grants }: TokenValues): string[] {
  const named = grants.filter(({ name }) => name.trim() !== '');
  return [...new Set(named.map(({ kind, name }) => `${kind}:${name.trim()}`))];
}

function originsOf(values: TokenValues): readonly string[] {
  if (!mayServePages(values)) return [];
  return values.origins
    .split(/[\s,]+/)
    .filter((origin) => origin !== '')
    .map((origin) => origin.replace(/\/$/, ''));
}

const dayMs = 24 * 60 * 60_000;
