import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3';
import type { S3Requests } from './s3-client.ts';
import { answerIn } from './s3-failure.ts';

type Place = {
  readonly bucket: string;
  /** Of keys. */
  readonly prefix: string;
  /** For people. */
  readonly url: string;
};

type Marker = { readonly KeyMarker?: string; readonly UploadIdMarker?: string };

export type Upload = { readonly key: string; readonly id: string };

/**
 * Gives up the uploads below a prefix that began before a time and were never ended, or only counts
 * them; gives their number.
 */
export async function abortUploadsBefore(
  requests: S3Requests,
  place: Place,
  { beforeMs, isDryRun }: { readonly beforeMs: number; readonly isDryRun: boolean },
): Promise<number> {
  const uploads = await listUploads(requests, place, beforeMs);
  for (const upload of isDryRun ? [] : uploads) await abortUpload(requests, place, upload);
  return uploads.length;
}

/** Gives up one upload, unless it is ended already. */
export async function abortUpload(
  requests: S3Requests,
  { bucket, url }: Pick<Place, 'bucket' | 'url'>,
  { key, id }: Upload,
): Promise<void> {
  await requests.send({ action: 's3:AbortMultipartUpload', url }, async () => {
    const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: id });
    await requests.client.send(command).catch((thrown: unknown) => {
      if (answerIn(thrown).name !== 'NoSuchUpload') throw thrown;
    });
  });
}

async function listUploads(
  requests: S3Requests,
  { bucket, prefix, url }: Place,
  beforeMs: number,
): Promise<readonly Upload[]> {
  const found: Upload[] = [];
  let marker: Marker | undefined = {};
  while (marker !== undefined) {
    const from: Marker = marker;
    const page: ListMultipartUploadsCommandOutput = await requests.send(
      { action: 's3:ListBucketMultipartUploads', url },
      async () =>
        await requests.client.send(
          new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...from }),
        ),
    );
    for (const { Key: key, UploadId: id, Initiated: begun } of page.Uploads ?? []) {
      if (key === undefined || id === undefined || begun === undefined) continue;
      if (begun.getTime() < beforeMs) found.push({ key, id });
    }
    marker = markerAfter(page);
  }
  return found;
}

function markerAfter(page: ListMultipartUploadsCommandOutput): Marker | undefined {
  const { NextKeyMarker: key, NextUploadIdMarker: id } = page;
  if (page.IsTruncated !== true || key === undefined) return undefined;
  return { KeyMarker: key, ...(id === undefined ? {} : { UploadIdMarker: id }) };
}
