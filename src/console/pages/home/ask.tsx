import type { ReactNode } from 'react';
import type { TableAnswer } from '../../../server/api.ts';
import { Link } from '../../link.tsx';
import { Icon } from '../../parts/icon.tsx';
import { sqlHref } from '../tables/table-name.ts';
import { exampleQuestions } from './questions.ts';

/** Questions that these tables can answer, each one click away. */
export function Ask({ tables }: { readonly tables: readonly TableAnswer[] }): ReactNode {
  const questions = exampleQuestions(tables);
  if (questions.length === 0) return null;
  return (
    <section className="section">
      <header>
        <h2>Ask</h2>
      </header>
      <ul className="home-questions">
        {questions.map(({ words, sql }) => (
          <li key={sql}>
            <Link className="home-question" href={sqlHref(sql)} title={sql}>
              <Icon name="sql" />
              <span>{words}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
