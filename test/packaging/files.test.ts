import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { resolveConfig } from '../../src/cli/config.ts';
import { serviceUnit } from '../../src/deploy/boot/service-unit.ts';

/** What is packed for other ways than AWS agrees with the program, and with itself. */
const folder = 'packaging';
const port = 7311;
const user = '10001';
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

const containerfile = text('Containerfile');
const unit = text('systemd', 'helios.service');
const compose = parse(text('compose.yaml')) as {
  services: {
    helios: {
      image: string;
      build: { args: Record<string, string> };
      environment: Record<string, string>;
      ports: string[];
      user: string;
      read_only: boolean;
      cap_drop: string[];
      volumes: string[];
    };
  };
};
const service = compose.services.helios;
const statefulSet = text('helm', 'helios', 'templates', 'statefulset.yaml');
const chart = parse(text('helm', 'helios', 'Chart.yaml')) as Record<string, string>;
const values = parse(text('helm', 'helios', 'values.yaml')) as {
  service: { port: number };
  state: { interval: string };
  ack: { where: string; interval: string };
  cacheSize: string;
  logLevel: string;
};

/** Each place's settings, as an environment; what a template fills in has a value of its kind. */
const environments: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['Containerfile', environmentOf(containerfile, /(HELIOS_\w+)=(\S+)/g)],
  ['systemd/helios.service', environmentOf(unit, /^Environment=(HELIOS_\w+)=(.*)$/gm)],
  ['compose.yaml', withDefaults(service.environment)],
  [
    'the chart',
    {
      ...environmentOf(statefulSet, /name: (HELIOS_\w+)\n\s+value: '?([^'{\n]+)'?\n/g),
      HELIOS_PUBLIC_URL: 'http://release-helios.team.svc.cluster.local:7311',
      HELIOS_ADMIN_TOKEN: 'file:/run/secrets/helios/admin-token',
      HELIOS_CACHE_SIZE: values.cacheSize,
      HELIOS_LOG_LEVEL: values.logLevel,
      HELIOS_STATE: 's3://bucket/helios',
      HELIOS_STATE_INTERVAL: values.state.interval,
      HELIOS_ACK: values.ack.where,
      HELIOS_ACK_INTERVAL: values.ack.interval,
    },
  ],
];

test.each(environments)('%s sets what Helios knows, and values that it takes', async (_, set) => {
  const { config } = await resolveConfig({ flags: {}, environment: set, file: undefined });
  const known = Object.keys(config).map((key) => `HELIOS_${key.toUpperCase()}`);
  expect(Object.keys(set).filter((name) => !known.includes(name))).toEqual([]);
  expect(Object.keys(set).length).toBeGreaterThan(1);
  expect(config.port).toBe(port);
});

test('every variable that the chart sets is among those that were tried', () => {
  const [, tried] = environments.find(([place]) => place === 'the chart')!;
  const names = [...statefulSet.matchAll(/name: (HELIOS_\w+)/g)].map(([, name = '']) => name);
  expect(names.filter((name) => !(name in tried))).toEqual([]);
});

test('all name the version that this is', () => {
  expect(chart).toMatchObject({ version, appVersion: version });
  expect(service.image).toBe(`helios:${version}`);
  expect(service.build.args['VERSION']).toBe(version);
});

test('all mean the same port, user, directory and health', () => {
  expect(containerfile).toContain(`EXPOSE ${port}`);
  expect(containerfile).toContain(`http://127.0.0.1:${port}/healthz`);
  expect(service.ports).toEqual([`127.0.0.1:${port}:${port}`]);
  expect(statefulSet).toContain(`containerPort: ${port}`);
  expect(values.service.port).toBe(port);
  expect(containerfile).toContain(`USER ${user}:${user}`);
  expect(service.user).toBe(`${user}:${user}`);
  expect(statefulSet).toContain(`runAsUser: ${user}`);
  expect(service.volumes).toEqual(['data:/var/lib/helios']);
  for (const place of [containerfile, statefulSet, unit])
    expect(place).toContain('/var/lib/helios');
  expect(statefulSet).toContain('path: /healthz');
});

test('nothing runs as root, gains privileges or writes its own files', () => {
  expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
  for (const line of [
    'runAsNonRoot: true',
    'readOnlyRootFilesystem: true',
    'allowPrivilegeEscalation: false',
    'drop: [ALL]',
    'type: RuntimeDefault',
  ]) {
    expect(statefulSet).toContain(line);
  }
  expect(unit).toContain('DynamicUser=yes');
});

test('the unit permits no more than the one of a machine in AWS', () => {
  const limits = /^(\w+)=(.*)$/gm;
  // What each is started with is its own.
  const own = /^(Description|Environment|EnvironmentFile|LoadCredential|ExecStart)=/;
  const linesOf = (all: string) =>
    [...all.matchAll(limits)].map(([line]) => line).filter((line) => !own.test(line));
  expect(new Set(linesOf(unit))).toEqual(new Set(linesOf(serviceUnit)));
});

test('one pod, and never two', () => {
  expect(statefulSet).toMatch(/^ {2}replicas: 1$/m);
  expect(Object.keys(values)).not.toContain('replicas');
});

test('the container starts the program of the bundle', () => {
  expect(containerfile).toContain('ADD helios-${VERSION}-linux-x64.tar.gz /opt/');
  expect(containerfile).toContain('ADD helios-${VERSION}-linux-arm64.tar.gz /opt/');
  expect(containerfile).toContain('ENTRYPOINT ["/opt/helios/helios"]');
  expect(unit).toContain('ExecStart=/opt/helios/helios start\n');
  expect(text('.dockerignore')).toBe(text('.containerignore'));
});

test('no file names a machine that packages come from', () => {
  for (const place of [containerfile, unit, statefulSet, text('compose.yaml')]) {
    expect(place).not.toMatch(/registry\.|npmjs|https:\/\//);
  }
});

function text(...parts: readonly string[]): string {
  return readFileSync(join(folder, ...parts), 'utf8');
}

function environmentOf(place: string, pattern: RegExp): Record<string, string> {
  return Object.fromEntries(
    [...place.matchAll(pattern)].map(([, name = '', value = '']) => [name, value]),
  );
}

/** `${NAME:-default}` as compose reads it where NAME isn't set; others than Helios's own apart. */
function withDefaults(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment)
      .filter(([name]) => name.startsWith('HELIOS_'))
      .map(([name, value]) => [name, value.replace(/^\$\{\w+:-(.*)\}$/, '$1')]),
  );
}
