import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unlessRequired } from './skip.ts';

const run = promisify(execFile);

const installTimeoutMs = 1_200_000;
const jvmFolders = ['/usr/lib/jvm', '/opt'];

/** The home of a Java whose major version is in the range; undefined, with a printed reason. */
export async function javaHome(majorMin: number, majorMax: number): Promise<string | undefined> {
  for (const home of await candidates()) {
    const major = await majorOf(join(home, 'bin', 'java'));
    if (major !== undefined && major >= majorMin && major <= majorMax) return home;
  }
  return unlessRequired(`Java ${majorMin} to ${majorMax} was not found`);
}

/**
 * A folder that has these artifacts of Maven Central (`group:name:version[:type]`), `alone` or
 * `with dependencies`, archives unpacked: made once, in the cache folder of all peers. Undefined,
 * with a printed reason, where there is no Maven.
 */
export async function mavenFolder(
  artifacts: readonly string[],
  extent: 'alone' | 'with dependencies' = 'alone',
): Promise<string | undefined> {
  const text = extent === 'alone' ? artifacts : [...artifacts, extent];
  const hash = createHash('sha256').update(text.join('\n')).digest('hex').slice(0, 16);
  // Empty means unset there.
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'helios-peers', `maven-${hash}`);
  if (await exists(folder)) return folder;
  try {
    await run('mvn', ['--version']);
  } catch {
    return unlessRequired('Maven (mvn) was not found');
  }
  await install(folder, artifacts, async (unfinished, files) => {
    if (extent === 'with dependencies') await downloadAll(artifacts, unfinished, files);
    else for (const artifact of artifacts) await download(artifact, unfinished, files);
  });
  return folder;
}

/** Renamed into place when it is complete, so that no half of it is ever used. */
async function install(
  folder: string,
  artifacts: readonly string[],
  fill: (workFolder: string, files: string) => Promise<void>,
): Promise<void> {
  process.stderr.write(`Downloading ${artifacts.join(', ')} into ${folder}, once.\n`);
  const unfinished = `${folder}.${randomUUID()}`;
  const files = join(unfinished, 'files');
  await mkdir(files, { recursive: true });
  try {
    await fill(unfinished, files);
    for (const name of await readdir(files)) {
      if (!name.endsWith('.tar.gz')) continue;
      const strip = (await hasOneFolder(join(files, name))) ? ['--strip-components=1'] : [];
      await run('tar', ['-xzf', join(files, name), '-C', files, ...strip]);
      await rm(join(files, name));
    }
    await rename(files, folder);
  } catch (thrown) {
    // Another test may have finished the same folder first.
    if (!(await exists(folder))) throw thrown;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Whether all of an archive is in one folder, which says nothing then. */
async function hasOneFolder(archive: string): Promise<boolean> {
  const { stdout } = await run('tar', ['-tzf', archive], { maxBuffer: 64 * 1024 * 1024 });
  const paths = stdout.split('\n').map((path) => path.replace(/^\.\//, ''));
  const tops = new Set(paths.filter((path) => path !== '').map((path) => path.split('/')[0]));
  return tops.size === 1;
}

async function download(artifact: string, workFolder: string, target: string): Promise<void> {
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
  await maven(workFolder, [goal, `-Dartifact=${artifact}`, `-DoutputDirectory=${target}`]);
}

/** What a project would have on its class path that needs these artifacts. */
async function downloadAll(
  artifacts: readonly string[],
  workFolder: string,
  target: string,
): Promise<void> {
  const dependencies = artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId>
      <version>${version}</version></dependency>`;
  });
  await writeFile(
    join(workFolder, 'pom.xml'),
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
      <groupId>helios</groupId><artifactId>peer</artifactId><version>1</version>
      <dependencies>${dependencies.join('')}</dependencies></project>`,
  );
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
  await maven(workFolder, [goal, '-DincludeScope=runtime', `-DoutputDirectory=${target}`]);
}

async function maven(workFolder: string, parameters: readonly string[]): Promise<void> {
  const settings = join(workFolder, 'settings.xml');
  // Some projects name repositories of their own in their POMs, which may be out of reach.
  await writeFile(
    settings,
    `<settings><mirrors><mirror><id>central</id><mirrorOf>*</mirrorOf>
      <url>https://repo.maven.apache.org/maven2</url></mirror></mirrors></settings>`,
  );
  const options = ['--batch-mode', '--quiet', '--settings', settings];
  // A repository of its own, gone afterwards: its copy of an archive would stay for nothing.
  const repository = `-Dmaven.repo.local=${join(workFolder, 'repository')}`;
  await run('mvn', [...options, repository, ...parameters], {
    cwd: workFolder,
    timeout: installTimeoutMs,
  });
}

async function candidates(): Promise<readonly string[]> {
  const homes = [process.env['JAVA_HOME'] ?? '', await homeOnPath()].filter((home) => home !== '');
  for (const folder of jvmFolders) {
    const names = await readdir(folder).catch(() => []);
    homes.push(...names.map((name) => join(folder, name)));
  }
  return homes;
}

/** Empty where there is no `java`. */
async function homeOnPath(): Promise<string> {
  try {
    const { stderr } = await run('java', ['-XshowSettings:properties', '-version']);
    return /java\.home = (.+)/.exec(stderr)?.[1]?.trim() ?? '';
  } catch {
    return '';
  }
}

async function majorOf(java: string): Promise<number | undefined> {
  try {
    const { stderr } = await run(java, ['-version']);
    return Number(/version "(\d+)/.exec(stderr)?.[1]);
  } catch {
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
