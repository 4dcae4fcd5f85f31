import { type Highlighter, tagHighlighter, tags } from '@lezer/highlight';

/** How the parts of SQL are called where they are coloured: in the editor and in texts to read. */
export const sqlHighlighter: Highlighter = tagHighlighter([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], class: 'sql-keyword' },
  { tag: [tags.string, tags.special(tags.string)], class: 'sql-string' },
  { tag: [tags.number, tags.bool, tags.null], class: 'sql-number' },
  { tag: [tags.lineComment, tags.blockComment], class: 'sql-comment' },
  { tag: [tags.special(tags.name)], class: 'sql-variable' },
]);

/** Of what only scripts have. */
export const scriptClasses = { word: 'sql-keyword', option: 'sql-number' } as const;
