import { type DeploySettings, logGroupName, parameterPath } from '../settings/settings.ts';
import { type Text, joined } from '../template/intrinsic.ts';
import { bucketName, heliosPort, prefixes } from '../template/names.ts';
import { publicUrl } from '../template/front.ts';

/** What Helios is started with, as HELIOS_* of its environment. Secrets are references. */
export function heliosSettings(settings: DeploySettings): readonly (readonly [string, Text])[] {
  return [
    ['AWS_REGION', settings.region],
    ['HELIOS_HOST', '0.0.0.0'],
    ['HELIOS_PORT', String(heliosPort)],
    ['HELIOS_DATA', settings.compute === 'ec2' ? '/var/lib/helios/data' : '/var/lib/helios'],
    ['HELIOS_PUBLIC_URL', publicUrl(settings)],
    ['HELIOS_ADMIN_TOKEN', `ssm:${parameterPath(settings, 'admin-token')}`],
    ['HELIOS_ORIGIN_SECRET', `ssm:${parameterPath(settings, 'origin-secret')}`],
    ['HELIOS_STATE', joined('s3://', bucketName(settings), `/${prefixes.state}`)],
    ['HELIOS_STATE_INTERVAL', `${settings.stateIntervalMs}ms`],
    ['HELIOS_ACK', 's3'],
    ['HELIOS_ACK_INTERVAL', `${settings.ackIntervalMs}ms`],
    ['HELIOS_CACHE_SIZE', `${Math.floor(settings.diskGb / 4)}GB`],
    ['HELIOS_STACK', settings.name],
    ['HELIOS_LOG_GROUP', logGroupName(settings)],
  ];
}
