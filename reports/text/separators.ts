/** Opens a report (kernel/dependency/dept.c, print_circle). */
export const DOUBLE_RULE: string = '='.repeat(51);
/** Separates the parts of a report. */
export const SINGLE_RULE: string = '-'.repeat(51);
/** Stands under the [W] of a wait that gives up by itself. */
export const TIMEOUT_RULE: string = `${'-'.repeat(15)} >8 timeout ${'-'.repeat(15)}`;

/** A heading between two rules, as before the summary and each detail. */
export function heading(text: string): readonly string[] {
  return [SINGLE_RULE, text, SINGLE_RULE];
}
