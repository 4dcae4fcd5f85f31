import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

/**
 * The folders of src/ in the order of the data's flow: each imports itself and what is before it.
 */
const layers = (
  'base event sql storage log engine udf connection format source delta sink discovery catalog ' +
  'access pipeline query alert doctor server console deploy cli runtime'
).split(' ');

/** Folders whose implementations don't know each other; the contract is named after the folder. */
const foldersOfSiblings = ['source', 'sink', 'format', 'storage'];

/** Folders that take values and return values: no disk, no network, no process. */
const pureFolders = ['event', 'sql', 'delta'];
const effects =
  /^node:(fs|net|http|https|http2|tls|dgram|dns|child_process|worker_threads|cluster)/;

/** Who may import which vendor. What is not listed here, nobody may. */
const vendors: Readonly<Record<string, readonly string[]>> = {
  '@duckdb/node-api': ['engine'],
  'node:sqlite': ['catalog'],
  'apache-arrow': ['engine'],
  '@platformatic/kafka': ['connection', 'source', 'sink'],
  '@aws-sdk/client-kinesis': ['connection', 'source', 'sink'],
  '@aws-sdk/client-cloudformation': ['deploy'],
  '@aws-sdk/client-iam': ['deploy'],
  '@aws-sdk/client-s3': ['storage', 'deploy'],
  '@aws-sdk/credential-providers': ['connection'],
  '@smithy/node-http-handler': ['connection', 'storage'],
  '@smithy/signature-v4': ['connection'],
  fastify: ['server'],
  '@fastify/swagger': ['server'],
  typebox: ['server'],
  'typebox/schema': ['server'],
  ws: ['server', 'cli'],
  commander: ['cli'],
  '@clack/prompts': ['cli'],
  yaml: ['server', 'deploy', 'cli'],
  pino: ['server', 'runtime'],
  react: ['console'],
  'react-dom/client': ['console'],
  '@codemirror/autocomplete': ['console'],
  '@codemirror/commands': ['console'],
  '@codemirror/lang-sql': ['console'],
  '@codemirror/language': ['console'],
  '@codemirror/lint': ['console'],
  '@codemirror/search': ['console'],
  '@codemirror/state': ['console'],
  '@codemirror/view': ['console'],
  '@lezer/highlight': ['console'],
  '@tanstack/react-virtual': ['console'],
  uplot: ['console'],
  'uplot/dist/uPlot.min.css': ['console'],
  'echarts/core': ['console'],
  'echarts/charts': ['console'],
  'echarts/components': ['console'],
  'echarts/renderers': ['console'],
  'sql-formatter': ['console'],
};

/** Files that may do what others may not, each with its reason. */
const exempt = {
  // The last holds the text of another program.
  environment: ['src/main.ts', 'src/deploy/boot/container-script.ts'],
  clock: [
    'src/base/clock.ts',
    'src/console/clock.ts',
    'src/deploy/boot/container-script.ts',
    // A program that may read no other file.
    'src/udf/process.ts',
  ],
  name: [
    // What it holds are types: DuckDB's names of the columns' types.
    'src/engine/types.ts',
  ],
};

const limits = { fileLines: 400, lineLength: 100, folderFiles: 15, runtimeDependencies: 15 };

const sourceFiles = filesUnder(['src', 'test', 'bench', 'scripts'], /\.(ts|tsx|mjs)$/).filter(
  (path) => !path.includes('.generated.'),
);
const productFiles = sourceFiles.filter((path) => path.startsWith('src/') && !isTest(path));
const textFiles = [...sourceFiles, ...filesUnder(['docs', 'examples'], /\.(md|sql)$/)].concat(
  readdirSync('.').filter((name) => name.endsWith('.md')),
);

test('there is something to check', () => {
  expect(productFiles.length).toBeGreaterThan(20);
  expect(textFiles.length).toBeGreaterThan(productFiles.length);
});

