import { type Extension, RangeSetBuilder } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';
import { scriptClasses } from './highlighter.ts';
import { scriptMarks } from './script-marks.ts';

/** Colours what only scripts have: the words of CREATE and INSERT, and the options of WITH. */
export function scriptWords(): Extension {
  return ViewPlugin.fromClass(ScriptWords, { decorations: ({ decorations }) => decorations });
}

/** Longer texts are left as they are: each key would have them looked through. */
const charactersMax = 100_000;

const decorationOf = {
  word: Decoration.mark({ class: scriptClasses.word }),
  option: Decoration.mark({ class: scriptClasses.option }),
};

class ScriptWords {
  decorations: DecorationSet;

  constructor(view: EditorView) {
    this.decorations = decorationsOf(view);
  }

  update({ docChanged, view }: ViewUpdate): void {
    if (docChanged) this.decorations = decorationsOf(view);
  }
}

function decorationsOf({ state }: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  if (state.doc.length <= charactersMax) {
    for (const { kind, start, end } of scriptMarks(state.doc.toString())) {
      builder.add(start, end, decorationOf[kind]);
    }
  }
  return builder.finish();
}
