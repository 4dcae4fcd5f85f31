import type { SeededRandom } from './random.ts';
import {
  campaigns,
  clients,
  firstNames,
  lastNames,
  pages,
  plans,
  products,
  signupMethods,
  type Campaign,
  type Product,
} from './shop.ts';

/** The envelope of every event; `properties` are what its type adds. */
export type ShopEvent = {
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  readonly ip: string;
  readonly user_id: string;
  readonly platform: string;
  readonly app_version: string;
  readonly type: EventType;
  readonly properties: Readonly<Record<string, string | number>>;
};

export type EventType =
  | 'session_start'
  | 'session_end'
  | 'page_view'
  | 'product_view'
  | 'cart_add'
  | 'purchase'
  | 'account_created';

/** What an event adds to its user's envelope. */
export type Step = Pick<ShopEvent, 'type' | 'properties'>;

export type User = Pick<ShopEvent, 'ip' | 'user_id' | 'platform' | 'app_version'> & {
  hasAccount: boolean;
  isVisiting: boolean;
};

export function newUser(random: SeededRandom, number: number): User {
  const client = random.pickSkewed(clients, 1.5);
  const octets = [0, 1, 2].map(() => 1 + random.below(254));
  return {
    user_id: `${random.pick(firstNames)}_${random.pick(lastNames)}${number}`,
    ip: `198.${octets.join('.')}`,
    platform: client.platform,
    app_version: random.pickSkewed(client.versions, 2),
    hasAccount: false,
    isVisiting: false,
  };
}

/**
 * One visit of a user, step by step: a start, pages and products looked at, perhaps an account, a
 * cart and a purchase, an end. A generator, because many visits go on at once.
 */
export function* visit(random: SeededRandom, user: User): Generator<Step> {
  const campaign = random.pickSkewed(campaigns, 1.6);
  const common = commonProperties(random, campaign);
  yield step('session_start', common, { referrer: campaign.referrer });
  yield step('page_view', common, { path: random.pickSkewed(pages, 2.5) });
  const cart: Product[] = [];
  for (let looks = 1 + random.below(6); looks > 0; looks--) {
    const product = random.pickSkewed(products, 2.2);
    yield step('product_view', common, productProperties(product));
    if (random.chance(0.35)) yield step('page_view', common, { path: random.pick(pages) });
    if (!random.chance(Math.min(0.9, 0.14 * campaign.conversion))) continue;
    const quantity = 1 + random.below(2);
    yield step('cart_add', common, { ...productProperties(product), quantity });
    cart.push(...Array.from({ length: quantity }, () => product));
  }
  yield* checkout(random, user, cart, { common, campaign });
  yield step('session_end', common, {});
}

type Visit = { readonly common: Step['properties']; readonly campaign: Campaign };

function* checkout(
  random: SeededRandom,
  user: User,
  cart: readonly Product[],
  { common, campaign }: Visit,
): Generator<Step> {
  const isBuying = cart.length > 0 && random.chance(Math.min(0.9, 0.3 * campaign.conversion));
  if (!user.hasAccount && random.chance(isBuying ? 0.7 : 0.06)) {
    user.hasAccount = true;
    yield step('account_created', common, {
      signup_method: random.pick(signupMethods),
      product: random.pickSkewed(plans, 1.5),
    });
  }
  if (!isBuying) return;
  yield step('purchase', common, {
    order_id: random.uuid(),
    items: cart.length,
    amount_cents: cart.reduce((sum, product) => sum + product.priceCents, 0),
    currency: 'EUR',
  });
}

function commonProperties(random: SeededRandom, campaign: Campaign): Step['properties'] {
  const session = { session_id: random.uuid() };
  return campaign.id === undefined ? session : { ...session, campaign_id: campaign.id };
}

function productProperties(product: Product): Step['properties'] {
  return { product_id: product.id, name: product.name, price_cents: product.priceCents };
}

function step(type: EventType, common: Step['properties'], extra: Step['properties']): Step {
  return { type, properties: { ...common, ...extra } };
}
