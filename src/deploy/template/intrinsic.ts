/** A text that CloudFormation may work out when it makes things. */
export type Text =
  | string
  | { readonly Ref: string }
  | { readonly 'Fn::GetAtt': readonly [string, string] }
  | { readonly 'Fn::Sub': string }
  | { readonly 'Fn::Join': readonly [string, readonly Text[] | Split] }
  | { readonly 'Fn::Select': readonly [number, { readonly 'Fn::GetAZs': '' } | Split] };

type Split = { readonly 'Fn::Split': readonly [string, Text] };

/** The value of a parameter, or what a resource is called. */
export function ref(name: string): Text {
  return { Ref: name };
}

export function attribute(resource: string, name: string): Text {
  return { 'Fn::GetAtt': [resource, name] };
}

/** `${Name}` and `${Name.Attribute}` in a text are filled in by CloudFormation. */
export function sub(text: string): Text {
  return { 'Fn::Sub': text };
}

export function joined(...parts: readonly Text[]): Text {
  return { 'Fn::Join': ['', parts] };
}

/** `1-2-3-4` of an address. */
export function withDashes(address: Text): Text {
  return { 'Fn::Join': ['-', { 'Fn::Split': ['.', address] }] };
}

export function availabilityZone(index: number): Text {
  return { 'Fn::Select': [index, { 'Fn::GetAZs': '' }] };
}
