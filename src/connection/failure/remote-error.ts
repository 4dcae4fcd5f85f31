import { asHeliosError, HeliosError } from '../../base/errors.ts';
import { awsFailure, type AwsPlace } from './aws-failure.ts';
import { causesOf } from './causes.ts';
import { kafkaFailure, type KafkaPlace } from './kafka-failure.ts';

/** What was tried, and where. */
export type RemotePlace = KafkaPlace | AwsPlace;

/**
 * A failure of a broker, of AWS, or of the way to them, in our words and codes: where, what the
 * server said, what to do. What already is a HeliosError, or was caused by one (a secret that is
 * missing), is that error. Never holds a secret: nothing of the client's own objects is kept.
 */
export function describeRemoteError(thrown: unknown, place: RemotePlace): HeliosError {
  const causes = causesOf(thrown);
  const known = causes.find((cause) => cause instanceof HeliosError);
  if (known !== undefined) return asHeliosError(known);
  const described =
    place.kind === 'kafka' ? kafkaFailure(causes, place) : awsFailure(causes, place);
  return described ?? asHeliosError(thrown);
}
