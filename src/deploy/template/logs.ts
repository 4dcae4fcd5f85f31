import { type DeploySettings, logGroupName, stackName } from '../settings/settings.ts';
import { ref, type Text } from './intrinsic.ts';
import { hasBundle as Condition, tagsOf } from './names.ts';
import type { Resources } from './template.ts';

/** Where the metrics are that Helios's lines of the log become. */
export const metricNamespace = 'Helios';

export type MetricName = 'LagSeconds' | 'KeptAgeSeconds' | 'IngestErrors';

/**
 * The log, and alarms on metrics that CloudWatch takes from lines of it (embedded metric format):
 * whoever may write the log needs no right to put metrics.
 */
export function logsOf(settings: DeploySettings): Resources {
  return {
    LogGroup: {
      Type: 'AWS::Logs::LogGroup',
      DeletionPolicy: 'Delete',
      UpdateReplacePolicy: 'Delete',
      Properties: {
        LogGroupName: logGroupName(settings),
        RetentionInDays: settings.logDays,
        Tags: tagsOf(settings),
      },
    },
    ...Object.fromEntries(alarms.map((alarm) => [alarm.logicalName, alarmOf(settings, alarm)])),
    ...(settings.alarmEmail === undefined ? {} : mailOf(settings, settings.alarmEmail)),
  };
}

type Alarm = {
  readonly logicalName: string;
  readonly name: string;
  readonly metric: MetricName;
  readonly says: string;
  readonly statistic: 'Maximum' | 'Minimum' | 'Sum';
  readonly threshold: number;
  readonly minutes: number;
  /** Silence is an alarm too, of one of them: the machine may be gone. */
  readonly missing: 'breaching' | 'notBreaching';
};

const alarms: readonly Alarm[] = [
  {
    logicalName: 'LagAlarm',
    name: 'lag',
    metric: 'LagSeconds',
    says:
      'For ten minutes a source has had records that are in no table after five minutes, or ' +
      'Helios has said nothing at all.',
    statistic: 'Minimum',
    threshold: 300,
    minutes: 10,
    missing: 'breaching',
  },
  {
    logicalName: 'FreshnessAlarm',
    name: 'freshness',
    metric: 'KeptAgeSeconds',
    says: 'For ten minutes what was done five minutes ago has not been safe in the bucket.',
    statistic: 'Minimum',
    threshold: 300,
    minutes: 10,
    missing: 'notBreaching',
  },
  {
    logicalName: 'IngestErrorAlarm',
    name: 'ingest-errors',
    metric: 'IngestErrors',
    says: 'In each of three minutes over five requests to /ingest failed by no fault of theirs.',
    statistic: 'Sum',
    threshold: 5,
    minutes: 3,
    missing: 'notBreaching',
  },
];

function alarmOf(settings: DeploySettings, alarm: Alarm): Resources[string] {
  const actions: readonly Text[] = settings.alarmEmail === undefined ? [] : [ref('AlarmTopic')];
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Condition,
    Properties: {
      AlarmName: `${stackName(settings)}-${alarm.name}`,
      AlarmDescription: alarm.says,
      Namespace: metricNamespace,
      MetricName: alarm.metric,
      Dimensions: [{ Name: 'Stack', Value: settings.name }],
      Statistic: alarm.statistic,
      Period: 60,
      EvaluationPeriods: alarm.minutes,
      Threshold: alarm.threshold,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: alarm.missing,
      AlarmActions: actions,
      OKActions: actions,
      Tags: tagsOf(settings),
    },
  };
}

function mailOf(settings: DeploySettings, email: string): Resources {
  return {
    AlarmTopic: {
      Type: 'AWS::SNS::Topic',
      Condition,
      Properties: { TopicName: `${stackName(settings)}-alarms`, Tags: tagsOf(settings) },
    },
    AlarmMail: {
      Type: 'AWS::SNS::Subscription',
      Condition,
      Properties: { TopicArn: ref('AlarmTopic'), Protocol: 'email', Endpoint: email },
    },
  };
}
