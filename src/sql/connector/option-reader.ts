import { didYouMean, didYouMeanHint } from '../../base/did-you-mean.ts';
import type { Span } from '../positions.ts';
import type { OptionText, OptionValue } from '../syntax/options.ts';
import type { Problem } from '../syntax/token-reader.ts';
import { durationMsOf, sizeBytesOf } from './quantities.ts';

/**
 * An option's spellings, the preferred one first: `['rolling_policy.interval',
 * 'rollover_seconds']`.
 */
export type Spellings = readonly [string, ...string[]];

export type PrefixedOption = Pick<OptionText, 'name' | 'nameSpan' | 'value'> & {
  /** Undefined for a list. */
  readonly text: string | undefined;
};

/**
 * Gives a table's options by type. Each method knows an option by its spellings, reports what is
 * wrong with its value, and yields undefined then, as for an option that isn't given. `finish`
 * reports what no method asked for.
 */
export class OptionReader {
  readonly #options: readonly OptionText[];
  readonly #problems: Problem[];
  readonly #known = new Set<string>();
  /** Where to point when an option is missing. */
  readonly #tableSpan: Span;

  constructor(options: readonly OptionText[], tableSpan: Span, problems: Problem[]) {
    this.#options = options;
    this.#tableSpan = tableSpan;
    this.#problems = problems;
  }

  report(span: Span, message: string, hint?: string): void {
    this.#problems.push({ span, message, hint });
  }

  /** Where an option's value stands, or else the table's name. */
  spanOf(...names: Spellings): Span {
    return this.#find(names)?.value ?? this.#tableSpan;
  }

  has(...names: Spellings): boolean {
    return this.#find(names) !== undefined;
  }

  text(...names: Spellings): string | undefined {
    const option = this.#take(names);
    if (option === undefined) return undefined;
    const { value } = option;
    if (value.kind !== 'list') return value.text;
    return this.#wrong(option, 'text in single quotes');
  }

  required(names: Spellings, example: string): string | undefined {
    if (!this.has(...names)) {
      for (const name of names) this.#known.add(name);
      if (this.#reportMisspelt(names[0])) return undefined;
      const message = `The option ${names[0]} is missing.`;
      this.report(this.#tableSpan, message, `Add it to WITH (…): ${names[0]} = ${example}.`);
      return undefined;
    }
    const text = this.text(...names);
    if (text !== '') return text;
    const hint = `For example ${names[0]} = ${example}.`;
    this.report(this.spanOf(...names), `The option ${names[0]} is empty.`, hint);
    return undefined;
  }

  /** One of `choices`: what people write → what it means. */
  choice<T>(names: Spellings, choices: Readonly<Record<string, T>>): T | undefined {
    const text = this.text(...names);
    if (text === undefined) return undefined;
    const written = Object.keys(choices);
    const found = written.find((choice) => choice.toLowerCase() === text.toLowerCase());
    if (found !== undefined) return choices[found];
    const near = didYouMean(text, written);
    const all = `It is one of: ${written.join(', ')}.`;
    const hint = near === undefined ? all : `Did you mean "${near}"? ${all}`;
    const name = this.#find(names)?.name ?? names[0];
    this.report(this.spanOf(...names), `${name} = '${text}' is not a choice.`, hint);
    return undefined;
  }

  boolean(...names: Spellings): boolean | undefined {
    const option = this.#take(names);
    if (option === undefined) return undefined;
    const text = option.value.kind === 'list' ? '' : option.value.text.toLowerCase();
    if (text === 'true') return true;
    if (text === 'false') return false;
    return this.#wrong(option, 'true or false');
  }

  /** A whole number, written as a number or as text. */
  integer(names: Spellings, min: number, max: number): number | undefined {
    const option = this.#take(names);
    if (option === undefined) return undefined;
    const text = option.value.kind === 'list' ? '' : option.value.text.trim();
    const value = Number(text.replaceAll('_', ''));
    if (!/^-?\d[\d_]*$/.test(text) || !Number.isSafeInteger(value)) {
      return this.#wrong(option, 'a whole number');
    }
    if (value >= min && value <= max) return value;
    const message = `${option.name} = ${text} is out of range.`;
    this.report(option.value, message, `It is between ${min} and ${max}.`);
    return undefined;
  }

  /** A size such as '128MB' (of 1024), at least one byte. */
  bytes(...names: Spellings): number | undefined {
    const option = this.#take(names);
    if (option === undefined) return undefined;
    const bytes = option.value.kind === 'list' ? undefined : sizeBytesOf(option.value.text);
    if (bytes === undefined) return this.#wrong(option, "a size such as '128MB'");
    if (bytes > 0) return bytes;
    this.report(option.value, `${option.name} is zero.`, 'Give a size above zero.');
    return undefined;
  }

  /** A duration such as interval '5 minutes' or '30s'; a bare number is seconds. Above zero. */
  durationMs(...names: Spellings): number | undefined {
    const option = this.#take(names);
    if (option === undefined) return undefined;
    const ms = option.value.kind === 'list' ? undefined : durationMsOf(option.value.text);
    if (ms === undefined) return this.#wrong(option, "a duration such as interval '5 minutes'");
    if (ms > 0 && ms <= durationMsMax) return ms;
    const message = `${option.name} is ${ms > 0 ? 'too long' : 'not above zero'}.`;
    this.report(option.value, message, 'Give a duration between 1 ms and 365 days.');
    return undefined;
  }

  /** Names as [a, b] or 'a, b', with their places. */
  names(...names: Spellings): readonly (Span & { readonly text: string })[] {
    const option = this.#take(names);
    if (option === undefined) return [];
    const found = namesIn(option.value);
    if (found.length > 0 && found.every((name) => name.text !== '')) return found;
    this.#wrong(option, "names such as [a, b] or 'a, b'");
    return [];
  }

  regex(...names: Spellings): RegExp | undefined {
    const text = this.text(...names);
    if (text === undefined) return undefined;
    try {
      return new RegExp(text, 'u');
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      this.report(this.spanOf(...names), `${names[0]} is not a regular expression.`, reason);
      return undefined;
    }
  }

  /** Reports an option if it is given: one that is known, and not available here. */
  refuse(name: string, message: string, hint?: string): void {
    this.#known.add(name);
    for (const option of this.#options) {
      if (option.name.toLowerCase() === name) this.report(option.nameSpan, message, hint);
    }
  }

  /** Reports all options whose name begins so. */
  refuseAll(prefix: string, message: string, hint?: string): void {
    for (const option of this.#options) {
      if (!option.name.toLowerCase().startsWith(prefix)) continue;
      this.#known.add(option.name.toLowerCase());
      this.report(option.nameSpan, `${option.name}: ${message}`, hint);
    }
  }

  /** All options whose name begins so and which no method asked for by name. */
  takeAll(prefix: string): readonly PrefixedOption[] {
    const found = this.#options.filter(({ name }) => {
      const key = name.toLowerCase();
      return key.startsWith(prefix) && !this.#known.has(key);
    });
    return found.map((option) => {
      this.#known.add(option.name.toLowerCase());
      const { name, nameSpan, value } = option;
      return { name, nameSpan, value, text: value.kind === 'list' ? undefined : value.text };
    });
  }

