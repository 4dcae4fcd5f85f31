import type { ReactNode } from 'react';
import type { TabsHandle } from './use-tabs.ts';

/** What keeps the tabs from being kept, with what can be done about it. */
export function TabNotice({ handle }: { readonly handle: TabsHandle }): ReactNode {
  const { trouble, settle, dismiss } = handle;
  if (trouble === undefined) return null;
  switch (trouble.kind) {
    case 'refused':
      return (
        <Notice
          message="This browser keeps no more: changes to your queries are lost with this window."
          detail={`${trouble.reason} Close tabs that you don’t need, or copy your SQL elsewhere.`}
        />
      );
    case 'changed elsewhere':
      return (
        <Notice message="This query is open in another window, and was just changed there.">
          <button type="button" className="button" onClick={dismiss}>
            I see
          </button>
        </Notice>
      );
    case 'conflict':
      return (
        <Notice
          message="This query was changed in another window, too. Nothing is written over."
          detail="Until you choose, your changes are kept in this window alone."
        >
          <button type="button" className="button" onClick={() => settle('both')}>
            Keep both
          </button>
          <button type="button" className="button" onClick={() => settle('mine')}>
            Keep this one
          </button>
          <button type="button" className="button" onClick={() => settle('theirs')}>
            Take the other
          </button>
        </Notice>
      );
  }
}

function Notice({
  message,
  detail,
  children,
}: {
  readonly message: string;
  readonly detail?: string;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <div className="notice hot sql-notice" role="status">
      <div>
        <p>{message}</p>
        {detail !== undefined && <p>{detail}</p>}
      </div>
      {children !== undefined && <div className="actions">{children}</div>}
    </div>
  );
}
