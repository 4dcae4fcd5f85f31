import {
  autocompletion,
  closeBrackets,
  closeCompletion,
  completionKeymap,
} from '@codemirror/autocomplete';
import { closeBracketsKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { sql } from '@codemirror/lang-sql';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension, Prec } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view';
import { after } from '../clock.ts';
import type { KnownTable } from './completion-scope.ts';
import { hoverDocs } from './completion/hover.ts';
import { completionSources } from './completion.ts';
import { scriptDialect } from './dialect.ts';
import { editorLook } from './look.ts';
import { scriptWords } from './script-words.ts';
import { typingOverSelection } from './typing.ts';

/** What the editor asks of the page around it. */
export type EditorPage = {
  /** What is written here, for who doesn't see it. */
  readonly label?: string | undefined;
  /** One field of a form among others: Tab goes on to the next. */
  readonly isField?: boolean | undefined;
  /** What stands there, quietly, as long as nothing is written. */
  readonly example?: string | undefined;
  readonly tables: () => readonly KnownTable[];
  readonly onChange: (text: string) => void;
  readonly onSelect: (selection: EditorSelectionRange) => void;
  /** The text as it is now: the page may not have heard of the last key yet. */
  readonly onRun: (text: string, selection: EditorSelectionRange) => void;
  /** False where there was nothing to cancel: Esc then means what it means in the editor. */
  readonly onCancel: () => boolean;
  readonly onFormat: () => void;
};

export type EditorSelectionRange = { readonly from: number; readonly to: number };

export function editorExtensions(page: EditorPage): Extension {
  return [
    lineNumbers(),
    highlightActiveLineGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    typingOverSelection(),
    highlightSelectionMatches(),
    EditorState.tabSize.of(2),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({
      'aria-label': page.label ?? 'SQL',
      spellcheck: 'false',
      tabindex: '0',
    }),
    placeholder(page.example ?? 'select … from …'),
    sql({ dialect: scriptDialect }),
    autocompletion({
      override: completionSources(page.tables),
      icons: false,
      interactionDelay: 0,
    }),
    hoverDocs(page.tables),
    scriptWords(),
    // What is asked for on leaving would be offered over what is gone to.
    EditorView.domEventHandlers({
      blur: (_event, view) => void after(0, () => closeCompletion(view)),
    }),
    editorLook(),
    ownKeys(page),
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...defaultKeymap,
      // Escape, then Tab leaves the editor: CodeMirror has it so.
      ...(page.isField === true ? [] : [indentWithTab]),
    ]),
    EditorView.updateListener.of(({ docChanged, selectionSet, state }) => {
      if (docChanged) page.onChange(state.doc.toString());
      if (docChanged || selectionSet) page.onSelect(state.selection.main);
    }),
  ];
}

function ownKeys({ onRun, onCancel, onFormat }: EditorPage): Extension {
  const done = (action: () => void) => (): boolean => {
    action();
    return true;
  };
  return [
    Prec.highest(
      keymap.of([
        {
          key: 'Mod-Enter',
          run: (view) => {
            const { state } = view;
            // Else the next Escape would close what is offered, and not cancel.
            closeCompletion(view);
            onRun(state.doc.toString(), state.selection.main);
            return true;
          },
        },
      ]),
    ),
    keymap.of([
      { key: 'Shift-Alt-f', run: done(onFormat) },
      { key: 'Ctrl-.', run: onCancel },
    ]),
    // Behind everything else that Escape closes.
    Prec.lowest(keymap.of([{ key: 'Escape', run: onCancel }])),
  ];
}
