import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { HeliosError } from '../../base/errors.ts';
import type { Config } from '../config.ts';
import { withWholePath } from '../connection-flags.ts';
import type { RunningHelios, StartOptions } from '../context.ts';
import { Demo } from '../generate/demo.ts';
import { bytesOf, durationMsOf } from '../quantity.ts';
import type { Scope } from '../scope.ts';
import { onCall, withExamples, type Runner } from './command.ts';

export function addStartCommand(program: Command, run: Runner): void {
  const start = program
    .command('start')
    .description('start Helios: ingest, pipelines, tables and queries in this process')
    .option('--data <dir>', 'where everything is kept (./helios-data)')
    .option('--host <host>', 'interface to listen on (127.0.0.1)')
    .option('--port <port>', 'port to listen on; 0 takes a free one (7311)')
    .option('--public-url <url>', 'where people reach it, such as https://helios.example.com')
    .option('--require-token', 'a token is needed from programs of this machine, too')
    .option('--admin-token <reference>', 'a token that opens all, as env:NAME, file:PATH, ssm:…')
    .option('--origin-secret <reference>', 'what a proxy in front adds to each request')
    .option('--allowed-origins <list>', 'web pages elsewhere that may talk to it, by comma')
    .option('--cache-size <size>', 'files of object stores that are kept here, at most (10GB)')
    .option('--state <url>', 'object store that keeps the state, such as s3://bucket/helios')
    .option('--state-interval <duration>', 'what changed is in that store within so long (10s)')
    .option('--ack <where>', 'when events are acknowledged: on the disk, or in s3 too (disk)')
    .option('--ack-interval <duration>', 'events gather so long for one object in s3 (150ms)')
    .option('--standby', 'wait for the Helios that holds the data, and take over when it ends')
    .option('--demo', 'with a shop that makes events, a pipeline and its tables');
  withExamples(start, ['start', 'start --demo', 'start --data /var/lib/helios --standby']);
  onCall<StartFlags>(start, run, (scope, { options }) => startHelios(scope, options));
}

const never = new Promise<undefined>(() => undefined);

type StartFlags = { readonly demo?: boolean; readonly standby?: boolean };

async function startHelios(scope: Scope, flags: StartFlags): Promise<number> {
  const isDemo = flags.demo === true;
  const demo = new Demo(scope);
  const running = await launched(scope, demo, flags.standby === true);
  if (running === undefined) return 0;
  demo.attach(running);
  try {
    if (isDemo) await demo.prepare();
    await announce(scope, running, isDemo);
    if (isDemo) demo.begin();
    const fenced = await Promise.race([interrupted(scope.signal), running.fenced ?? never]);
    if (fenced !== undefined) throw fenced;
    scope.output.talk('Stopping; Ctrl+C again does not wait.');
    return await closed(scope, running, demo);
  } catch (thrown) {
    await running.close();
    throw thrown;
  }
}

/** Undefined for a standby that was stopped before it could take over. */
async function launched(
  scope: Scope,
  demo: Demo,
  isStandby: boolean,
): Promise<RunningHelios | undefined> {
  const { config, context, signal } = scope;
  try {
    return await context.startHelios({
      dataDirectory: scope.path(config.data),
      host: config.host,
      port: config.port,
      logLevel: config.log_level,
      allowedOrigins: config.allowed_origins,
      ...accessOf(scope),
      cacheBytesMax: bytesOf(config.cache_size),
      ...stateOf(config),
      standby: isStandby ? standby(scope) : undefined,
      demo,
    });
  } catch (thrown) {
    if (!isStandby || !signal.aborted) throw thrown;
    scope.output.talk('Stopped standing by.');
    return undefined;
  }
}

function accessOf(
  scope: Scope,
): Pick<StartOptions, 'publicUrl' | 'adminToken' | 'originSecret' | 'requireToken'> {
  const { config } = scope;
  return {
    publicUrl: config.public_url === '' ? undefined : config.public_url,
    adminToken: reference(scope, config.admin_token),
    originSecret: reference(scope, config.origin_secret),
    requireToken: config.require_token,
  };
}

function reference(scope: Scope, text: string): string | undefined {
  return text === '' ? undefined : withWholePath(scope, text);
}

type StateOptions = Pick<
  StartOptions,
  'stateUrl' | 'stateIntervalMs' | 'acknowledgement' | 'ackIntervalMs'
>;

function stateOf({
  state,
  state_interval: stateInterval,
  ack,
  ack_interval: interval,
}: Config): StateOptions {
  if (ack === 's3' && state === '') {
    throw new HeliosError('invalid_request', '--ack s3 says where, and not in which bucket.', {
      hint: 'Give --state s3://bucket/prefix too, or HELIOS_STATE.',
    });
  }
  return {
    stateUrl: state === '' ? undefined : state,
    stateIntervalMs: durationMsOf(stateInterval) ?? 0,
    acknowledgement: ack,
    ackIntervalMs: durationMsOf(interval) ?? 0,
  };
}

function standby({ signal, output }: Scope): StartOptions['standby'] {
  const onWait = (owner: string): void =>
    output.talk(`Standing by: the data is held by ${owner}. Taking over when it ends.`);
  return { signal, onWait };
}

async function announce(scope: Scope, running: RunningHelios, isDemo: boolean): Promise<void> {
  const { output } = scope;
  for (const note of running.notes ?? []) output.talk(note);
  const { url, dataDirectory: data, loginLink: login_link } = running;
  if (output.isJson) return output.json({ url, data, login_link });
  if (output.isQuiet) return output.line(running.url);
  await output.line(
    `Helios is at ${output.paint('bold', running.url)}  (data in ${running.dataDirectory})`,
  );
  await output.line('');
  if (login_link !== undefined) {
    await output.line('Open the console, once and soon, by this link; helios login makes others:');
    await output.line(`  ${login_link}`);
    await output.line('');
  }
  await output.line('Send an event:');
  const token = login_link === undefined ? '' : ` -H "Authorization: Bearer $HELIOS_TOKEN"`;
  await output.line(`  curl ${running.url}/ingest${token} -d '{"msg": "test"}'`);
  if (isDemo) await announceDemo(scope, running);
}

async function announceDemo(scope: Scope, running: RunningHelios): Promise<void> {
  const { output } = scope;
  const address = running.url === 'http://127.0.0.1:7311' ? '' : ` --url ${running.url}`;
  // In a clone nothing is installed on the path.
  const isClone = existsSync(scope.path('bin/helios'));
  const command = isClone ? 'bin/helios' : 'helios';
  await output.line('');
  await output.line('Ask the demo shop:');
  for (const query of demoQueries) await output.line(`  ${command} sql${address} -c "${query}"`);
}

const demoQueries: readonly string[] = [
  'select type, count(*) as events from shop_events group by type order by events desc',
  "select properties->>'product_id' as product, count(*) as views from shop_events " +
    "where type = 'product_view' group by product order by views desc limit 5",
];

async function interrupted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}

/** Waits until Helios has closed, or for the next Ctrl+C. */
async function closed(scope: Scope, running: RunningHelios, demo: Demo): Promise<number> {
  const { promise: forced, reject } = Promise.withResolvers<never>();
  const forget = scope.context.onInterrupt(() =>
    reject(new HeliosError('cancelled', 'Stopped without waiting. Nothing acknowledged is lost.')),
  );
  const close = async (): Promise<number> => {
    await demo.ended();
    await running.close();
    return 0;
  };
  try {
    return await Promise.race([close(), forced]);
  } finally {
    forget();
  }
}