test('a folder imports only from itself and from the folders before it', () => {
  const isUnknown = (path: string) => path !== 'src/main.ts' && !layers.includes(folderOf(path));
  expect(productFiles.filter(isUnknown), 'not in the list of folders').toEqual([]);
  const isWrong = (path: string, target: string) =>
    path !== 'src/main.ts' && layers.indexOf(folderOf(target)) > layers.indexOf(folderOf(path));
  expect(relativeImports().filter(({ path, target }) => isWrong(path, target))).toEqual([]);
});

test('main.ts imports, and is not imported', () => {
  expect(relativeImports().filter(({ target }) => target === 'src/main.ts')).toEqual([]);
});

test('sources, sinks, formats and storages do not know their siblings', () => {
  const isWrong = (path: string, target: string) => {
    const [, folder = '', sibling = ''] = path.split('/');
    const [, targetFolder, targetSibling = ''] = target.split('/');
    if (folder !== targetFolder || !foldersOfSiblings.includes(folder)) return false;
    const isBelow = path.split('/').length > 3;
    return isBelow && target.split('/').length > 3 && sibling !== targetSibling;
  };
  expect(relativeImports().filter(({ path, target }) => isWrong(path, target))).toEqual([]);
});

test('a vendor is imported only where it belongs', () => {
  const strangers = productFiles.flatMap((path) =>
    importsOf(path)
      .filter((name) => !name.startsWith('.'))
      .filter((name) => !name.startsWith('node:') || name in vendors)
      .filter((name) => !(vendors[name] ?? []).includes(folderOf(path)))
      .map((name) => `${path}: ${name}`),
  );
  expect(strangers).toEqual([]);
});

test('the console takes nothing but types from the server', () => {
  const imports = /^(?:import|export) (?!type )[^;]*? from '((?:\.\.\/)+[^']+)'/gm;
  const taken = productFiles
    .filter((path) => folderOf(path) === 'console')
    .flatMap((path) =>
      [...readText(path).matchAll(imports)]
        .map(([, target = '']) => normalize(join(dirname(path), target)))
        .filter((target) => !target.startsWith('src/console/'))
        .map((target) => `${path}: ${target}`),
    );
  expect(taken).toEqual([]);
});