  /** Passes over all options whose name begins so: what they belong to is wrong itself. */
  skipAll(...prefixes: readonly string[]): void {
    for (const option of this.#options) {
      const name = option.name.toLowerCase();
      if (prefixes.some((prefix) => name.startsWith(prefix))) this.#known.add(name);
    }
  }

  /** Reports the options that nothing above knows. */
  finish(connector: string): void {
    for (const option of this.#options) {
      if (this.#known.has(option.name.toLowerCase())) continue;
      const hint = didYouMeanHint(option.name, this.#known) ?? `It knows: ${this.#knownText()}.`;
      const message = `The connector ${connector} has no option "${option.name}" here.`;
      this.report(option.nameSpan, message, hint);
    }
  }

  /** An option that is missing, because its name is written wrong. */
  #reportMisspelt(name: string): boolean {
    const near = this.#options.find(
      (option) =>
        !this.#known.has(option.name.toLowerCase()) && didYouMean(option.name, [name]) === name,
    );
    if (near === undefined) return false;
    this.#known.add(near.name.toLowerCase());
    this.report(near.nameSpan, `There is no option "${near.name}".`, `Did you mean "${name}"?`);
    return true;
  }

  #knownText(): string {
    return withoutCrowds([...this.#known].toSorted()).join(', ');
  }

  #find(names: Spellings): OptionText | undefined {
    return this.#options.find((option) => names.includes(option.name.toLowerCase()));
  }

  #take(names: Spellings): OptionText | undefined {
    for (const name of names) this.#known.add(name);
    const given = this.#options.filter((option) => names.includes(option.name.toLowerCase()));
    const [first, second] = given;
    if (first !== undefined && second !== undefined) {
      const message = `${first.name} and ${second.name} are two spellings of one option.`;
      this.report(second.nameSpan, message, 'Keep one of them.');
    }
    return first;
  }

  #wrong(option: OptionText, expected: string): undefined {
    const written = option.value.kind === 'list' ? 'a list' : `'${option.value.text}'`;
    const message = `The option ${option.name} is ${expected}, not ${written}.`;
    this.report(option.value, message);
    return undefined;
  }
}

/** Of many names, those that share what is before their first dot as one: `auth.…`. */
function withoutCrowds(names: readonly string[]): readonly string[] {
  if (names.length <= namesShownMax) return names;
  const firstOf = (name: string): string => /^[a-z]+[._]/.exec(name)?.[0] ?? name;
  const groups = Object.groupBy(names, firstOf);
  return Object.entries(groups).flatMap(([first, group = []]) =>
    group.length < crowdMin ? group : [`${first}…`],
  );
}

const namesShownMax = 30;
const crowdMin = 3;

const durationMsMax = 365 * 24 * 60 * 60 * 1000;

function namesIn(value: OptionValue): readonly (Span & { readonly text: string })[] {
  const { start, end } = value;
  if (value.kind === 'list') return value.items.flatMap(namesIn);
  return value.text.split(',').map((name) => ({ text: name.trim(), start, end }));
}
