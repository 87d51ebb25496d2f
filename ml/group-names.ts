const ofGroups = /^(?:patient|lesion|subject|person|group|case|study|animal|site)s?[ _-]?(?:id|nr|no|num|number|key|code)?$/i;

/** Whether a column's name alone says that it holds what must not be parted: `patient`, `Subject ID`; so its numbers are no measures. */
export function isNameOfGroup(column: string): boolean {
  return ofGroups.test(column.trim());
}
