/** What a formatter may dress text in. */
export interface Palette {
  readonly error: Style;
  readonly warning: Style;
  readonly help: Style;
  readonly strong: Style;
  readonly path: Style;
  readonly faint: Style;
}

type Style = (text: string) => string;

/** Select graphic rendition (ECMA-48): what switches a style on and what switches it off. */
const CODES: Readonly<Record<keyof Palette, readonly [on: string, off: string]>> = Object.freeze({
  error: ['1;31', '22;39'],
  warning: ['1;33', '22;39'],
  help: ['32', '39'],
  strong: ['1', '22'],
  path: ['36', '39'],
  faint: ['2', '22'],
});

/** Colours, or none. The text must hold no control characters of its own. */
export function paletteOf(isColored: boolean): Palette {
  const style =
    ([on, off]: readonly [on: string, off: string]): Style =>
    (text) =>
      isColored && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    error: style(CODES.error),
    warning: style(CODES.warning),
    help: style(CODES.help),
    strong: style(CODES.strong),
    path: style(CODES.path),
    faint: style(CODES.faint),
  };
}

/**
 * Whether a stream gets colours, decided as Node does: `FORCE_COLOR` wins (0 and false switch them off), then
 * `NO_COLOR`, if not empty, and `TERM=dumb` switch them off, then it is whether the stream is a terminal.
 */
export function wantsColor(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false;
  return isTerminal;
}
