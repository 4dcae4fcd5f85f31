import { syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { sqlHighlighter } from './highlighter.ts';

/** The editor in the tokens' colours. */
export function editorLook(): Extension {
  return [theme, syntaxHighlighting(sqlHighlighter)];
}

const theme = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--surface)', color: 'var(--text)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', fontSize: '13px', lineHeight: '20px' },
  '.cm-content': { caretColor: 'var(--text)', padding: '8px 0' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--text)', borderLeftWidth: '2px' },
  '.cm-gutters': {
    backgroundColor: 'var(--surface)',
    color: 'var(--text-quiet)',
    border: 'none',
    paddingLeft: '4px',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLineGutter': { color: 'var(--text)' },
  '.cm-selectionBackground': { backgroundColor: 'var(--chosen)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'var(--chosen)',
  },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'var(--chosen)',
    outline: 'none',
  },
  '.cm-statement': { boxShadow: 'inset 2px 0 0 var(--line-strong)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--bad) 1px',
    textUnderlineOffset: '3px',
  },
  '.cm-placeholder': { color: 'var(--text-quiet)' },
  '.cm-tooltip': {
    border: '1px solid var(--line)',
    borderRadius: 'var(--radius)',
    backgroundColor: 'var(--raised)',
    color: 'var(--text)',
    boxShadow: 'var(--float)',
    maxWidth: 'min(520px, 90vw)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--mono)',
    fontSize: '12px',
    maxHeight: '220px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '2px 8px', lineHeight: '18px' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--chosen)',
    color: 'var(--text)',
  },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '600' },
  '.cm-completionDetail': { color: 'var(--text-quiet)', fontStyle: 'normal', marginLeft: '16px' },
  '.cm-completionInfo': { padding: '0', maxWidth: 'min(420px, 80vw)' },
  '.cm-docs': { display: 'grid', gap: '4px', padding: '8px 10px', font: 'inherit' },
  '.cm-docs > *': { margin: '0', overflowWrap: 'anywhere' },
  '.cm-docs > code': { fontFamily: 'var(--mono)', fontSize: '12px' },
  '.cm-docs > .signature': { fontWeight: '600' },
  '.cm-docs > .description': { fontFamily: 'var(--face)', fontSize: '13px', lineHeight: '18px' },
  '.cm-docs > .example': { color: 'var(--text-quiet)' },
  '.sql-keyword': { color: 'var(--sql-keyword)' },
  '.sql-string': { color: 'var(--sql-string)' },
  '.sql-number': { color: 'var(--sql-number)' },
  '.sql-comment': { color: 'var(--sql-comment)', fontStyle: 'italic' },
  '.sql-variable': { color: 'var(--text)', fontWeight: '600' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--bad)' },
  '.cm-diagnosticAction': {
    border: '1px solid var(--line-strong)',
    borderRadius: 'var(--radius)',
    backgroundColor: 'var(--surface)',
    color: 'var(--text)',
    font: 'inherit',
  },
  '.cm-panels': {
    backgroundColor: 'var(--raised)',
    color: 'var(--text)',
    borderColor: 'var(--line)',
  },
  '.cm-panel input, .cm-panel button': { font: 'inherit' },
  '.cm-textfield': {
    backgroundColor: 'var(--surface)',
    borderColor: 'var(--line-strong)',
    borderRadius: 'var(--radius)',
  },
  '.cm-button': {
    backgroundImage: 'none',
    backgroundColor: 'var(--surface)',
    borderColor: 'var(--line-strong)',
    borderRadius: 'var(--radius)',
  },
  '.cm-searchMatch': { backgroundColor: 'var(--hot-wash)' },
});
