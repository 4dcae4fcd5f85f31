import { type Connection, Engine } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import type { ChildOptions } from './messages.ts';
import { timeMacros } from './time-macros.ts';

/**
 * A DuckDB that can reach one directory and nothing else, and whose settings can't be changed any
 * more. The order matters: directories are refused once external access is off, and everything once
 * it is locked.
 */
export async function openLockedEngine(options: ChildOptions): Promise<Connection> {
  const engine = await Engine.open({
    threads: options.threads,
    memoryBytes: options.memoryBytes,
    tempDirectory: options.spillDirectory,
  });
  const connection = await engine.connect();
  await connection.execute('CREATE SCHEMA helios');
  for (const macro of timeMacros()) await connection.execute(macro);
  for (const setting of settings(options)) await connection.execute(setting);
  return connection;
}

function settings(options: ChildOptions): readonly string[] {
  return [
    // Printing is what the option does by default; `progress` needs it on.
    'SET enable_progress_bar = true',
    'SET enable_progress_bar_print = false',
    // The links to a table's files keep their names from one query to the next.
    'SET GLOBAL parquet_metadata_cache = true',
    // The system caches the same bytes, once for all processes.
    'SET GLOBAL enable_external_file_cache = false',
    `SET GLOBAL max_temp_directory_size = '${Math.floor(options.spillBytesMax / 1024)}KiB'`,
    'SET GLOBAL allow_community_extensions = false',
    `SET GLOBAL allowed_directories = [${quoteText(options.filesDirectory)}]`,
    'SET GLOBAL enable_external_access = false',
    'SET GLOBAL lock_configuration = true',
  ];
}
