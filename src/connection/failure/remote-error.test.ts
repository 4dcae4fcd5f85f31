import { AuthenticationError, NetworkError, ProtocolError, UserError } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { HeliosError } from '../../base/errors.ts';
import { describeRemoteError, type RemotePlace } from './remote-error.ts';

const kafka: RemotePlace = {
  kind: 'kafka',
  address: 'b:9096',
  mechanism: 'PLAIN',
  topic: 'orders',
  group: 'g',
  operation: 'Read',
};
const msk: RemotePlace = { ...kafka, mechanism: 'AWS_MSK_IAM' };
const aws: RemotePlace = {
  kind: 'aws',
  action: 'kinesis:GetRecords',
  resource: 'clicks',
  region: 'eu-central-1',
};

function network(cause: Error): Error {
  return new NetworkError('Connection to b:9096 failed.', { cause });
}

function coded(code: string, message = code): Error {
  return Object.assign(new Error(message), { code });
}

function ofAws(name: string, message = 'said'): Error {
  return Object.assign(new Error(message), { name, $metadata: {} });
}

const altNames =
  "Hostname/IP does not match certificate's altnames: Host: x. is not in the cert's altnames: " +
  'DNS:a, IP Address:127.0.0.1';

const rows: readonly (readonly [Error, RemotePlace, string, RegExp])[] = [
  [
    network(new ProtocolError('SASL_AUTHENTICATION_FAILED', 'Invalid username or password')),
    kafka,
    'access_refused',
    /b:9096 refused PLAIN: Invalid username or password\. .*auth\.password leads to/,
  ],
  [
    network(new AuthenticationError('Access denied')),
    msk,
    'access_refused',
    /refused AWS_MSK_IAM.*kafka-cluster:Connect/,
  ],
  [
    Object.assign(new AggregateError([new ProtocolError('UNSUPPORTED_SASL_MECHANISM')], 'x'), {
      response: { mechanisms: ['SCRAM-SHA-512'] },
    }),
    kafka,
    'access_refused',
    /does not take the mechanism PLAIN\. It takes: SCRAM-SHA-512/,
  ],
  [
    new ProtocolError('TOPIC_AUTHORIZATION_FAILED'),
    kafka,
    'access_refused',
    /does not allow Read on the topic "orders".*--operation Read --topic 'orders'/,
  ],
  [
    new ProtocolError('TOPIC_AUTHORIZATION_FAILED'),
    msk,
    'access_refused',
    /kafka-cluster:ReadData/,
  ],
  [
    new ProtocolError('GROUP_AUTHORIZATION_FAILED'),
    kafka,
    'access_refused',
    /Read on the group "g".*--group 'g'/,
  ],
  [new ProtocolError('CLUSTER_AUTHORIZATION_FAILED'), kafka, 'access_refused', /--cluster/],
  [new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION'), kafka, 'stream_missing', /"orders" does not/],
  [new UserError('Unknown topic orders.'), kafka, 'stream_missing', /"orders" does not exist/],
  [new ProtocolError('OFFSET_OUT_OF_RANGE'), kafka, 'position_lost', /OFFSET_OUT_OF_RANGE/],
  [new ProtocolError('INCONSISTENT_TOPIC_ID'), kafka, 'source_replaced', /made anew/],
  [new ProtocolError('THROTTLING_QUOTA_EXCEEDED'), kafka, 'throttled', /quota/],
  [new ProtocolError('MESSAGE_TOO_LARGE'), kafka, 'too_large', /max\.message\.bytes/],
  [new ProtocolError('LEADER_NOT_AVAILABLE'), kafka, 'unreachable', /LEADER_NOT_AVAILABLE/],
  [network(new UserError('Broker requires TLS.')), kafka, 'unreachable', /speaks TLS.*SASL_SSL/],
  [network(new UserError('TLS handshake failed. x')), kafka, 'unreachable', /does not speak TLS/],
  [network(coded('ENOTFOUND')), kafka, 'unreachable', /The name in b:9096 is not known/],
  [network(coded('ECONNREFUSED')), kafka, 'unreachable', /Nothing listens at b:9096/],
  [network(coded('EHOSTUNREACH')), kafka, 'unreachable', /does not answer.*firewalls/],
  [network(coded('SELF_SIGNED_CERT_IN_CHAIN')), kafka, 'unreachable', /authority.*tls\.ca/],
  [network(coded('CERT_HAS_EXPIRED')), kafka, 'unreachable', /has expired/],
  [
    network(coded('ERR_TLS_CERT_ALTNAME_INVALID', altNames)),
    kafka,
    'unreachable',
    /for other names: a, 127\.0\.0\.1\. .*tls\.server_name/,
  ],
  [
    network(coded('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')),
    kafka,
    'unreachable',
    /wants a client's certificate/,
  ],
  [network(coded('ERR_SSL_WRONG_VERSION_NUMBER')), kafka, 'unreachable', /does not speak TLS/],
  [network(coded('ERR_SSL_STRANGE_THING')), kafka, 'unreachable', /handshake.*strange thing/],
  [
    new NetworkError('Connection closed'),
    kafka,
    'unreachable',
    /closed the connection.*auth\.type/,
  ],
  [new NetworkError('Request timed out'), kafka, 'unreachable', /in time.*advertise/],
  [
    network(new HeliosError('secret_missing', 'NOPE is not set.')),
    kafka,
    'secret_missing',
    /^NOPE is not set\./,
  ],
  [
    ofAws('AccessDeniedException', 'User: arn:x is not authorized'),
    aws,
    'access_refused',
    /does not allow kinesis:GetRecords on clicks: User: arn:x.*Allow kinesis:GetRecords/,
  ],
  [
    ofAws(
      'AccessDeniedException',
      'User: arn:aws:sts::123456789012:assumed-role/helios-shop-Role-1/i-1 is not authorized to ' +
        'perform: kinesis:DescribeStreamSummary on resource: ' +
        'arn:aws:kinesis:eu-central-1:123456789012:stream/clicks because no identity-based policy',
    ),
    aws,
    'access_refused',
    /helios deploy --add-stream arn:aws:kinesis:eu-central-1:123456789012:stream\/clicks\. Then/,
  ],
  [
    ofAws('AccessDenied', 'arn:x is not authorized to perform: sts:AssumeRole on resource: arn:r'),
    aws,
    'access_refused',
    /does not allow sts:AssumeRole: .*trust.*external_id/,
  ],
  [ofAws('ExpiredTokenException'), aws, 'access_refused', /have expired.*aws sso login/],
  [ofAws('UnrecognizedClientException'), aws, 'access_refused', /does not know these credentials/],
  [ofAws('CredentialsProviderError'), aws, 'secret_missing', /no AWS credentials.*AWS_PROFILE/],
  [new Error('Region is missing'), aws, 'invalid_config', /region is not known/],
  [ofAws('ResourceNotFoundException'), aws, 'stream_missing', /"clicks" does not exist in eu-c/],
  [ofAws('ProvisionedThroughputExceededException'), aws, 'throttled', /limits kinesis:GetRecords/],
  [ofAws('LimitExceededException'), aws, 'throttled', /limits/],
  [ofAws('KMSAccessDeniedException'), aws, 'access_refused', /kms:Decrypt/],
  [ofAws('KMSThrottlingException'), aws, 'throttled', /key/],
  [ofAws('ValidationException', 'too long'), aws, 'invalid_request', /too long/],
  [ofAws('InternalFailure'), aws, 'unreachable', /InternalFailure/],
  [ofAws('TimeoutError'), aws, 'unreachable', /did not answer in time/],
  [
    Object.assign(new SyntaxError('Unexpected token <'), { $response: {} }),
    { ...aws, endpoint: 'http://h' },
    'unreachable',
    /http:\/\/h does not answer like AWS/,
  ],
  [coded('ECONNREFUSED'), aws, 'unreachable', /Nothing listens at AWS \(kinesis, eu-central-1\)/],
  [new TypeError('a bug'), kafka, 'internal', /a bug/],
];

test('of several servers, each is told, and first the one that answered', () => {
  const tried = new AggregateError(
    [
      new NetworkError('Connection to a:1 failed.', { cause: coded('ECONNREFUSED') }),
      new NetworkError('Connection to b:9096 failed.', {
        cause: new ProtocolError('SASL_AUTHENTICATION_FAILED', 'Invalid username or password'),
      }),
      new NetworkError('Connection to c:1 timed out.'),
      new NetworkError('Connection to a:1 failed.', { cause: coded('ECONNREFUSED') }),
    ],
    'Cannot connect to any broker.',
  );
  expect(describeRemoteError(tried, { ...kafka, address: 'a:1, b:9096, c:1' })).toMatchObject({
    code: 'access_refused',
    message:
      'b:9096 refused PLAIN: Invalid username or password. Nothing listens at a:1. ' +
      'c:1 did not answer in time.',
    hint: expect.stringContaining('auth.username'),
  });
});

test.each(rows)('%s of %o is %s', (thrown, place, code, words) => {
  const described = describeRemoteError(thrown, place);
  expect(described.code).toBe(code);
  expect(`${described.message} ${described.hint ?? ''}`).toMatch(words);
});

test("AWS's text of a wrong signature repeats the request, and is left out", () => {
  const thrown = ofAws('SignatureDoesNotMatch', 'x-amz-security-token:canary');
  const described = describeRemoteError(thrown, aws);
  expect(described.code).toBe('access_refused');
  expect(JSON.stringify(described) + described.message).not.toContain('canary');
  expect(described.cause).toBeUndefined();
});

test('what a server says is one short line', () => {
  const said = `first\nsecond\u0007 ${'long '.repeat(100)}`;
  const described = describeRemoteError(
    new ProtocolError('SASL_AUTHENTICATION_FAILED', said),
    kafka,
  );
  expect(described.message).toContain('first second long');
  expect(described.message.length).toBeLessThan(400);
});
