import type { Extension, Transaction } from '@codemirror/state';
import { EditorView } from '@codemirror/view';

/**
 * What is typed over a selection is put in its place here, not by the browser: Chromium would keep
 * the look of what was selected in a `style` attribute, which the page's policy refuses with a
 * complaint. Everything else is typed as CodeMirror has it.
 */
export function typingOverSelection(): Extension {
  return EditorView.domEventHandlers({
    beforeinput: (event, view) => {
      const { state } = view;
      const { data, inputType, isComposing } = event;
      const isTyped = inputType === 'insertText' && !isComposing && data !== null && data !== '';
      if (!isTyped || state.readOnly || state.selection.main.empty) return false;
      typeOver(view, data);
      return true;
    },
  });
}

/** As CodeMirror does: who has a say in what is typed, such as of brackets, is asked first. */
function typeOver(view: EditorView, text: string): void {
  const { from, to } = view.state.selection.main;
  const insert = (): Transaction =>
    view.state.update(view.state.replaceSelection(text), {
      userEvent: 'input.type',
      scrollIntoView: true,
    });
  const handlers = view.state.facet(EditorView.inputHandler);
  if (handlers.some((handler) => handler(view, from, to, text, insert))) return;
  view.dispatch(insert());
}
