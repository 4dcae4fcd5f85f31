import type { Proof } from '../../deploy/aws/life/prove.ts';
import { type DeploySettings, parameterPath } from '../../deploy/settings/settings.ts';

/** What somebody does first with a Helios that was just deployed, to be copied. */
export function howToGoOn(
  { url, first, loginUrl }: Proof,
  settings: DeploySettings,
): readonly string[] {
  const { profile, region } = settings;
  const who = profile === undefined ? '' : `AWS_PROFILE=${profile} `;
  const token = `ssm:${parameterPath(settings, 'admin-token')}`;
  const flags = `--url ${url} --token ${token}`;
  return [
    `An event went in and came back in SQL: ${first.sql}`,
    `  ${JSON.stringify(first.rows[0])}`,
    '',
    'Open the console (this link works once; helios login makes another):',
    `  ${loginUrl}`,
    '',
    'Send an event, with a token that is for this stream alone:',
    `  TOKEN=$(${who}AWS_REGION=${region} helios token create curl -s ingest:hello -q \\`,
    `    ${flags})`,
    `  curl ${url}/ingest/hello -H "Authorization: Bearer $TOKEN" \\`,
    `    -d '{"id": "1", "text": "hi"}'`,
    '',
    'Ask, as the one who has deployed it:',
    `  ${who}AWS_REGION=${region} helios sql ${flags} \\`,
    "    -c 'select * from hello'",
  ];
}
