/** What the shop sells, most wanted first. Prices are in cents. */
export type Product = { readonly id: string; readonly name: string; readonly priceCents: number };

export const products: readonly [Product, ...Product[]] = [
  { id: 'trail-runner', name: 'Trail runner', priceCents: 12_900 },
  { id: 'rain-shell', name: 'Rain shell', priceCents: 18_900 },
  { id: 'day-pack-22', name: 'Day pack 22 l', priceCents: 8_900 },
  { id: 'merino-tee', name: 'Merino tee', priceCents: 5_900 },
  { id: 'steel-bottle', name: 'Steel bottle', priceCents: 2_900 },
  { id: 'head-torch', name: 'Head torch', priceCents: 4_900 },
  { id: 'down-jacket', name: 'Down jacket', priceCents: 24_900 },
  { id: 'wool-socks', name: 'Wool socks', priceCents: 1_900 },
  { id: 'trekking-poles', name: 'Trekking poles', priceCents: 7_900 },
  { id: 'camp-stove', name: 'Camp stove', priceCents: 6_900 },
  { id: 'two-person-tent', name: 'Two-person tent', priceCents: 34_900 },
  { id: 'sleeping-mat', name: 'Sleeping mat', priceCents: 9_900 },
  { id: 'sleeping-bag', name: 'Sleeping bag', priceCents: 19_900 },
  { id: 'water-filter', name: 'Water filter', priceCents: 3_900 },
  { id: 'first-aid-kit', name: 'First-aid kit', priceCents: 2_500 },
  { id: 'dry-bag', name: 'Dry bag', priceCents: 1_500 },
  { id: 'sun-hat', name: 'Sun hat', priceCents: 2_700 },
  { id: 'hiking-shorts', name: 'Hiking shorts', priceCents: 6_500 },
  { id: 'approach-shoe', name: 'Approach shoe', priceCents: 13_900 },
  { id: 'climbing-rope', name: 'Climbing rope', priceCents: 16_900 },
];

/** A way by which people come to the shop, and how much likelier than usual they are to buy. */
export type Campaign = {
  /** Undefined: they came by themselves. */
  readonly id: string | undefined;
  readonly referrer: string;
  readonly conversion: number;
};

/** Most visitors first. The differences in conversion are what the example queries find. */
export const campaigns: readonly [Campaign, ...Campaign[]] = [
  { id: undefined, referrer: 'direct', conversion: 1 },
  { id: 'WINTER2025', referrer: 'search', conversion: 1.3 },
  { id: 'NEWSLETTER', referrer: 'email', conversion: 2 },
  { id: 'SOCIAL_REELS', referrer: 'social', conversion: 0.5 },
  { id: 'PARTNER_BLOG', referrer: 'partner', conversion: 0.8 },
];

export const pages: readonly [string, ...string[]] = [
  '/',
  '/new',
  '/sale',
  '/search',
  '/guides/layering',
  '/account',
  '/stores',
  '/help/shipping',
];

/** Where people use the shop: platform, and the versions in use, newest first. */
export const clients: readonly [Client, ...Client[]] = [
  { platform: 'web', versions: ['v3.4', 'v3.3'] },
  { platform: 'ios', versions: ['v1.12', 'v1.11', 'v1.9'] },
  { platform: 'android', versions: ['v1.12', 'v1.10'] },
];

export type Client = {
  readonly platform: string;
  readonly versions: readonly [string, ...string[]];
};

export const signupMethods: readonly [string, ...string[]] = ['email', 'google', 'apple'];
export const plans: readonly [string, ...string[]] = ['free', 'premium', 'family'];
export const firstNames: readonly [string, ...string[]] = [
  'bob',
  'ana',
  'li',
  'omar',
  'eva',
  'noah',
  'mia',
  'ivan',
  'zoe',
  'kofi',
  'lena',
  'raj',
];
export const lastNames: readonly [string, ...string[]] = [
  'smith',
  'garcia',
  'chen',
  'haddad',
  'novak',
  'okafor',
  'jensen',
  'rossi',
  'patel',
  'kim',
];
