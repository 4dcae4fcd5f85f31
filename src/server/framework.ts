import { HeliosError } from '../base/errors.ts';
import { didYouMeanHint } from '../base/did-you-mean.ts';
import { Check, Errors } from 'typebox/schema';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyServerOptions,
  FastifyTypeProvider,
  RawServerDefault,
} from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Static, TSchema } from 'typebox';

/** Gives handlers the types that their typebox schemas describe. */
interface TypeboxProvider extends FastifyTypeProvider {
  readonly validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
}

/** A fastify instance to put routes on. */
export type Routes = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeboxProvider
>;

/**
 * Fastify's validator and serializer, replaced: typebox's own checker instead of Ajv starts 0.2 s
 * sooner and says no less, and JSON.stringify can't leave out a field that a schema forgot. Fastify
 * declares these factories as Ajv's own types, though it calls them as written here.
 */
export const compilersFactory: CompilersFactory = {
  buildValidator: () => checkerFor,
  buildSerializer: () => () => JSON.stringify,
} as unknown as CompilersFactory;

type CompilersFactory = NonNullable<
  NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']
>;

type Checked = { readonly value: unknown } | { readonly error: Error };

function checkerFor(part: {
  readonly schema: TSchema;
  readonly httpPart?: string | undefined;
}): (value: unknown) => Checked {
  return (value) => {
    const error = findError(part.schema, value, part.httpPart ?? 'body');
    return error ? { error } : { value };
  };
}

/**
 * What is wrong with a value first, as `invalid_request`; undefined where it is as the schema says.
 */
export function findError(
  schema: TSchema,
  value: unknown,
  httpPart: string,
): HeliosError | undefined {
  if (Check(schema, value)) return undefined;
  const [, errors] = Errors(schema, value);
  // A union reports what each of its members misses, then itself; that none fits is what to say.
  const first =
    errors.findLast(({ keyword }) => keyword === 'anyOf') ??
    errors.find(({ keyword }) => keyword !== 'boolean');
  if (!first) return new HeliosError('invalid_request', `The ${httpPart} is not valid.`);
  const field = fieldName(first.instancePath, first.params);
  const place = field === '' ? `The ${httpPart}` : `"${field}" in the ${httpPart}`;
  return new HeliosError('invalid_request', `${place} ${problem(first)}.`, {
    hint: unknownFieldHint(schema, first.params) ?? 'See /api/v1/openapi.json for what it takes.',
    details: { field },
  });
}

/** One thing that is wrong with a value. */
export type Problem = {
  /** From the outside in; of what is missing or unknown, its own name last. */
  readonly path: readonly string[];
  /** What is wrong, to follow the name of the place. */
  readonly text: string;
  readonly kind: 'missing' | 'unknown' | 'value';
};

/** All that is wrong with a value, in the order in which it was found. */
export function findProblems(schema: TSchema, value: unknown): readonly Problem[] {
  if (Check(schema, value)) return [];
  const [, errors] = Errors(schema, value);
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf');
  const isInUnion = ({ keyword, instancePath }: ValidationProblem): boolean =>
    keyword !== 'anyOf' &&
    unions.some((one) => `${instancePath}/`.startsWith(`${one.instancePath}/`));
  return errors
    .filter((error) => error.keyword !== 'boolean' && !isInUnion(error))
    .flatMap((error): readonly Problem[] => {
      const { keyword, instancePath, params } = error;
      const path = instancePath.split('/').slice(1);
      const text = problem(error);
      if (keyword !== 'required' && keyword !== 'additionalProperties') {
        return [{ path, text, kind: 'value' }];
      }
      const isMissing = keyword === 'required';
      const names = listOf(params, isMissing ? 'requiredProperties' : keyword);
      const kind = isMissing ? 'missing' : 'unknown';
      return names.map((name) => ({ path: [...path, name], text, kind }));
    });
}

type ValidationProblem = {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
};

function problem(error: ValidationProblem): string {
  if (error.keyword === 'required') return 'is missing';
  if (error.keyword === 'additionalProperties') return 'is not known';
  if (error.keyword === 'anyOf') return 'has none of the values or shapes that it may have';
  const allowed = listOf(error.params, 'allowedValues');
  if (allowed.length > 0) return `must be one of ${allowed.join(', ')}`;
  return error.message;
}

/** `a.b` for the path `/a/b`; missing and unknown fields are named by the parameters. */
function fieldName(path: string, params: object): string {
  const parts = path.split('/').slice(1);
  const named = [listOf(params, 'requiredProperties'), listOf(params, 'additionalProperties')];
  const [own] = named.flat();
  return [...parts, ...(own === undefined ? [] : [own])].join('.');
}

function listOf(params: object, key: string): readonly string[] {
  const value: unknown = Reflect.get(params, key);
  return Array.isArray(value) ? value.map(String) : [];
}

function unknownFieldHint(schema: TSchema, params: object): string | undefined {
  const [unknownField] = listOf(params, 'additionalProperties');
  const properties: unknown = Reflect.get(schema, 'properties');
  if (unknownField === undefined || typeof properties !== 'object' || !properties) return undefined;
  const known = Object.keys(properties);
  return didYouMeanHint(unknownField, known) ?? `It takes ${known.join(', ')}.`;
}
