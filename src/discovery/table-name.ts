/** A name that needs no quotes, of a stream's, which may be an ARN. */
export function tableNameOf(stream: string): string {
  const plain = stream
    .slice(stream.lastIndexOf('/') + 1)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  if (plain === '') return 'events';
  return (/^\d/.test(plain) ? `t_${plain}` : plain).slice(0, nameLengthMax);
}

const nameLengthMax = 60;
