import type { ReactNode } from 'react';
import { Allowed, NotAllowed } from '../../access/allowed.tsx';
import { useCurl } from '../../access/use-door.ts';
import { Link } from '../../link.tsx';
import { Copyable } from '../../parts/copyable.tsx';
import { FirstEvent } from './first-event.tsx';

/** What to do where there is nothing yet: three ways to events, each with a command that runs. */
export function FirstSteps(): ReactNode {
  const curl = useCurl();
  return (
    <section className="section home-steps">
      <h2>Where do your events come from?</h2>
      <NotAllowed need="admin" what="Connecting streams" />
      <div className="home-cards">
        <article className="home-card">
          <h3>Kinesis</h3>
          <p className="quiet">
            Tries the address step by step, shows real records, and drafts a table that fits them.
          </p>
          <Allowed need="admin">
            <Link className="button" href="/connect?kind=kinesis">
              Connect Kinesis
            </Link>
          </Allowed>
          <p className="quiet">Or from a terminal:</p>
          <Copyable
            text="helios connect kinesis --region eu-central-1 --stream clicks"
            what="the command for Kinesis"
          />
        </article>
        <article className="home-card">
          <h3>Kafka</h3>
          <p className="quiet">
            The same for a topic of Kafka, Redpanda, Amazon MSK or Confluent Cloud.
          </p>
          <Allowed need="admin">
            <Link className="button" href="/connect?kind=kafka">
              Connect Kafka
            </Link>
          </Allowed>
          <p className="quiet">Or from a terminal:</p>
          <Copyable
            text="helios connect kafka --bootstrap-servers 127.0.0.1:9092 --stream clicks"
            what="the command for Kafka"
          />
        </article>
        <article className="home-card">
          <h3>Send events with curl</h3>
          <p className="quiet">Nothing to set up. ok means that the event is on disk.</p>
          <Copyable
            text={`${curl} ${location.origin}/ingest -d '{"msg": "test"}'`}
            what="the command that sends an event"
          />
          <FirstEvent />
        </article>
      </div>
    </section>
  );
}