test('a table that scrolls sideways can be reached by keyboard, and has a name', () => {
  const wanted = ['role="region"', 'aria-label=', 'tabIndex={0}'];
  const scrolling = productFiles.flatMap((path) =>
    [...readText(path).matchAll(/<div\b[^>]*"table-scroll[^>]*>/g)].map(([tag]) => ({ path, tag })),
  );
  const lacking = scrolling.filter(({ tag }) => wanted.some((word) => !tag.includes(word)));
  expect(scrolling.length).toBeGreaterThan(10);
  expect(lacking).toEqual([]);
});

test('the pure folders have no effects', () => {
  const isPure = (path: string) => pureFolders.includes(folderOf(path));
  const effectful = productFiles
    .filter(isPure)
    .filter((path) => importsOf(path).some((name) => effects.test(name)));
  expect(effectful).toEqual([]);
});

test('files, lines and folders keep to their sizes', () => {
  const tooLong = sourceFiles.filter((path) => linesOf(path).length > limits.fileLines + 1);
  expect(tooLong, `more than ${limits.fileLines} lines`).toEqual([]);
  // Tests may hold long literals in their tables.
  const checked = sourceFiles.filter((path) => !path.startsWith('test/') && !isTest(path));
  const isTooWide = (line: string) => line.length > limits.lineLength && !line.includes('://');
  expect(findLines(checked, isTooWide), `more than ${limits.lineLength} columns`).toEqual([]);
  const filesPerFolder = Object.groupBy(productFiles, dirname);
  const tooFull = Object.entries(filesPerFolder).filter(
    ([, files]) => (files?.length ?? 0) > limits.folderFiles,
  );
  expect(tooFull, `more than ${limits.folderFiles} files`).toEqual([]);
});

test('no file is named after nothing, exports by default or only passes on', () => {
  const vague = /^(index|utils?|helpers?|common|shared|misc|types)\./;
  const isVague = (path: string) => vague.test(basename(path)) && !exempt.name.includes(path);
  expect(sourceFiles.filter(isVague)).toEqual([]);
  const badLine =
    /^export default\b|^export (type )?(\*|\{[^}]*\}) from |^\s+(private|protected) (?!constructor)/;
  const tooled = ['vitest.config.ts'];
  expect(
    findLines(
      sourceFiles.filter((path) => !tooled.includes(path)),
      badLine,
    ),
  ).toEqual([]);
});

test('what is unfinished is not in the tree', () => {
  const unfinished = /\b(TODO|FIXME|XXX|HACK|for now|temporarily)\b/;
  const files = textFiles.filter((path) => path !== 'test/tidy.test.ts');
  expect(findLines(files, unfinished)).toEqual([]);
});

test('only the main program reads the environment or ends the process', () => {
  const files = productFiles.filter((path) => !exempt.environment.includes(path));
  expect(findLines(files, /\bprocess\.(env\b|exit\()/)).toEqual([]);
});

test('time and chance come in as parameters', () => {
  const files = productFiles.filter((path) => !exempt.clock.includes(path));
  const global =
    /\b(setTimeout|setInterval|Date\.now|Math\.random|performance\.now)\(|new Date\(\)/;
  expect(findLines(files, global)).toEqual([]);
});

test('links between documents lead somewhere', () => {
  const documents = textFiles.filter((path) => path.endsWith('.md'));
  const dead = documents.flatMap((path) =>
    [...readText(path).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !existsSync(join(dirname(path), target)))
      .map((target) => `${path}: ${target}`),
  );
  expect(dead).toEqual([]);
});

test('the runtime dependencies are few and exact', () => {
  const { dependencies } = JSON.parse(readText('package.json')) as {
    dependencies: Record<string, string>;
  };
  // AWS publishes its clients as many packages of one release: they count as one.
  const released = new Set(
    Object.keys(dependencies).map((name) => name.replace(/^@(aws-sdk|smithy)\/.*/, '@aws-sdk')),
  );
  expect(released.size).toBeLessThanOrEqual(limits.runtimeDependencies);
  expect(Object.values(dependencies).filter((version) => !/^\d/.test(version))).toEqual([]);
});

function filesUnder(folders: readonly string[], pattern: RegExp): string[] {
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((path) => pattern.test(path) && !path.includes('node_modules'))
    .toSorted();
}

function isTest(path: string): boolean {
  return /\.(test|conformance)\.tsx?$/.test(path);
}

/** `sql` for src/sql/…, `main.ts` for src/main.ts. */
function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}

function linesOf(path: string): string[] {
  return readText(path).split('\n');
}

/** Lines that match, as `path:line: text`. */
function findLines(
  paths: readonly string[],
  wrong: RegExp | ((line: string) => boolean),
): string[] {
  const isWrong = typeof wrong === 'function' ? wrong : (line: string) => wrong.test(line);
  return paths.flatMap((path) =>
    linesOf(path)
      .map((line, index) => ({ line, place: `${path}:${index + 1}` }))
      .filter(({ line }) => isWrong(line))
      .map(({ line, place }) => `${place}: ${line.trim()}`),
  );
}

function importsOf(path: string): string[] {
  const pattern = /(?<!['.])\b(?:from|import)\b(?!')\s*\(?\s*'([\w@./:-]+)'/g;
  return [...readText(path).matchAll(pattern)].map(([, name = '']) => name);
}

function relativeImports(): { readonly path: string; readonly target: string }[] {
  return productFiles.flatMap((path) =>
    importsOf(path)
      .filter((name) => name.startsWith('.'))
      .map((name) => ({ path, target: normalize(join(dirname(path), name)) })),
  );
}
