/** How the store is to encrypt what is put; without it, as the bucket says. */
export type S3Encryption =
  | { readonly kind: 'aes256' }
  /** Without a key it is the account's own key for S3. */
  | { readonly kind: 'kms'; readonly keyId: string | undefined };

/** The fields of a put for it. */
export type EncryptionFields = {
  ServerSideEncryption?: 'AES256' | 'aws:kms';
  SSEKMSKeyId?: string;
};

export function encryptionFields(encryption: S3Encryption | undefined): EncryptionFields {
  if (encryption === undefined) return {};
  if (encryption.kind === 'aes256') return { ServerSideEncryption: 'AES256' };
  const { keyId } = encryption;
  const algorithm = { ServerSideEncryption: 'aws:kms' } as const;
  return keyId === undefined ? algorithm : { ...algorithm, SSEKMSKeyId: keyId };
}
