import type { AlertAnswer, AlertBody } from '../../../../server/alerts/alerts-api.ts';

/** What is in a form's fields. */
export type AlertValues = {
  readonly name: string;
  /** '' is each pipeline. */
  readonly pipeline: string;
  readonly share: string;
  readonly minutes: string;
  readonly records: string;
  readonly url: string;
};

export const noValues: AlertValues = {
  ...{ name: '', pipeline: '', share: '1', minutes: '5', records: '10', url: '' },
};

export function valuesOf(alert: AlertAnswer): AlertValues {
  return {
    name: alert.name,
    pipeline: alert.pipeline ?? '',
    share: String(alert.share_percent),
    minutes: String(alert.window_minutes),
    records: String(alert.records_min),
    url: alert.url,
  };
}

/** What the server is sent; it says itself what is wrong with it. */
export function bodyOf({ pipeline, share, minutes, records, url }: AlertValues): AlertBody {
  return {
    ...(pipeline === '' ? {} : { pipeline }),
    share_percent: Number(share),
    window_minutes: Number(minutes),
    records_min: Number(records),
    url: url.trim(),
  };
}

/** Whether there is something in each field. */
export function isWhole({ name, share, minutes, records, url }: AlertValues): boolean {
  return [name, share, minutes, records, url].every((value) => value.trim() !== '');
}

/** Anything that is no reference to a secret is kept, and shown, as it is written. */
export function isLiteral(url: string): boolean {
  return /^\s*https?:/i.test(url);
}

/** When it goes off, as a sentence. */
export function ruleText(alert: AlertAnswer): string {
  const { pipeline = 'a pipeline', share_percent, window_minutes, records_min } = alert;
  const what = share_percent === 0 ? 'any' : `more than ${share_percent} %`;
  return (
    `When ${pipeline} rejects ${what} of the records read within ${window_minutes} min, ` +
    `and at least ${records_min} were read.`
  );
}
