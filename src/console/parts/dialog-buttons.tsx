import type { ReactNode } from 'react';

/** What a dialog's form ends with: the way out, and what it is there for. */
export function DialogButtons({
  action,
  cancel = 'Cancel',
  isDanger = false,
  isDisabled = false,
  onClose,
}: {
  readonly action: string;
  readonly cancel?: string;
  readonly isDanger?: boolean;
  readonly isDisabled?: boolean;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <div className="dialog-buttons">
      <button type="button" className="button" onClick={onClose}>
        {cancel}
      </button>
      <button
        type="submit"
        className={isDanger ? 'button danger' : 'button main'}
        disabled={isDisabled}
      >
        {action}
      </button>
    </div>
  );
}
