import { HeliosError } from '../../base/errors.ts';
import { Type } from 'typebox';

/** `{name}` in a path. What a name may be is its owner's to say; here only that it is one. */
export const nameParams: Type.TObject<{ name: Type.TString }> = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 255 }),
});

/**
 * `?discard=true`: forget rows that aren't in committed files yet, instead of rolling them first.
 */
export const discardQuery: Type.TObject<{
  discard: Type.TOptional<Type.TEnum<['true', 'false']>>;
}> = Type.Object(
  {
    discard: Type.Optional(
      Type.Enum(['true', 'false'], {
        description: 'Forget the hot rows instead of rolling them first. They are lost.',
      }),
    ),
  },
  { additionalProperties: false },
);

/**
 * A name for something new: 1 to 128 letters a to z, digits, `_` and `-`, not beginning with `-`,
 * so that it is the same in SQL, in a URL, in a shell and on a file system. `what` says of what
 * kind.
 */
export function checkNewName(what: string, name: string): void {
  if (/^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$/.test(name)) return;
  const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name;
  throw new HeliosError('invalid_name', `${JSON.stringify(shown)} can't name a ${what}.`, {
    hint: 'Use 1 to 128 letters (a to z), digits, "_" and "-", not beginning with "-".',
  });
}
