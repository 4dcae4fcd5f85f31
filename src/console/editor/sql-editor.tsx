import { type Diagnostic, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { type ReactNode, type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import { type EditorPage, editorExtensions } from './extensions.ts';
import type { Fix, Mark } from './fix.ts';
import './sql-colours.css';
import './sql-editor.css';

/** What the page does to the text besides giving another. */
export type EditorHandle = {
  /** In place of what is selected. */
  readonly insert: (text: string) => void;
  /** In place of everything; can be undone. */
  readonly replace: (text: string) => void;
  readonly apply: (fix: Fix) => void;
  readonly focus: () => void;
};

export type SqlEditorProps = EditorPage & {
  readonly ref: Ref<EditorHandle>;
  /** Which text this is: each keeps its own undo steps. */
  readonly documentId: string;
  /** Another number after each change of the text that was not made here. */
  readonly outsideChanges: number;
  /** Taken at the beginning and after outside changes; else the editor tells what it is. */
  readonly text: string;
  readonly mark: Mark | undefined;
};

/** The editor of SQL: highlighting, completion, the mark of an error with what mends it. */
export function SqlEditor(props: SqlEditorProps): ReactNode {
  const { ref, mark } = props;
  const parent = useRef<HTMLDivElement>(null);
  const editor = useEditor(props, parent);
  useImperativeHandle(
    ref,
    () => ({
      insert: (inserted) => {
        const view = editor();
        view?.dispatch(view.state.replaceSelection(inserted));
        view?.focus();
      },
      replace: (whole) => {
        const view = editor();
        if (view !== undefined) replaceAll(view, whole);
      },
      apply: ({ from, to, insert }) => {
        editor()?.dispatch({
          changes: { from, to, insert },
          selection: { anchor: from + insert.length },
        });
        editor()?.focus();
      },
      focus: () => editor()?.focus(),
    }),
    [editor],
  );
  useEffect(() => {
    const view = editor();
    if (view === undefined) return;
    const length = view.state.doc.length;
    const marks = mark === undefined || mark.to > length ? [] : [diagnosticOf(mark)];
    view.dispatch(setDiagnostics(view.state, marks));
  }, [editor, mark]);
  return <div className="sql-editor" ref={parent} />;
}

/** The view over a state for each document. */
function useEditor(
  props: SqlEditorProps,
  parent: { readonly current: HTMLDivElement | null },
): () => EditorView | undefined {
  const { documentId, outsideChanges, text } = props;
  const view = useRef<EditorView>(undefined);
  const states = useRef(new Map<string, EditorState>());
  const newest = useRef(props);
  useEffect(() => {
    newest.current = props;
  });
  const get = useRef(() => view.current);
  useEffect(() => {
    if (parent.current === null) return undefined;
    // In a shadow of its own CodeMirror's styles are no elements, which the page's policy refuses.
    const root = parent.current.shadowRoot ?? parent.current.attachShadow({ mode: 'open' });
    const made = new EditorView({ parent: root, root });
    view.current = made;
    return () => {
      view.current = undefined;
      made.destroy();
    };
  }, [parent]);
  useEffect(() => {
    const kept = states.current;
    const page: EditorPage = {
      label: newest.current.label,
      isField: newest.current.isField,
      example: newest.current.example,
      tables: () => newest.current.tables(),
      onChange: (next) => newest.current.onChange(next),
      onSelect: (selection) => newest.current.onSelect(selection),
      onRun: (now, selection) => newest.current.onRun(now, selection),
      onCancel: () => newest.current.onCancel(),
      onFormat: () => newest.current.onFormat(),
    };
    const state =
      kept.get(documentId) ??
      EditorState.create({
        doc: text,
        selection: { anchor: text.length },
        extensions: editorExtensions(page),
      });
    view.current?.setState(state);
    const newestText = newest.current.text;
    if (view.current !== undefined) replaceAll(view.current, newestText);
    newest.current.onSelect(state.selection.main);
    return () => {
      if (view.current !== undefined) kept.set(documentId, view.current.state);
    };
    // The text is not followed: it comes from here, a moment late.
  }, [documentId, outsideChanges]);
  return get.current;
}

function replaceAll(view: EditorView, text: string): void {
  if (view.state.doc.toString() === text) return;
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}

function diagnosticOf({ from, to, message, hint, fixes }: Mark): Diagnostic {
  return {
    from,
    to,
    severity: 'error',
    message: hint === undefined ? message : `${message}\n${hint}`,
    actions: fixes.map(({ insert }) => ({
      name: `Change to ${insert}`,
      apply: (view, start, end) => view.dispatch({ changes: { from: start, to: end, insert } }),
    })),
  };
}
