/** What of a template the stand-in needs: which resources there are, and what they refer to. */
export type PlainTemplate = {
  readonly Parameters?: Readonly<Record<string, { readonly Default?: string }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, PlainResource>>;
};

export type PlainResource = {
  readonly Type: string;
  readonly Properties?: unknown;
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
};

/** Values of parameters, and of AWS's own (`AWS::Region`). */
export type Values = Readonly<Record<string, string>>;

/** Resources whose conditions hold, with parameters in the place of their names. */
export function resourcesIn(
  template: PlainTemplate,
  values: Values,
): ReadonlyMap<string, PlainResource> {
  const isTrue = (name: string | undefined): boolean =>
    name === undefined || resolve(template.Conditions?.[name], values) === true;
  return new Map(
    Object.entries(template.Resources)
      .filter(([, resource]) => isTrue(resource.Condition))
      .map(([name, resource]) => [
        name,
        { ...resource, Properties: resolve(resource.Properties, values) },
      ]),
  );
}

/** Parameters with what was given, or their defaults. */
export function valuesOf(template: PlainTemplate, given: Values): Values {
  const parameters = Object.entries(template.Parameters ?? {});
  return Object.fromEntries(
    parameters.map(([name, { Default: fallback }]) => [name, given[name] ?? fallback ?? '']),
  );
}

/** Intrinsic functions whose values are known; others stay as they are. */
function resolve(value: unknown, values: Values): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => resolve(item, values));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, resolve(item, values)] as const);
  const [[name, argument] = ['', undefined]] = entries;
  if (entries.length > 1) return Object.fromEntries(entries);
  switch (name) {
    case 'Ref':
      return values[String(argument)] ?? value;
    case 'Fn::Sub':
      return typeof argument === 'string'
        ? argument.replaceAll(/\$\{([\w:]+)\}/g, (whole, key: string) => values[key] ?? whole)
        : value;
    case 'Fn::Equals':
      return Array.isArray(argument) && argument[0] === argument[1];
    case 'Fn::Not':
      return Array.isArray(argument) && argument[0] === false;
    default:
      return Object.fromEntries(entries);
  }
}
