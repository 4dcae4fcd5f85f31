import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import { type AlertEntry, type Catalog, notFound } from '../catalog/catalog.ts';
import { documentPath } from '../catalog/document-path.ts';
import { checkAddress } from '../connection/webhook/address.ts';
import type { Alert, AlertRule, Crossings } from './alert.ts';

/** All of them are looked at every few seconds. */
const alertsMax = 100;

/** Alerts in the catalog. Nobody's change is lost to somebody else's, as in the library. */
export class AlertStore {
  readonly #catalog: Catalog;
  readonly #clock: Clock;

  constructor({ catalog, clock }: { readonly catalog: Catalog; readonly clock: Clock }) {
    this.#catalog = catalog;
    this.#clock = clock;
  }

  list(): readonly Alert[] {
    return this.#catalog.alerts().map(toAlert);
  }

  get(name: string): Alert {
    const all = this.#catalog.alerts();
    const found = all.find((one) => isSameName(one.name, documentPath(name)));
    if (found !== undefined) return toAlert(found);
    throw notFound(
      'alert',
      name,
      all.map((one) => one.name),
    );
  }

  put(name: string, rule: AlertRule, replaces: string | undefined): Alert {
    const path = documentPath(name);
    checkAddress(rule.url);
    const all = this.#catalog.alerts();
    const before = all.find((one) => isSameName(one.name, path));
    const content = JSON.stringify(rule);
    if (before?.content === content) return toAlert(before);
    if (before !== undefined) checkVersion(toAlert(before), replaces);
    else if (replaces !== undefined && replaces !== '*') this.get(path);
    else if (all.length >= alertsMax) throw tooMany();
    const crossings = before?.crossings ?? '{}';
    const changedAtMs = this.#clock.nowMs();
    const entry = { name: before?.name ?? path, content, crossings, changedAtMs };
    this.#catalog.putAlert(entry);
    return toAlert(entry);
  }

  delete(name: string, version: string = '*'): void {
    const alert = this.get(name);
    checkVersion(alert, version);
    this.#catalog.deleteAlert(alert.name);
  }

  crossings(name: string): Crossings {
    const entry = this.#catalog.alerts().find((one) => one.name === name);
    return entry === undefined ? {} : (JSON.parse(entry.crossings) as Crossings);
  }

  /** Of an alert that may be gone by now: then there is nothing to keep. */
  setCrossings(name: string, crossings: Crossings): void {
    this.#catalog.setAlertCrossings(name, JSON.stringify(crossings));
  }
}

function toAlert({ name, content, changedAtMs }: AlertEntry): Alert {
  const version = createHash('sha256').update(content).digest('base64url').slice(0, 22);
  return { name, rule: JSON.parse(content) as AlertRule, version, changedAtMs };
}

function isSameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

function checkVersion({ name, version, changedAtMs }: Alert, wanted: string | undefined): void {
  if (wanted === '*' || wanted === version) return;
  const details = { version, changed_at: new Date(changedAtMs).toISOString() };
  if (wanted === undefined) {
    throw new HeliosError('already_exists', `An alert named ${name} exists.`, {
      hint: 'Choose another name, or replace that one by naming its version.',
      details,
    });
  }
  throw new HeliosError('conflict', `The alert ${name} was changed since it was opened.`, {
    hint: 'Look at what it is now, then save over it, or keep it.',
    details,
  });
}

function tooMany(): HeliosError {
  return new HeliosError('too_large', `There are ${alertsMax} alerts already: no more are kept.`, {
    hint: 'Delete one, or let one watch all pipelines.',
  });
}
