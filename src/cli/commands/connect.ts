import type { Command } from 'commander';
import { createAsker } from '../connect/asker.ts';
import { ConnectApi } from '../connect/connect-api.ts';
import { connectionSteps } from '../connect/connection-steps.ts';
import { type ConnectFlags, Journey } from '../connect/journey.ts';
import { tableSteps } from '../connect/table-steps.ts';
import { takeBack } from '../connect/take-back.ts';
import { withConnectionFlags } from '../connection-flags.ts';
import { parseInteger } from '../quantity.ts';
import type { Scope } from '../scope.ts';
import { onCall, withExamples, type Runner } from './command.ts';

const countMax = 5000;

export function addConnectCommand(program: Command, run: Runner): void {
  const connect = withConnectionFlags(
    program
      .command('connect [kind]')
      .description('from a Kafka topic or a Kinesis stream to a table, step by step'),
  )
    .option('--connection <name>', 'one that is kept, or the name for a new one')
    .option('--stream <name>', 'the topic or stream')
    .option('--table <name>', 'name of the table and its pipeline')
    .option('--offset <place>', 'where the pipeline starts: earliest, latest or a time')
    .option('--from <place>', 'where records are looked at: newest, oldest or a time')
    .option('-n, --count <n>', 'so many of them; 200 unless given', parseInteger(1, countMax))
    .option('--metadata', 'keep key, partition, time … in columns')
    .option('--no-wait', 'where there is no record, go on without one')
    .option('-y, --yes', 'ask nothing: flags answer, and what is usual');
  withExamples(connect, [
    'connect                           asks everything',
    'connect kafka --bootstrap-servers 127.0.0.1:9092',
    'connect kinesis --region eu-central-1 --stream clicks --yes',
    'connect --connection prod --stream orders --offset latest --yes',
  ]);
  onCall<ConnectFlags>(connect, run, async (scope, { words, options }) => {
    const [kind] = words;
    await travel(scope, kind === undefined ? options : { ...options, kind });
  });
}

async function travel(scope: Scope, flags: ConnectFlags): Promise<void> {
  const { context, output } = scope;
  const isTerminal = context.isStdinTty && context.isStderrTty && !output.isJson;
  const asker = createAsker(scope, answersOf(flags), isTerminal && flags.yes !== true);
  const journey = new Journey({ scope, api: new ConnectApi(scope), asker, flags });
  try {
    await journey.run([...connectionSteps, ...tableSteps]);
  } catch (thrown) {
    await takeBack(journey);
    throw thrown;
  }
}

/** Flags that answer a question, by its name. */
function answersOf(flags: ConnectFlags): Readonly<Record<string, string | undefined>> {
  const { bootstrapServers, tls, kind } = flags;
  const { mechanism, username, password, region, endpoint, profile } = flags;
  return {
    ...{ mechanism, username, password, region, endpoint, profile },
    kind: kind ?? (bootstrapServers === undefined ? undefined : 'kafka'),
    'bootstrap-servers': bootstrapServers,
    tls: tls === undefined ? undefined : tls ? 'yes' : 'no',
    connection: flags.connection,
    table: flags.table,
    offset: flags.offset,
  };
}
